"""Median, centre and covering against enumeration, published optima and their laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from geoparty.errors import ArgumentError
from geoparty.plan import max_cover, median, p_center, p_median, set_cover

QUICK = settings(max_examples=40, deadline=None)


@st.composite
def problems(draw, *, holes=True):
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    cell = st.integers(0, 20).map(float)
    cell = st.one_of(cell, st.just(np.inf)) if holes else cell
    cost = draw(st.lists(st.lists(cell, min_size=m, max_size=m), min_size=n, max_size=n))
    weight = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    sites = draw(st.permutations(range(m)))
    n_fixed = draw(st.integers(0, m // 2))
    n_barred = draw(st.integers(0, (m - n_fixed) - 1 if n_fixed < m else 0))
    fixed, barred = sites[:n_fixed], sites[n_fixed : n_fixed + n_barred]
    p = draw(st.integers(max(1, n_fixed), m - n_barred))
    return np.array(cost), np.array(weight), p, fixed, barred


def enumerated(cost, weight, p, fixed, barred):
    """Least (weight left out, total) over all sets of p sites."""
    best = (np.inf, np.inf)
    for sites in itertools.combinations(range(cost.shape[1]), p):
        if set(fixed) <= set(sites) and not set(barred) & set(sites):
            near = cost[:, sites].min(axis=1)
            lost = weight[np.isinf(near)].sum()
            served = np.isfinite(near)
            best = min(best, (lost, (near[served] * weight[served]).sum()))
    return best


def solve(problem):
    cost, weight, p, fixed, barred = problem
    return p_median(cost, p, weight=weight, fixed=fixed, forbidden=barred)


@QUICK
@given(problems())
def test_equals_enumeration(problem):
    _cost, weight, p, fixed, barred = problem
    answer = solve(problem)
    lost = weight[answer.left_out].sum()
    assert (lost, answer.objective) == pytest.approx(enumerated(*problem))
    assert len(answer.sites) == p
    assert set(fixed) <= set(answer.sites.tolist())
    assert not set(barred) & set(answer.sites.tolist())
    assert answer.bound == pytest.approx(answer.objective)
    assert answer.status == ("infeasible" if len(answer.left_out) else "optimal")


@QUICK
@given(problems())
def test_everybody_goes_to_the_nearest_site(problem):
    cost = problem[0]
    answer = solve(problem)
    near = cost[:, answer.sites].min(axis=1)
    served = answer.assignment >= 0
    assert np.array_equal(served, np.isfinite(near))
    assert (cost[np.flatnonzero(served), answer.assignment[served]] == near[served]).all()


@QUICK
@given(problems(holes=False))
def test_another_site_never_costs_more(problem):
    cost, weight, p, fixed, barred = problem
    if p < cost.shape[1] - len(barred):
        more = solve((cost, weight, p + 1, fixed, barred))
        assert more.objective <= solve(problem).objective + 1e-9


@QUICK
@given(problems(), st.randoms(use_true_random=False))
def test_order_of_rows_and_form_of_the_matrix_do_not_matter(problem, random):
    cost, weight, p, fixed, barred = problem
    order = list(range(len(cost)))
    random.shuffle(order)
    row, column = np.nonzero(np.isfinite(cost))
    sparse = csr_array((cost[row, column], (row, column)), shape=cost.shape)
    objective = solve(problem).objective
    shuffled = solve((cost[order], weight[order], p, fixed, barred))
    assert shuffled.objective == pytest.approx(objective)
    assert solve((sparse, weight, p, fixed, barred)).objective == pytest.approx(objective)


@QUICK
@given(problems(), st.sampled_from([0.37, 60.0, 1e4]))
def test_scaling_costs_scales_the_answer(problem, factor):
    cost, *rest = problem
    scaled = solve((cost * factor, *rest))
    assert scaled.objective == pytest.approx(solve(problem).objective * factor)


def plain_model(cost, p):
    """Least total by scipy's own solver, on the model as it is written in books."""
    n, m = cost.shape
    assign = csr_array(np.hstack([np.kron(np.eye(n), np.ones((1, m))), np.zeros((n, m))]))
    linked = csr_array(np.hstack([np.eye(n * m), -np.tile(np.eye(m), (n, 1))]))
    number = csr_array(np.append(np.zeros(n * m), np.ones(m))[None, :])
    answer = milp(
        np.append(cost.ravel(), np.zeros(m)),
        integrality=np.append(np.zeros(n * m), np.ones(m)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(assign, 1, 1),
            LinearConstraint(linked, -np.inf, 0),
            LinearConstraint(number, p, p),
        ],
    )
    return answer.fun


