"""Every text exists in both languages, with the same placeholders, and every key used exists."""

import re
import string
from pathlib import Path

import numpy as np
import pytest

from geoparty import words

ROOT = Path(__file__).resolve().parents[1]
ENTRIES = [(t, k) for t in words.topics() for k in words.catalogue(t)]
USED = re.compile(r"""(?:key=|text\(\s*|reason=|_say\(\s*)["']([a-z_]+\.[a-z0-9_]+)["']""")


def placeholders(text: str) -> set[str]:
    return {
        name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name
    }


@pytest.mark.parametrize(("topic", "key"), ENTRIES)
def test_entry_is_whole_in_both_languages(topic: str, key: str) -> None:
    entry = words.catalogue(topic)[key]
    assert set(entry) == {"vi", "en"}
    assert entry["vi"].strip()
    assert entry["en"].strip()
    assert placeholders(entry["vi"]) == placeholders(entry["en"])


def test_every_key_in_the_code_is_in_its_catalogue() -> None:
    topics = set(words.topics())
    missing = []
    for path in (ROOT / "geoparty").rglob("*.py"):
        for found in USED.findall(path.read_text("utf-8")):
            topic, _, key = found.partition(".")
            if topic in topics and key not in words.catalogue(topic):
                missing.append(f"{path.name}: {found}")
            if topic not in topics:
                missing.append(f"{path.name}: {found} (no such catalogue)")
    assert not missing


def test_listing_says_how_many_more() -> None:
    assert words.listing(["A", "B"], "vi") == "A, B"
    assert words.listing(list("ABCDE"), "vi", most=2) == "A, B và 3 mục khác"


def test_counts_of_any_kind_are_written_as_the_language_writes_them() -> None:
    counts = (91_289, 91_289.0, np.int64(91_289), np.float32(91_289))
    assert {words.number(n, "vi") for n in counts} == {"91.289"}
    assert {words.number(n, "en") for n in counts} == {"91,289"}
