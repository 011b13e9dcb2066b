# ruff: noqa: INP001 - a script, not a package
"""What the program is made of: pins, licences, bill of materials, known holes.

    pip install uv cyclonedx-bom pip-audit     # the tools, beside the project's environment
    python scripts/supply.py lock              # requirements.lock: the tested set, with hashes
    python scripts/supply.py check             # does the lock still fit pyproject.toml?
    python scripts/supply.py licences          # docs/licences.md, of what is installed
    python scripts/supply.py sbom OUT.json     # CycloneDX of the locked set
    python scripts/supply.py audit             # known vulnerabilities of the locked set
    python scripts/supply.py release dist      # wheel, sdist, bill of materials, checksums

``lock`` keeps the pins there are where they still fit; ``lock --upgrade`` takes the newest.
``release`` writes into a new folder, and fails where the lock does not fit pyproject.toml or the
bill of materials lists anything but the locked set. ``audit`` asks the vulnerability service that
pip-audit is set to, and fails where that did not answer for every package; nothing else here talks
to anybody but the package index pip is set to.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK, PYPROJECT, LICENCES = (
    ROOT / name for name in ("requirements.lock", "pyproject.toml", "docs/licences.md")
)
EXTRAS = ("test", "server")
FREE = re.compile(
    r"MIT|BSD|0BSD|Apache|PSF|Python Software Foundation|ISC|HPND|Historical Permission|MPL|Mozilla"
    r"|Unlicense|Public Domain|CC0|Zlib|LGPL|OFL"
)
"""Licences under which the packages may be handed on beside the program, unchanged."""
NOT_DECLARED = {"streamlit-folium": "MIT", "axe-playwright-python": "MIT", "atheris": "Apache-2.0"}
"""Packages whose metadata says nothing, with the licence in their source."""
HEAD = """# Licences

Written by `python scripts/supply.py licences`; every package below may be handed on. `run` packages
are needed by the program, `test` ones only by its tests.

Files of others inside the program, with their licence beside them: Leaflet (BSD-2-Clause) and
Liberation Serif (OFL-1.1) in `geoparty/present/vendor`, the list of communes before and after July
2025 from vietnamadminunits (MIT) in `geoparty/link/data`.

| package | version | licence | for |
|---|---|---|---|
"""


def pins() -> list[tuple[str, str]]:
    """Return name and version of every pin; some packages have one for each Python."""
    lines = LOCK.read_text("utf-8").splitlines()
    found = (re.match(r"([\w.\-]+)==([^\s;\\]+)", line) for line in lines)
    return [(canonicalize_name(pin[1]), pin[2]) for pin in found if pin]


def locked() -> dict[str, str]:
    """Return a version each package is pinned to, the last one named."""
    return dict(pins())


def asked() -> list[Requirement]:
    """Return what pyproject.toml asks for, the locked extras included."""
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in EXTRAS for text in extras[extra])]
    return [Requirement(text) for text in texts]


def lock(*options: str) -> int:
    """Write the lock; it names no index, so that any mirror serves."""
    extras = [part for extra in EXTRAS for part in ("--extra", extra)]
    shape = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    command = ["uv", "pip", "compile", PYPROJECT.name, *extras, *shape, *options]
    return subprocess.run([*command, "-o", LOCK.name], check=False, cwd=ROOT).returncode  # noqa: S603


def check() -> int:
    """Tell which requirements the lock misses or does not satisfy."""
    pins = locked()
    wrong = [
        f"{r} (locked: {pins.get(canonicalize_name(r.name), 'not')})"
        for r in asked()
        if pins.get(canonicalize_name(r.name)) not in r.specifier
        or canonicalize_name(r.name) not in pins
    ]
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


def licences() -> int:
    """Write the table of licences; fail for one that is not known to be free."""
    run = needed("geoparty")
    rows, unknown = [], []
    for name in sorted(locked()):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # pinned for another system
        words = licence(found)
        unknown += [] if FREE.search(words) else [f"{name}: {words}"]
        kind = "run" if name in run else "test"
        rows.append(f"| {found.metadata['Name']} | {found.version} | {words} | {kind} |\n")
    LICENCES.write_text(HEAD + "".join(rows), "utf-8")
    sys.stdout.writelines(f"look at the licence of {line}\n" for line in unknown)
    return 1 if unknown else 0


def licence(found: Distribution) -> str:
    """Return a package's licence as it declares it: expression, classifiers or first line."""
    data = found.metadata
    if data.get("License-Expression"):
        return str(data["License-Expression"])
    classifiers = [c for c in data.get_all("Classifier") or () if c.startswith("License ::")]
    named = [c.rpartition(" :: ")[2] for c in classifiers if c.count("::") > 1]
    text = (data.get("License") or "").strip().splitlines()
    known = NOT_DECLARED.get(canonicalize_name(data["Name"]), "not declared")
    return ", ".join(named) or (text[0] if text else known)


