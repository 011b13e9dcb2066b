"""A project folder: ``project.toml`` -> settings, input paths, outputs."""

from __future__ import annotations

import glob
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoparty.errors import Problem, SettingsError
from geoparty.settings import Settings, not_toml, parse_settings

FILE_NAME = "project.toml"


@dataclass(frozen=True)
class Project:
    """A folder with a ``project.toml``, and what it says."""

    folder: Path
    settings: Settings

    def with_mode(self, mode: str) -> Project:
        """Return the project with another mode of travel.

        Raises
        ------
        SettingsError
            There is no such mode.
        """
        data = self.settings.model_dump()
        data["travel"]["mode"] = mode
        return Project(self.folder, parse_settings(data))

    def path(self, relative: str) -> Path:
        """Return an input's path; relative ones start at the project folder."""
        return self.folder / relative

    def input_paths(self) -> dict[str, list[Path]]:
        """Return the files named in ``[inputs]``, by input."""
        inputs = self.settings.inputs
        one = {
            name: getattr(inputs, name)
            for name in (
                "communes",
                "places",
                "centres",
                "border",
                "roads",
                "streams",
                "edits",
                "terrain",
                "land_cover",
                "crosswalk",
                "lineage",
            )
        }
        paths = {name: [self.path(value)] for name, value in one.items() if value}
        paths["counts"] = [self.path(value) for value in inputs.counts]
        return paths


def open_project(folder: Path | str) -> Project:
    """Read and check the project file of a folder (or a project file itself).

    Raises
    ------
    SettingsError
        No project file, not TOML, or settings that are wrong: all faults at once.
    """
    path = Path(folder)
    path = path if path.suffix == ".toml" else path / FILE_NAME
    if not path.is_file():
        raise SettingsError(
            Problem(key="settings.no_project", params={"folder": str(folder)}, file=str(path))
        )
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(not_toml(error, path.name)) from None
    return Project(path.parent, parse_settings(data, file=path.name))


def changed(text: str, values: Mapping[tuple[str, ...], object]) -> str:
    r"""Return a project file with some of its values set anew, comments and order kept.

    A value of None is taken out.

    Raises
    ------
    SettingsError
        The result is no project file.

    Examples
    --------
    >>> text = '[inputs]\nplaces = "a.csv"  # the list\ncommunes = "c"\n'
    >>> changed(text, {("inputs", "places"): "b.csv", ("inputs", "encoding", "places"): "vni"})
    '[inputs]\nplaces = "b.csv"  # the list\ncommunes = "c"\n\n[inputs.encoding]\nplaces = "vni"\n'
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        for (*tables, name), value in values.items():
            at: Any = document
            for table in tables:
                at = at.setdefault(table, tomlkit.table())
            if value is None:
                at.pop(name, None)
            else:
                at[name] = value
        out = tomlkit.dumps(document)
        parse_settings(tomllib.loads(out))
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, AttributeError) as error:
        raise SettingsError(not_toml(error, FILE_NAME)) from None
    return out


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal; of a shapefile, of all its parts."""
    parts = [path]
    if path.suffix.lower() == ".shp":
        parts = [p for p in sorted(path.parent.glob(f"{glob.escape(path.stem)}.*")) if p.is_file()]
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as stream:
            while block := stream.read(2**20):
                digest.update(block)
    return digest.hexdigest()
