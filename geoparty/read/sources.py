"""Refuse geographic files that are only pointers: to other files, or to hosts."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from geoparty.errors import InputError, Problem
from geoparty.read.grids import damaged
from geoparty.read.packages import DAMAGED_ZIP, MOST_BYTES

_POINTERS = re.compile(
    rb"<OGRVRT|<VRTDataset|<OGRWFS|<OGROAPIF|<GDAL_WMS|<GDAL_WMTS|<OGRCSW|<WMS_|<WCS_GDAL"
    rb"|<EEDA|PLScenes:|\"gdalg\"",
    re.IGNORECASE,
)
_HEAD = 1 << 16


def refuse_pointers(path: Path) -> None:
    """Raise for a file that would make GDAL open other files or hosts, or unpack endlessly.

    Raises
    ------
    InputError
        A virtual or web data set, or an archive that holds one or is too large.
    """
    if path.is_dir():
        return
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if _POINTERS.search(head) or path.suffix.lower() in {".vrt", ".wms", ".gdalg"}:
        raise InputError(Problem(key="read.pointer", file=path.name))
    if head.startswith(b"PK\x03\x04"):
        _check_archive(path)


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, path)
    except InputError:
        raise
    except DAMAGED_ZIP as error:
        raise damaged(path, error) from None
    except RuntimeError:  # what zipfile raises for an encrypted member
        raise InputError(Problem(key="read.password", file=path.name)) from None


def _check_members(archive: zipfile.ZipFile, path: Path) -> None:
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    if total > MOST_BYTES:
        params = {"mb": total // 1_000_000, "most": MOST_BYTES // 1_000_000}
        raise InputError(Problem(key="read.bomb", params=params, file=path.name))
    for part in parts:
        with archive.open(part) as stream:
            if _POINTERS.search(stream.read(_HEAD)):
                raise InputError(Problem(key="read.pointer", file=path.name))
