"""What is taken out is exactly what is filtered."""

from geoparty.present import narrowed, report_docx, write_outputs
from geoparty.schema import GAP_LEVELS


def test_frames_and_sums_are_of_the_places_kept(results):
    few = narrowed(results, ["P0", "P1", "P3"])
    assert list(few.places.index) == ["P0", "P1", "P3"]
    assert list(few.communes.index) == ["03001", "03002"]
    assert few.communes["n_places"].tolist() == [2, 1]
    assert few.communes["members"].tolist() == [2, 3]
    assert few.communes["commune_name"].tolist() == ["Mường Tè", "Pa Ủ"]
    assert sum(few.run["gap_levels"].values()) == 3
    assert few.sites.index.tolist() == ["L1"]
    assert few.assignments["place_id"].tolist() == ["P1"]
    assert few.account["place_id"].tolist() == ["P0", "P1"]
    assert len(results.places) == 7


def test_everything_kept_is_the_same_places(results):
    every = narrowed(results, results.places.index)
    assert every.places.equals(results.places)
    assert [every.run["gap_levels"][level] for level in GAP_LEVELS] == [1] * 7


def test_every_export_works_on_nothing(results, tmp_path):
    nothing = narrowed(results, [])
    assert len(write_outputs(nothing, tmp_path)) == 10
    assert report_docx(nothing)
