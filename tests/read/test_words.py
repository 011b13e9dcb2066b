"""Every fault that reading names has its words, in both languages."""

import re
from importlib.resources import files
from string import Formatter

import pytest

from geoparty import words


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_key_in_the_code_is_in_the_catalogue():
    code = " ".join(p.read_text("utf-8") for p in files("geoparty.read").glob("*.py"))
    used = set(re.findall(r'"read\.([a-z_0-9]+)"', code))
    assert used <= set(words.catalogue("read"))


@pytest.mark.parametrize("key", words.catalogue("read"))
def test_both_languages_have_the_same_placeholders(key):
    entry = words.catalogue("read")[key]
    assert set(entry) == {"vi", "en"}
    assert fields(entry["vi"]) == fields(entry["en"])
