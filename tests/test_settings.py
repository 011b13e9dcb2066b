"""Project files: what is right is read, what is wrong is refused with a remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoparty.errors import SettingsError
from geoparty.settings import Settings, parse_settings

INPUTS = {"communes": "c.geojson", "places": "p.csv"}


def problems(data: dict) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(data)
    return [p.text("en") for p in caught.value.problems]


def test_only_communes_and_places_are_required() -> None:
    settings = parse_settings({"inputs": INPUTS})
    assert [s.name for s in settings.seasons] == ["dry", "wet"]
    assert settings.classes.n_sites == "auto"


@pytest.mark.parametrize(
    ("data", "key", "near"),
    [
        ({"inputs": INPUTS, "rulez": {}}, "rulez", "rules"),
        (
            {"inputs": INPUTS, "rules": {"min_oficial_members": 3}},
            "rules.min_oficial_members",
            "min_official_members",
        ),
        ({"inputs": INPUTS | {"road": "x"}}, "inputs.road", "roads"),
        ({"inputs": INPUTS, "classes": {"max_travel": 3}}, "classes.max_travel", "max_travel_min"),
        (
            {
                "inputs": INPUTS,
                "seasons": [{"name": "dry", "label_vi": "a", "label_en": "b", "ford_open": True}],
            },
            "seasons.0.ford_open",
            "fords_open",
        ),
    ],
)
def test_unknown_key_is_refused_with_the_nearest(data: dict, key: str, near: str) -> None:
    assert problems(data) == [f'file project.toml: unknown key "{key}"; did you mean "{near}"?']


def test_all_faults_are_told_at_once() -> None:
    told = problems({"inputs": {"communes": "c", "plases": 3}, "rules": {"cut_off_min": -1}})
    assert len(told) == 3
    assert any("inputs.places" in t and "missing" in t for t in told)
    assert any("rules.cut_off_min" in t for t in told)


def test_class_season_must_exist() -> None:
    assert "dry, wet" in problems({"inputs": INPUTS, "classes": {"season": "monsoon"}})[0]


def test_season_names_must_differ() -> None:
    season = {"name": "dry", "label_vi": "Khô", "label_en": "Dry"}
    assert problems({"inputs": INPUTS, "seasons": [season, season]})


def test_size_limits_must_not_contradict() -> None:
    assert problems({"inputs": INPUTS, "classes": {"min_size": 50, "max_size": 20}})


def test_settings_survive_being_written_and_read_again() -> None:
    settings = parse_settings({"inputs": INPUTS, "classes": {"n_sites": 4, "fixed": ["a"]}})
    assert parse_settings(settings.model_dump(mode="json")) == settings


def test_settings_cannot_be_changed() -> None:
    settings = parse_settings({"inputs": INPUTS})
    with pytest.raises(ValueError, match="frozen"):
        settings.rules.min_official_members = 1  # type: ignore[misc]


ANY_VALUE = st.none() | st.integers() | st.just("") | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(st.sampled_from([*Settings.model_fields, "x", ""]), ANY_VALUE, max_size=4))
def test_anything_else_is_an_explained_refusal(data: dict) -> None:
    assert problems(data)
