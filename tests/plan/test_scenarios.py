"""Scenarios on disk, side by side, and how firm sites are."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from geoparty.errors import InputError
from geoparty.plan import (
    Scenario,
    compare_plans,
    load_scenarios,
    plan_classes,
    save_scenario,
    site_firmness,
)
from geoparty.settings import Classes

PLACES = pd.Index(list("ABCD"))
DEMAND = pd.Series([20, 20, 20, 20], index=PLACES)
AT = np.array([0.0, 10.0, 60.0, 75.0])
MINUTES = csr_array(np.abs(AT[:, None] - AT) + 1)


def test_scenarios_come_back_as_saved(tmp_path):
    saved = [
        Scenario(name="Hai lớp", changes={"n_sites": 2}),
        Scenario(name="Ít đi lại", changes={"max_travel_min": 45.0, "fixed": ["A"]}),
    ]
    for scenario in saved:
        save_scenario(tmp_path, scenario)
    save_scenario(tmp_path, saved[0])
    assert sorted(load_scenarios(tmp_path), key=lambda s: s.name) == saved
    assert load_scenarios(tmp_path)[1].classes(Classes()).fixed == ("A",)


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".a", "a\\b"])
def test_names_that_are_no_file_names_are_refused(name):
    with pytest.raises(InputError):
        Scenario(name=name)


def test_strange_changes_and_values_are_refused():
    with pytest.raises(InputError, match="sites"):
        Scenario(name="a", changes={"sites": 2})
    with pytest.raises(InputError, match="max_travel_min"):
        Scenario(name="a", changes={"max_travel_min": -1}).classes(Classes())


def test_all_broken_files_are_told_at_once(tmp_path):
    save_scenario(tmp_path, Scenario(name="a"))
    for name in "bc":
        (tmp_path / "scenarios" / f"{name}.json").write_text("{")
    with pytest.raises(InputError) as caught:
        load_scenarios(tmp_path)
    assert [p.file for p in caught.value.problems] == ["b.json", "c.json"]


def test_plans_side_by_side():
    plans = {
        str(n): plan_classes(DEMAND, PLACES, MINUTES, classes=Classes(n_sites=n)) for n in (1, 2)
    }
    table = compare_plans(plans)
    assert table.loc["2", "person_hours"] < table.loc["1", "person_hours"]
    assert table.loc["2", ["n_sites", "largest_class", "max_min"]].tolist() == [2, 40, 16.0]


def test_firm_sites_stay_and_the_same_seed_says_the_same():
    minutes = csr_array(np.where(np.eye(4, dtype=bool), 1.0, 100.0))
    rules = Classes(n_sites=4, max_travel_min=200)
    tables = [
        site_firmness(
            DEMAND,
            PLACES,
            minutes,
            classes=rules,
            n_draws=2,
            rng=np.random.default_rng(1),
            others={"wet": minutes},
        )
        for _ in range(2)
    ]
    assert (tables[0] == 1.0).all(axis=None)
    assert tables[0].columns.tolist() == ["stays_10", "stays_20", "stays_wet"]
    pd.testing.assert_frame_equal(*tables)
