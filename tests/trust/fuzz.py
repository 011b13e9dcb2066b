"""Fuzz one parser of ours with atheris, guided by what its code does with each input.

``python tests/trust/fuzz.py TARGET|all [CORPUS_FOLDER] -runs=1000000`` (libFuzzer's options); a
find is written to ``crash-*`` and exits with 77. ``tests/trust/targets.py`` lists the targets.
"""

import sys
import warnings
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
OURS = ["geoparty.read", "geoparty.link.names", "geoparty.settings", "geoparty.pages.bring"]
with atheris.instrument_imports(include=OURS):
    from trust import targets


def main() -> None:
    name, *options = sys.argv[1:]
    seeds = targets.seeds()
    names = sorted(targets.TARGETS) if name == "all" else [name]

    def one(data: bytes) -> None:
        """Give one target the input as it is, or as a change of its sound one."""
        if len(data) < 4:
            return
        name = names[data[0] % len(names)]
        seed, data = seeds[name], data[1:]
        at = int.from_bytes(data[:2]) % (len(seed) + 1)
        whole = data[1] % 4 == 0
        targets.TARGETS[name](
            data[2:] if whole else seed[:at] + data[2:] + seed[at + data[1] % 7 :]
        )

    warnings.simplefilter("ignore")
    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
