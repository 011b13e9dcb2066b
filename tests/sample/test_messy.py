"""Messy tables: every row has its truth, and the program keeps the account of all of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoparty import pipeline
from geoparty.project import open_project
from geoparty.sample import Sample, defects, invent_communes, make_sample, write_sample


@pytest.fixture(scope="module")
def messy() -> Sample:
    return make_sample(invent_communes(10, seed=4), places_per_commune=25, seed=4, messy=True)


def test_clean_frames_stay_clean(messy: Sample) -> None:
    clean = make_sample(invent_communes(10, seed=4), places_per_commune=25, seed=4)
    pd.testing.assert_frame_equal(messy.places, clean.places)
    pd.testing.assert_frame_equal(messy.counts, clean.counts)


def test_every_row_has_its_truth(messy: Sample) -> None:
    assert messy.tables is not None
    assert messy.truth is not None
    for name, table in messy.tables.items():
        truth = messy.truth[messy.truth["file"] == f"{name}.xlsx"]
        assert len(truth) == len(table)
        is_total = truth["defects"].str.startswith("total")
        assert truth["place_id"].isna().equals(is_total)
        repeated = truth["defects"].str.contains("repeated")
        once = truth[~repeated]["place_id"].dropna()
        assert once.is_unique
    counted = messy.truth[messy.truth["table"] == "counts"]["place_id"].dropna()
    assert set(counted) == set(messy.counts["place_id"])


def test_totals_are_sums_of_the_rows_typed_but_for_one(messy: Sample) -> None:
    assert messy.truth is not None
    for name, table in (messy.tables or {}).items():
        if name == "places":
            continue
        truth = messy.truth[messy.truth["file"] == f"{name}.xlsx"].reset_index(drop=True)
        is_total = truth["defects"].str.startswith("total")
        true = truth["place_id"].map(messy.counts.set_index("place_id")["admitted"]).fillna(0)
        shown = table["admitted"].where(is_total)
        part = is_total.shift(fill_value=False).cumsum()
        summed = true.groupby(part).sum()
        stated = shown.groupby(part).last().astype(float)
        assert (stated.iloc[:-1] == summed.iloc[:-1]).all()
        assert stated.iloc[-1] == summed.sum()
        assert truth["defects"].str.contains("wrong_total").sum() == 1


def test_every_kind_of_defect_is_planted(messy: Sample) -> None:
    assert messy.truth is not None
    planted = {d for notes in messy.truth["defects"] for d in notes.split(";")}
    wanted = {*defects.LOSSLESS, *defects.LOSSY, *defects.NUMBERS, "thousands"} - {"tone_style"}
    wanted |= {"outside_commune", "swapped", "no_location", "comma_degrees", "repeated", "total"}
    assert wanted <= planted
    assert messy.truth["defects"].eq("").mean() > 0.4, "most rows are as they should be"


def test_old_commune_names_come_from_the_crosswalk() -> None:
    communes = invent_communes(4, seed=4)
    crosswalk = pd.DataFrame(
        {
            "legacy_code": ["1", "2", "3", "3"],
            "legacy_name": ["Cũ Một", "Cũ Hai", "Chia Đôi", "Chia Đôi"],
            "legacy_type": "xã",
            "commune_code": communes.index,
        }
    )
    sample = make_sample(communes, seed=4, messy=True, crosswalk=crosswalk)
    assert sample.truth is not None
    old = sample.truth[sample.truth["defects"].str.contains("old_commune")]
    assert len(old) > 5
    assert set(old["place_id"].str[:5]) <= set(communes.index[:2]), "the others were split"


def test_border_list_disagrees_once_each_way(messy: Sample) -> None:
    clean = make_sample(invent_communes(10, seed=4), places_per_commune=25, seed=4)
    listed, true = messy.communes["is_listed_border"], clean.communes["is_listed_border"]
    assert (true & ~listed).sum() == 1
    assert (listed & ~true).sum() == 1


@pytest.mark.parametrize(
    ("spoil", "text", "spoilt"),
    [
        (defects.tone_style, "Xóm Hòa Thủy", "Xóm Hoà Thuỷ"),
        (defects.tone_style, "Xóm Hoà Thuỷ", "Xóm Hòa Thủy"),
        (defects.tone_style, "Bản Quý Hoạt", "Bản Quý Hoạt"),
        (defects.prefix_dropped, "Bản Nà Pheo 2", "Nà Pheo 2"),
        (defects.prefix_dropped, "Bản 2", "Bản 2"),
        (defects.no_diacritics, "Thôn Đông Ỏ", "Thon Dong O"),
        (defects.missing_syllable, "Bản Pheo", "Bản Pheo"),
    ],
)
def test_defects_do_what_they_say(spoil: defects.Defect, text: str, spoilt: str) -> None:
    assert spoil(text, np.random.default_rng(0)) == spoilt


def test_account_of_the_messy_project_adds_up(tmp_path: Path, messy: Sample) -> None:
    """All truth rows are in the account, and what is matched is matched right."""
    write_sample(messy, tmp_path)
    account = pipeline.check(open_project(tmp_path)).account
    truth = pd.read_csv(tmp_path / "data" / "truth.csv", dtype={"place_id": str})
    truth["defects"] = truth["defects"].fillna("")
    where = ["table", "file", "sheet", "row"]
    both = truth.merge(account, on=where, how="left", suffixes=("_true", ""), validate="1:1")
    assert both["outcome"].notna().all()
    matched = both[both["outcome"] == "matched"]
    assert (matched["place_id"] == matched["place_id_true"]).mean() > 0.99
    once = ~both.duplicated(["table", "place_id_true"], keep=False)
    kept = both["defects"].isin([*defects.LOSSLESS, ""]) & (both["table"] == "places")
    lossless = both[once & kept]
    assert (lossless["outcome"] == "matched").all()