def needed(name: str) -> set[str]:
    """Return the packages one needs, and those they need, without extras."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        try:
            texts = distribution(todo.pop()).requires or []
        except PackageNotFoundError:
            continue
        wanted = [Requirement(t) for t in texts]
        here = [r for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]
        new = {canonicalize_name(r.name) for r in here} - seen
        seen |= new
        todo += new
    return seen


def sbom(out: str) -> int:
    """Write a CycloneDX bill of materials of the locked set; the same set, the same bytes."""
    what = ["requirements", "--pyproject", str(PYPROJECT), "--output-reproducible", "--of", "JSON"]
    return run("cyclonedx-py", *what, "-o", out, str(LOCK)).returncode


def off_the_lock(bill: Path) -> list[str]:
    """Return how a bill of materials differs from the lock, one line each."""
    parts = json.loads(bill.read_text("utf-8")).get("components", [])
    listed = {(canonicalize_name(part["name"]), part.get("version", "?")) for part in parts}
    pinned = set(pins())
    return [
        *(f"{name} {version}: locked, not listed" for name, version in sorted(pinned - listed)),
        *(f"{name} {version}: listed, not locked" for name, version in sorted(listed - pinned)),
    ]


def release(out: str) -> int:
    """Build wheel and sdist with their bill of materials and checksums beside them."""
    folder = Path(out)
    if folder.exists() and any(folder.iterdir()):
        return told(f"{folder} is not empty")
    if check():
        return told("the lock does not fit pyproject.toml: python scripts/supply.py lock")
    version = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["version"]
    bill = folder / f"geoparty-{version}.cdx.json"
    folder.mkdir(parents=True, exist_ok=True)
    if run("uv", "build", "--quiet", "--out-dir", str(folder), str(ROOT)).returncode:
        return told("the program could not be built")
    if sbom(str(bill)):
        return told("the bill of materials could not be made")
    if wrong := off_the_lock(bill):
        return told("the bill of materials is not that of the lock:", *wrong)
    built = sorted(p for p in folder.iterdir() if p.suffix in {".whl", ".gz", ".json"})
    if sorted(p.suffix for p in built) != [".gz", ".json", ".whl"]:
        return told(f"a wheel and an sdist were expected, there are {[p.name for p in built]}")
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in built]
    (folder / "SHA256SUMS").write_text("".join(sums), "utf-8")
    sys.stdout.writelines(sums)
    return 0


def audit(*options: str) -> int:
    """Look the locked versions up among the known vulnerabilities.

    pip-audit ends well where it could look nothing up; that is a failure here.
    """
    what = ["--requirement", str(LOCK), "--disable-pip", "--require-hashes", "--format", "json"]
    done = run("pip-audit", "--progress-spinner", "off", *what, *options, capture_output=True)
    try:
        answers = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return told("the vulnerability service did not answer; nothing was looked up:", last[:200])
    holes = [(a["name"], a["version"], hole) for a in answers for hole in a.get("vulns", ())]
    for name, version, hole in holes:
        fixed = ", ".join(hole["fix_versions"]) or "none yet"
        sys.stdout.write(f"{name} {version}: {hole['id']}, fixed in: {fixed}\n")
    skipped = [a["name"] for a in answers if "skip_reason" in a]
    missed = [*skipped, *sorted(set(locked()) - {canonicalize_name(a["name"]) for a in answers})]
    looked_up = len(answers) - len(skipped)
    sys.stdout.write(f"{looked_up} packages looked up, {len(holes)} known vulnerabilities\n")
    if missed:
        return told(
            f"{len(missed)} packages could not be looked up ({', '.join(missed[:3])} ...): of these"
            " nothing is known. Run it where pip-audit reaches its vulnerability service, or name"
            " another: audit -s osv"
        )
    return 1 if holes else 0


def run(*command: str, capture_output: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a tool; one that is not installed is told."""
    try:
        return subprocess.run(command, check=False, capture_output=capture_output, text=True)  # noqa: S603
    except FileNotFoundError:
        sys.exit(f"{command[0]} is not installed: pip install uv cyclonedx-bom pip-audit")


def told(*lines: str) -> int:
    """Say what went wrong; the exit code of a failure."""
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return 2


COMMANDS = {f.__name__: f for f in (lock, check, licences, sbom, audit, release)}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
