"""The smooth bound and balls, of use where sites are many, on questions small enough to check."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, linprog
from scipy.sparse import csr_array

from geoparty.plan import median_search, p_median
from geoparty.plan.median_dual import smoothed_bound, smoothed_value
from geoparty.plan.row_kernels import best_ball
from geoparty.plan.rows import sorted_rows
from tests.plan.test_siting import enumerated, pmed

FINE = ((1e-1, 60), (1e-2, 100), (1e-3, 200), (1e-4, 400))


def drawn(seed, n=9, m=7):
    return np.random.default_rng(seed).integers(0, 30, (n, m)).astype(float)


def relaxation(cost, p):
    """The linear relaxation of the plain model."""
    n, m = cost.shape
    row, site = np.divmod(np.arange(n * m), m)
    ones, at = np.ones(n * m), np.arange(n * m)
    once = csr_array((ones, (row, at)), shape=(n, n * m + m))
    only = csr_array(
        (np.append(ones, -ones), (np.tile(at, 2), np.append(at, n * m + site))),
        shape=(n * m, n * m + m),
    )
    number = np.append(np.zeros(n * m), np.ones(m))
    equal = np.vstack([once.toarray(), number])
    found = linprog(
        np.append(cost.ravel(), np.zeros(m)),
        A_ub=only, b_ub=np.zeros(n * m), A_eq=equal, b_eq=np.append(np.ones(n), p),
        bounds=(0, 1),
    )  # fmt: skip
    return found.fun


@pytest.mark.parametrize("seed", range(8))
def test_the_smooth_bound_climbs_to_the_linear_relaxation(seed):
    cost, p = drawn(seed), 2 + seed % 3
    m = cost.shape[1]
    known, values, share = relaxation(cost, p), np.empty(m), np.empty(m)
    price = cost.min(axis=1) + 1
    bound = smoothed_bound(
        sorted_rows(cost), np.zeros(m, dtype=np.int64), p, cost.max(axis=1), known + 9, FINE,
        price, values, share, lambda: False,
    )  # fmt: skip
    assert known * (1 - 1e-3) - 0.01 <= bound <= known + 1e-6
    assert share.sum() == pytest.approx(p)
    at_prices = np.minimum(cost - price[:, None], 0).sum(axis=0)
    assert values == pytest.approx(at_prices)
    assert price.sum() + np.sort(at_prices)[:p].sum() == pytest.approx(bound)


def test_the_slope_is_that_of_the_smooth_bound():
    cost, state = drawn(5), np.array([0, 0, 1, 0, 0, 0, 0])
    rows, (n, m) = sorted_rows(cost), cost.shape
    slope, spare = np.empty(n), np.empty(m)

    def smooth(price):
        value, bound, _ = smoothed_value(
            rows.start, rows.site, rows.cost, price, state, 2, 3.0, 0.0,
            spare.copy(), spare, slope, np.empty(m, dtype=bool),
        )  # fmt: skip
        assert value <= bound
        return value

    price = cost.mean(axis=1) + 0.123
    known = approx_fprime(price, smooth, 1e-6)
    smooth(price)
    assert slope == pytest.approx(known, abs=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_balls_and_the_smooth_bound_end_where_enumeration_does(seed, monkeypatch):
    monkeypatch.setattr(median_search, "MANY_SITES", 0)
    cost = drawn(seed, 14, 10)
    cost[seed % 14, seed % 10] = np.inf
    weight, p = np.random.default_rng(seed).integers(1, 4, 14), 2 + seed % 4
    answer = p_median(cost, p, weight=weight, fixed=[3], forbidden=[5])
    assert (0, answer.objective) == pytest.approx(enumerated(cost, weight, p, [3], [5]))
    assert answer.status == "optimal"


@pytest.mark.realdata
@pytest.mark.parametrize("k", [6, 11])
def test_balls_prove_what_sites_prove(real_data, k, monkeypatch):
    cost, p = pmed(real_data / "siting", k)
    known = p_median(cost, p)
    monkeypatch.setattr(median_search, "MANY_SITES", 0)
    answer = p_median(cost, p)
    assert (answer.objective, answer.status) == (known.objective, "optimal")


def test_a_row_in_doubt_cuts_at_a_ball():
    rows = sorted_rows(np.array([[1.0, 2.0, 9.0], [3.0, 3.0, 4.0]]))
    share, is_open = np.array([0.25, 0.25, 0.5]), np.zeros(3, dtype=bool)
    given = rows.start, rows.site, rows.cost, share, is_open
    assert best_ball(*given, 0.3) == (0, 2.0)
    assert best_ball(*given, 0.6)[0] == -1


def test_a_median_can_be_called_off_while_prices_are_improved(monkeypatch):
    monkeypatch.setattr(median_search, "MANY_SITES", 0)

    class CalledOffError(Exception):
        pass

    def call_off(done, total):
        raise CalledOffError

    with pytest.raises(CalledOffError):
        p_median(drawn(1, 40, 30), 5, progress=call_off)
