"""Trade-off, practice and the smallest change."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from geoparty.plan import compare_with_practice, plan_classes, smallest_changes, trade_off
from geoparty.settings import Classes


@pytest.fixture
def valley():
    """Five villages along a road, any may host."""
    at = np.array([0.0, 10.0, 30.0, 60.0, 100.0])
    minutes = np.abs(at[:, None] - at) + 1
    places = pd.Index(list("ABCDE"))
    return pd.Series([10, 8, 12, 9, 11], index=places), places, csr_array(minutes)


def test_more_classes_never_mean_more_hours(valley):
    curve = trade_off(*valley, classes=Classes(min_size=5), n_sites=[3, 1, 2])
    assert curve.index.tolist() == [1, 2, 3]
    assert curve["person_hours"].is_monotonic_decreasing
    assert (curve["status"] == "optimal").all()
    assert np.allclose(curve["bound_hours"], curve["person_hours"])


def test_practice_is_compared_for_the_same_people(valley):
    demand, hosts, minutes = valley
    plan = plan_classes(demand, hosts, minutes, classes=Classes(n_sites=2, min_size=5))
    seat = pd.Series([60.0, 60.0, np.nan, np.inf, 60.0], index=hosts)
    row = compare_with_practice(plan, {"seat": seat}).loc["seat"]
    assert row["candidates"] == 29
    assert row["not_compared"] == 21
    assert row["practice_hours"] == pytest.approx(29.0)
    assert row["saved_hours"] == pytest.approx(row["practice_hours"] - row["plan_hours"])


def test_smallest_change_is_enough_and_no_smaller_one_is(valley):
    demand, hosts, minutes = valley
    rules = Classes(n_sites=1, min_size=5, max_size=40, max_travel_min=45)
    changes = smallest_changes(demand, hosts, minutes, classes=rules)
    assert changes.loc["n_sites", "needed"] == 2
    assert np.isnan(changes.loc["max_size", "needed"])
    assert changes.loc["n_sites", "places"]
    for rule, needed in changes["needed"].dropna().items():
        enough = rules.model_copy(update={rule: int(needed)})
        assert not len(plan_classes(demand, hosts, minutes, classes=enough).unserved)


def test_nothing_to_change_when_everybody_is_served(valley):
    changes = smallest_changes(*valley, classes=Classes(n_sites=2, min_size=5))
    assert (changes["needed"] == changes["now"]).all()
    assert not any(changes["places"])


def test_raising_the_limit_uses_longer_trips():
    demand, hosts = pd.Series([20, 5], index=["A", "B"]), pd.Index(["A"])
    minutes = csr_array(np.array([[1.0], [150.0]]))
    changes = smallest_changes(demand, hosts, minutes, classes=Classes(max_travel_min=60))
    assert changes.loc["max_travel_min", "needed"] == 150.0
    assert changes.loc["max_travel_min", "places"] == ["B"]
