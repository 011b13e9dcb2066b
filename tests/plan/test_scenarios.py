"""Scenarios on disk, side by side, and how firm sites are."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from geoparty.errors import InputError
from geoparty.plan import (
    compare_plans,
    load_scenarios,
    plan_classes,
    read_scenarios,
    save_scenario,
    site_firmness,
)
from geoparty.settings import Classes

PLACES = pd.Index(list("ABCD"))
DEMAND = pd.Series([20, 20, 20, 20], index=PLACES)
AT = np.array([0.0, 10.0, 60.0, 75.0])
MINUTES = csr_array(np.abs(AT[:, None] - AT) + 1)


def test_scenarios_come_back_as_saved(tmp_path):
    saved = {"Hai lớp": Classes(n_sites=2), "../ít: đi*": Classes(fixed=("A",))}
    for name, classes in saved.items():
        assert save_scenario(tmp_path, name, classes).parent == tmp_path / "scenarios"
    save_scenario(tmp_path, "Hai lớp", saved["Hai lớp"])
    assert load_scenarios(tmp_path) == saved


def test_what_somebody_saved_since_is_not_overwritten(tmp_path):
    one, two = Classes(n_sites=1), Classes(n_sites=2)
    save_scenario(tmp_path, "a", one)
    with pytest.raises(InputError):
        save_scenario(tmp_path, "a", two)
    save_scenario(tmp_path, "a", two, seen=one)
    assert load_scenarios(tmp_path) == {"a": two}


def test_changes_saved_by_older_versions_are_read(tmp_path):
    (tmp_path / "scenarios").mkdir()
    old = {"name": "a", "changes": {"n_sites": 2}}
    (tmp_path / "scenarios" / "a.json").write_text(json.dumps(old))
    base = Classes(max_size=70)
    assert load_scenarios(tmp_path, base=base) == {"a": Classes(max_size=70, n_sites=2)}
    save_scenario(tmp_path, "a", Classes(n_sites=3), seen=Classes(n_sites=2))
    assert load_scenarios(tmp_path, base=base) == {"a": Classes(n_sites=3)}


def test_all_broken_files_are_told_at_once(tmp_path):
    save_scenario(tmp_path, "a", Classes())
    bad = {"b": "{", "c": '{"name": "c", "changes": {"max_travel_min": -1}}', "d": "[]"}
    for name, text in bad.items():
        (tmp_path / "scenarios" / f"{name}.json").write_text(text)
    with pytest.raises(InputError) as caught:
        load_scenarios(tmp_path)
    assert {p.file for p in caught.value.problems} == {f"{name}.json" for name in bad}
    assert list(read_scenarios(tmp_path)[0]) == ["a"]


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
