"""Every hostile or broken file reads right or is refused in words, in bounded time and memory."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from trust.corpus import CORPUS, PEAK_MB, Hostile, Reading
from trust.more import encrypted

from geoparty.errors import InputError
from geoparty.read import read_counts, read_places

RIGHT = {"read", "read with problems", "refused"}
FINE = [h for h in CORPUS if h.name.startswith(("fine.", "utf8.", "bom.", "utf16."))]


@pytest.fixture(scope="module")
def reading() -> Iterator[Reading]:
    with Reading() as reading:
        yield reading


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda h: h.label)
def test_file_reads_right_or_is_refused(
    hostile: Hostile, tmp_path: Path, figures: Counter[str], reading: Reading
) -> None:
    told, peak_mb = reading.outcome(hostile, tmp_path)
    assert told in RIGHT
    assert peak_mb < PEAK_MB
    figures[f"corpus, {hostile.kind}: {told}"] += 1
    figures["corpus: files"] += 1
    figures["corpus: peak MB"] = max(figures["corpus: peak MB"], round(peak_mb))


_ELSEWHERE = ("metres", "degrees-label", "swapped", "far-away", "wrong-crs")
MISPLACED = [h for h in CORPUS if h.name.startswith(_ELSEWHERE)]


@pytest.mark.parametrize("hostile", MISPLACED, ids=lambda h: h.label)
def test_a_position_its_label_contradicts_is_refused(
    hostile: Hostile, tmp_path: Path, reading: Reading
) -> None:
    """A wrong place read as given would be a wrong number later."""
    assert reading.outcome(hostile, tmp_path)[0] == "refused"


@pytest.mark.parametrize("hostile", FINE, ids=lambda h: h.label)
def test_the_sound_file_of_each_class_reads(
    hostile: Hostile, tmp_path: Path, reading: Reading
) -> None:
    """Else the corpus would pass with a reader that refuses everything."""
    assert reading.outcome(hostile, tmp_path)[0] == "read"


@pytest.mark.parametrize("reader", [read_counts, read_places])
@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm", "a.xls"])
def test_a_workbook_with_a_password_is_refused_in_words(tmp_path: Path, reader, name: str) -> None:
    encrypted(tmp_path / name)
    with pytest.raises(InputError, match="password") as error:
        reader(tmp_path / name)
    assert [(p.key, p.file) for p in error.value.problems] == [("read.password", name)]


def test_nothing_escapes_from_an_archive(tmp_path: Path, reading: Reading) -> None:
    for hostile in CORPUS:
        if hostile.kind == "archive" or "traversal" in hostile.name:
            reading.outcome(hostile, tmp_path)
    assert not Path("/tmp/geoparty-escaped.geojson").exists()  # noqa: S108
    assert not (tmp_path.parent / "escape.xml").exists()
