"""Project files: what is right is read, what is wrong is refused with a remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoparty.errors import SettingsError
from geoparty.settings import Frozen, Settings, parse_settings

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


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"n_sites": -3}, 'key "classes.n_sites" is -3; it must be a whole number from 1 up'),
        ({"n_sites": "many"}, 'is "many"; it must be a whole number from 1 up, or "auto"'),
        ({"n_sites": True}, "is true; it must be a whole number"),
        ({"max_travel_min": 0}, "is 0; it must be more than 0"),
        ({"max_travel_min": "2 h"}, 'is "2 h"; it must be a number with a decimal point'),
        ({"split": "some"}, "it must be one of: large, never, any"),
        ({"fixed": "a"}, "it must be a list in square brackets"),
        ({"assigned": 3}, "it must be a table of keys"),
    ],
)
def test_a_wrong_value_is_told_in_words_with_what_it_should_be(table: dict, told: str) -> None:
    (problem,) = problems({"inputs": INPUTS, "classes": table})
    assert told in problem


def _tables(model: type, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        is_table = isinstance(inner, type) and issubclass(inner, Frozen)
        found += _tables(inner, (*path, name)) if is_table else [(*path, name)]
    return found


@pytest.mark.parametrize("path", _tables(Settings), ids=".".join)
def test_every_wrong_kind_of_value_is_told_in_our_own_words(path: tuple[str, ...]) -> None:
    for value in (-7e9, 3.5, "?", True, [], ["?"], [[]], {"?": "?"}, {"?": {}}, object()):
        data: dict = {"inputs": INPUTS}
        *tables, name = path
        at = data
        for table in tables:
            at[table] = dict(at.get(table, {}))
            at = at[table]
        at[name] = value
        keys: set[str] = set()
        try:
            parse_settings(data)
        except SettingsError as error:
            keys = {problem.key for problem in error.problems}
        assert "settings.bad_value" not in keys


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