@pytest.mark.parametrize(("seed", "p"), [(1, 3), (2, 6), (3, 9), (4, 12)])
def test_branching_ends_where_the_plain_model_does(seed, p):
    rng = np.random.default_rng(seed)
    cost = rng.uniform(0, 100, (40, 40))
    answer = p_median(cost, p)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(plain_model(cost, p))


@pytest.mark.parametrize("p", [2, 5, 11])
def test_rows_cut_too_short_are_read_further(monkeypatch, p):
    rng = np.random.default_rng(p)
    centres = rng.uniform(0, 100, (4, 2))
    points = centres[rng.choice(4, 120, p=[0.9, 0.05, 0.03, 0.02])] + rng.normal(0, 2, (120, 2))
    cost = np.linalg.norm(points[:, None] - points, axis=2)
    whole = p_median(cost, p, forbidden=[3, 4])
    monkeypatch.setattr(median, "LEAST_ARCS", 2)
    monkeypatch.setattr(median, "ROOM", 1)
    answer = p_median(cost, p, forbidden=[3, 4])
    assert answer.objective == pytest.approx(whole.objective)
    assert answer.status == whole.status == "optimal"
    assert (cost[np.arange(120), answer.assignment] == cost[:, answer.sites].min(axis=1)).all()


def test_last_answer_is_a_good_start():
    rng = np.random.default_rng(5)
    points = rng.uniform(0, 100, (150, 2))
    cost = np.linalg.norm(points[:, None] - points, axis=2)
    first = p_median(cost, 8)
    moved = p_median(cost, 8, forbidden=[int(first.sites[0])], start=first.sites)
    again = p_median(cost, 8, forbidden=[int(first.sites[0])])
    assert moved.objective == pytest.approx(again.objective)
    assert moved.status == again.status == "optimal"


def test_time_limit_keeps_bound_and_best_apart():
    rng = np.random.default_rng(2)
    cost = rng.uniform(0, 100, (200, 200))
    answer = p_median(cost, 12, time_limit_s=0.0)
    assert answer.bound <= answer.objective
    assert answer.status in {"best_found", "optimal"}
    assert len(answer.sites) == 12


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cost": np.array([[1.0, -1.0]])}, "costs that are negative"),
        ({"cost": np.array([[1.0, np.nan]])}, "costs that are negative or not a number: 1"),
        ({"p": 3}, "p = 3 must be from 1 to 2"),
        ({"p": 0}, "p = 0"),
        ({"weight": [-1.0]}, "unusable: 1"),
        ({"fixed": [0], "forbidden": [0]}, "both fixed and forbidden"),
        ({"fixed": [7]}, "not columns"),
    ],
)
def test_bad_questions_are_refused(changes, text):
    question = {"cost": np.array([[1.0, 2.0]]), "p": 1, **changes}
    with pytest.raises(ArgumentError, match=text):
        p_median(question.pop("cost"), question.pop("p"), **question)


def test_rows_nobody_reaches_are_named():
    answer = p_median(np.array([[1.0], [np.inf]]), 1)
    assert answer.status == "infeasible"
    assert answer.left_out.tolist() == [1]
    assert [p.key for p in answer.problems] == ["plan.rows_out_of_reach"]


def pmed(folder, k):
    """Costs and p of an OR-Library network; an edge listed twice counts as listed last."""
    numbers = np.array((folder / f"orlib/pmed{k}.txt").read_text().split(), dtype=np.int64)
    (n, m, p), edges = numbers[:3], numbers[3:].reshape(-1, 3)
    assert len(edges) == m
    last = {(min(a, b) - 1, max(a, b) - 1): c for a, b, c in edges.tolist()}
    ends = np.array(list(last))
    graph = csr_array((list(last.values()), (ends[:, 0], ends[:, 1])), shape=(n, n), dtype=float)
    return shortest_path(graph, directed=False), int(p)


@pytest.mark.realdata
@pytest.mark.parametrize("k", [1, 2, 6, 11, 18, 22, 30, 38])
def test_published_optima(real_data, k):
    folder = real_data / "siting"
    lines = (folder / "orlib/pmedopt.txt").read_text().split("\n")[1:]
    known = {line.split()[0]: float(line.split()[1]) for line in lines if line.strip()}
    cost, p = pmed(folder, k)
    answer = p_median(cost, p)
    assert answer.status == "optimal"
    assert answer.objective == known[f"pmed{k}"]


