"""Several years of counts are one story: nothing happens that the next year cannot know."""

from pathlib import Path

import pandas as pd
import pytest

from geoparty import read
from geoparty.project import open_project
from geoparty.sample import Sample, invent_communes, make_sample, write_sample


@pytest.fixture(scope="module")
def made() -> Sample:
    return make_sample(invent_communes(9, seed=6), seed=6, n_snapshots=4)


@pytest.fixture(scope="module")
def pairs(made: Sample) -> pd.DataFrame:
    """Each row of counts beside that of the same place a year later."""
    later = made.counts.assign(as_of=made.counts["as_of"] - pd.DateOffset(years=1))
    later["as_of"] = later["as_of"].dt.as_unit("s")
    return made.counts.merge(later, on=["place_id", "as_of"], suffixes=("", "_next"))


def test_last_year_is_that_of_a_single_snapshot(made: Sample) -> None:
    alone = make_sample(invent_communes(9, seed=6), seed=6)
    last = made.counts[made.counts["as_of"] == made.counts["as_of"].max()]
    pd.testing.assert_frame_equal(last.reset_index(drop=True), alone.counts)
    assert sorted(made.counts["as_of"].dt.year.unique()) == [2022, 2023, 2024, 2025]


def test_each_year_hangs_together(made: Sample) -> None:
    counts = made.counts
    for part, of in (
        ("official_members", "members"),
        ("reinforced_members", "official_members"),
        ("members_over_60", "members"),
        ("graduates", "candidates"),
        ("admitted", "admitted_last_5y"),
    ):
        both = counts[[part, of]].dropna()
        assert (both[part] <= both[of]).all(), part
    assert not counts.duplicated(["place_id", "as_of"]).any()
    joint = counts[counts["cell_status"] == "joint"]
    assert joint.groupby(["as_of", "cell_id"]).size().between(2, 4).all()
    own = counts.dropna(subset=["cell_founded"])
    assert (own["cell_founded"] <= own["as_of"]).all()
    assert own["cell_status"].dropna().eq("own").all()


def test_years_follow_from_each_other(pairs: pd.DataFrame) -> None:
    none = pairs[pairs["admitted_next"] == 0].dropna(
        subset=["years_without_admission", "years_without_admission_next"]
    )
    assert len(none) > 100
    gone = none["years_without_admission_next"] - none["years_without_admission"]
    assert gone.eq(1).all()
    grown = (pairs["members_next"] - pairs["members"]).dropna()
    assert (grown <= pairs["admitted_next"].reindex(grown.index).fillna(0)).all()


def test_gaps_close_over_the_years(made: Sample) -> None:
    own = made.counts["cell_status"].eq("own").groupby(made.counts["as_of"]).mean()
    assert own.is_monotonic_increasing


def test_new_villages_have_no_earlier_counts(made: Sample) -> None:
    began = made.places["valid_from"].dropna()
    assert len(began) > 0
    counts = made.counts.join(began.rename("began"), on="place_id")
    assert not (counts["as_of"] < counts["began"]).any()


def test_one_workbook_a_year(tmp_path: Path, made: Sample) -> None:
    write_sample(made, tmp_path)
    paths = open_project(tmp_path).input_paths()["counts"]
    names = sorted(path.name for path in paths)
    assert names == ["counts.xlsx", "counts_2022.xlsx", "counts_2023.xlsx", "counts_2024.xlsx"]
    frames = [read.read_counts(path) for path in paths]
    assert all(got.problems == () for got in frames)
    assert sum(len(got.frame) for got in frames) == len(made.counts)
    places = read.read_places(tmp_path / "data" / "places.xlsx")
    assert places.problems == ()
    assert places.frame["valid_from"].notna().sum() == made.places["valid_from"].notna().sum()
