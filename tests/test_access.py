"""Who may see what: denied by default, and nothing outside the area reaches a session."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from geoparty import access, pipeline, present, sample, schema
from geoparty.access import AccessList, Person
from geoparty.errors import SettingsError
from geoparty.present import labels
from geoparty.project import open_project
from geoparty.schema import Results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("access")
    communes = sample.invent_communes(6, seed=7)
    sample.write_sample(sample.make_sample(communes, places_per_commune=10, seed=7), folder)
    return pipeline.run(open_project(folder))


@pytest.fixture(scope="module")
def one(results: Results) -> Person:
    return Person(email="a@x.vn", role="planner", communes=frozenset({results.communes.index[0]}))


def test_nobody_sees_nothing(results: Results) -> None:
    seen = access.limit(results, None)
    assert len(seen.communes) == len(seen.places) == len(seen.sites) == len(seen.account) == 0
    assert len(seen.assignments) == len(seen.provinces) == len(seen.problems) == 0
    assert sum(seen.run["gap_levels"].values()) == 0


def test_nothing_of_another_commune_is_in_anything_a_session_gets(
    results: Results, one: Person, tmp_path: Path
) -> None:
    """Neither names nor ids of places elsewhere are in any frame or file made for the person."""
    seen = access.limit(results, one)
    assert set(seen.places["commune_code"]) == one.communes
    others = results.places[~results.places["commune_code"].isin(one.communes)]
    unique = set(others["place_name"]) - set(seen.places["place_name"])
    foreign = [*others.index, *(n for n in unique if len(n) > 8)]
    files = present.write_outputs(seen, tmp_path)
    for path in files:
        if path.suffix in {".geojson", ".csv", ".json", ".html"}:
            text = path.read_text("utf-8")
            leaked = [name for name in foreign if name in text]
            assert not leaked, f"{path.name}: {leaked[:3]}"


def test_a_site_shared_with_other_communes_does_not_tell_their_number(
    results: Results, one: Person
) -> None:
    seen = access.limit(results, one)
    inside = set(seen.places.index)
    for site_id, site in seen.sites.iterrows():
        served = set(results.assignments.loc[results.assignments["site_id"] == site_id, "place_id"])
        assert pd.isna(site["n_candidates"]) == bool(served - inside)


def test_whole_province_and_everywhere(results: Results) -> None:
    province = results.communes["province_code"].iloc[0]
    seen = access.limit(results, Person(email="p", role="viewer", provinces=frozenset({province})))
    assert set(seen.communes["province_code"]) == {province}
    assert access.limit(results, Person(email="p", role="viewer", everywhere=True)) is results


def test_totals_are_of_the_area_only(results: Results, one: Person) -> None:
    seen = access.limit(results, one)
    assert sum(seen.run["gap_levels"].values()) == len(seen.places)
    assert seen.run["account"]["places"]["rows"] == len(seen.places)
    assert "objective_min" not in seen.run["plan"]
    assert int(seen.provinces["n_places"].sum()) == len(seen.places)


def test_made_up_data_say_so_in_a_part_too(results: Results, one: Person) -> None:
    seen = access.limit(results, one)
    assert labels.note(results.run, "vi")
    assert labels.note(seen.run, "vi") == labels.note(results.run, "vi")
    assert seen.run["settings"]["name"] == results.run["settings"]["name"]


def test_whose_plan_is_told_is_said_in_a_part_too(results: Results, one: Person) -> None:
    plan = results.run["plan"] | {"scenario": "Đi gần"}
    told = replace(results, run=results.run | {"plan": plan})
    assert "Đi gần" in str(labels.note(access.limit(told, one).run, "vi"))
    assert "Đi gần" not in str(labels.note(access.limit(results, one).run, "vi"))


def test_callers_results_are_untouched(results: Results, one: Person) -> None:
    before = results.sites.copy()
    access.limit(results, one)
    pd.testing.assert_frame_equal(pd.DataFrame(results.sites), pd.DataFrame(before))
    assert sum(results.run["gap_levels"].values()) == len(results.places)


@pytest.mark.parametrize("email", [None, "", " ", "b@x.vn", "a@x.vn.evil.example"])
def test_people_not_named_are_denied(email: str | None) -> None:
    people = AccessList(
        people=(Person(email="a@x.vn", role="viewer"), Person(email="", role="reviewer"))
    )
    assert people.person(email) is None


def test_roles_only_allow_what_they_say() -> None:
    viewer, planner, reviewer = (
        Person(email="x", role=r) for r in ("viewer", "planner", "reviewer")
    )
    assert [access.may(viewer, a) for a in ("view", "export", "plan", "decide")] == [1, 0, 0, 0]
    assert [access.may(planner, a) for a in ("view", "export", "plan", "decide")] == [1, 1, 1, 0]
    assert access.may(reviewer, "upload")


@pytest.mark.parametrize(
    "text",
    [
        "people = [",
        '[[people]]\nemail = "a"\nrole = "god"',
        '[[people]]\nmail = "a"\nrole = "viewer"',
    ],
)
def test_a_wrong_access_file_lets_nobody_in(tmp_path: Path, text: str) -> None:
    path = tmp_path / "access.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError):
        access.read_access(path)
    with pytest.raises(SettingsError):
        access.read_access(tmp_path / "none.toml")


def test_audit_lines_of_many_writers_are_all_there_and_carry_no_counts(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    children = []
    for i in range(4):
        child = os.fork()
        if child == 0:
            for j in range(25):
                access.audit(path, who=f"p{i}@x.vn", action="export", what=f"gaps.geojson {j}")
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == 100
    assert all(set(line) == {"at", "who", "action", "what", "area"} for line in lines)
    assert not any(column in path.read_text() for column in schema.COUNTS)
