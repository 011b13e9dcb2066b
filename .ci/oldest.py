"""Print the lower bound of every run-time dependency as a pin."""

import sys
import tomllib
from pathlib import Path

data = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
sys.stdout.writelines(f"{line.replace('>=', '==')}\n" for line in data["project"]["dependencies"])