def choices(cost, fixed, barred, sizes):
    for size in sizes:
        for sites in itertools.combinations(range(cost.shape[1]), size):
            if set(fixed) <= set(sites) and not set(barred) & set(sites):
                yield list(sites)


def nearest(cost, sites):
    return cost[:, sites].min(axis=1) if sites else np.full(len(cost), np.inf)


def reachable(cost, barred, limit=np.inf):
    able = np.setdiff1d(np.arange(cost.shape[1]), barred)
    near = cost[:, able].min(axis=1)
    return np.isfinite(near) & (near <= limit)


@QUICK
@given(problems(), st.integers(0, 20))
def test_set_cover_equals_enumeration(problem, limit):
    cost, _, _, fixed, barred = problem
    answer = set_cover(cost, limit, fixed=fixed, forbidden=barred)
    able = reachable(cost, barred, limit)
    sizes = range(cost.shape[1] + 1)
    best = min(
        len(s)
        for s in choices(cost, fixed, barred, sizes)
        if (nearest(cost, s) <= limit)[able].all()
    )
    assert answer.objective == answer.bound == len(answer.sites) == best
    assert np.array_equal(answer.assignment >= 0, able)
    assert answer.status == ("optimal" if able.all() else "infeasible")


@QUICK
@given(problems(), st.integers(0, 20))
def test_max_cover_equals_enumeration(problem, limit):
    cost, weight, p, fixed, barred = problem
    answer = max_cover(cost, p, limit, weight=weight, fixed=fixed, forbidden=barred)
    best = max(weight[nearest(cost, s) <= limit].sum() for s in choices(cost, fixed, barred, [p]))
    assert answer.objective == pytest.approx(best)
    assert answer.bound == pytest.approx(best)
    assert len(answer.sites) == p
    assert weight[answer.assignment >= 0].sum() == pytest.approx(best)


@QUICK
@given(problems(holes=False))
def test_p_center_equals_enumeration(problem):
    cost, _, p, fixed, barred = problem
    answer = p_center(cost, p, fixed=fixed, forbidden=barred)
    best = min(nearest(cost, s).max() for s in choices(cost, fixed, barred, [p]))
    assert answer.objective == answer.bound == best
    assert len(answer.sites) == p
    assert answer.status == "optimal"


@QUICK
@given(problems(holes=False), st.integers(0, 19))
def test_a_wider_limit_never_needs_more_sites(problem, limit):
    cost, _, _, fixed, barred = problem
    narrow, wide = (set_cover(cost, r, fixed=fixed, forbidden=barred) for r in (limit, limit + 1))
    if not len(narrow.left_out):
        assert wide.objective <= narrow.objective


def test_rows_out_of_reach_are_named_and_the_rest_served():
    cost = np.array([[1.0, 9.0], [np.inf, np.inf], [9.0, 1.0]])
    for answer in (set_cover(cost, 5), p_center(cost, 2)):
        assert answer.status == "infeasible"
        assert answer.left_out.tolist() == [1]
        assert answer.sites.tolist() == [0, 1]


def test_too_few_sites_for_a_sparse_centre_is_said():
    cost = np.array([[1.0, np.inf], [np.inf, 1.0]])
    answer = p_center(cost, 1)
    assert answer.status == "infeasible"
    assert [p.key for p in answer.problems] == ["plan.rows_left_out"]


@pytest.mark.realdata
@pytest.mark.parametrize("k", [1, 6, 9, 14, 20, 25, 33])
def test_published_centres(real_data, k):
    lines = (real_data / "siting/orlib/kcenteropt.txt").read_text().split("\n")
    known = {line.split()[0]: float(line.split()[1]) for line in lines if line.strip()}
    cost, p = pmed(real_data / "siting", k)
    answer = p_center(cost, p)
    assert answer.status == "optimal"
    assert answer.objective == known[f"pmed{k}"]


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["pr226", "pr264", "pr299", "pr439"])
def test_published_radii_of_points(real_data, name):
    folder = real_data / "siting/tsplib"
    text = (folder / f"{name}.tsp").read_text().split("NODE_COORD_SECTION")[1].split("EOF")[0]
    points = np.array(text.split(), dtype=float).reshape(-1, 3)[:, 1:]
    cost = np.linalg.norm(points[:, None] - points, axis=2)
    for line in (folder / "opt.txt").read_text().splitlines():
        instance, k, radius = line.split()
        if instance == name:
            answer = p_center(cost, int(k))
            assert answer.status == "optimal"
            assert round(answer.objective) == int(radius)
