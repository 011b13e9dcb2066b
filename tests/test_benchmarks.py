import math

import pytest

from benchmarks import Case, pages
from benchmarks.__main__ import row

TAKEN = {
    "shell_s": 1.0,
    "province_link_s": 3.0,
    "province_click_s": 2.0,
    "naive_link_s": 30.0,
    "naive_click_s": math.inf,
}


def test_a_page_given_up_is_told_and_makes_the_least_ratio():
    told = {name: (value, aim) for name, value, aim in pages.figures(pages.ratios(TAKEN))}
    assert told["naive_click_s"] == (180, "more than 180 s: given up")
    assert told["naive_link_s"] == (30.0, "")
    assert told["ratio_link"][0] == 10.0
    assert told["ratio_click"] == (90.0, "at least 20: reached")


def test_a_case_that_died_is_a_row_that_is_not_right(monkeypatch):
    nothing = (math.nan, math.nan, math.nan, False, [])
    monkeypatch.setattr("benchmarks.__main__.in_process", lambda *_: nothing)
    case = Case(name="a", build=str, run=str, check=bool, peer=str, peer_name="the other")
    told = row("pages", 0, case, "small")
    assert told["ok"] is False
    assert {told[name] for name in ("cpu_s", "wall_s", "peak_mb", "peer_cpu_s", "ratio")} == {None}


def test_a_plain_page_that_never_draws_is_given_up():
    class Never:
        def wait_for_function(self, *_, **__):
            raise pages.GivenUpError("180000 ms")

    class Watch:
        kilobytes = 7.0

    assert pages._naive(Never(), Watch(), lambda: None, 3) == (math.inf, 0)
    with pytest.raises(ZeroDivisionError):
        pages._naive(Never(), Watch(), lambda: 1 / 0, 3)
