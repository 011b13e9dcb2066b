"""Siting: published instances proven, large point sets, a province with sizes, the country.

Compiled kernels are warmed while inputs are built. The peer of the small p-median networks is
spopt with the CBC solver that comes with PuLP, where it is installed; of the province, HiGHS on
the plain model in the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from benchmarks import Case, Size
from geoparty.plan import Siting, capacitated, p_center, p_median

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "siting"
SEED = 6
Given = SimpleNamespace
NETWORKS: dict[Size, range] = {"small": range(1, 6), "full": range(1, 41)}


def warm() -> None:
    """Compile the kernels, or load them."""
    points = np.random.default_rng(SEED).uniform(0, 9, (60, 2))
    cost = np.linalg.norm(points[:, None] - points, axis=2)
    p_median(cost, 5)
    p_center(cost, 5)
    capacitated(cost, 8, size=np.ones(60), max_size=9)


@cache
def published(name: str) -> dict[str, float]:
    """Return the published values of a file of names and values."""
    lines = [line.split() for line in (DATA / name).read_text().splitlines()]
    return {line[0]: float(line[1]) for line in lines if len(line) == 2 and line[0][-1].isdigit()}


def network(k: int) -> tuple[NDArray[np.float64], int]:
    """Return costs and p of an OR-Library network; an edge listed twice counts as listed last."""
    numbers = np.array((DATA / f"orlib/pmed{k}.txt").read_text().split(), dtype=np.int64)
    (n, _, p), edges = numbers[:3], numbers[3:].reshape(-1, 3)
    last = {(min(a, b) - 1, max(a, b) - 1): c for a, b, c in edges.tolist()}
    ends = np.array(list(last))
    graph = csr_array((list(last.values()), (ends[:, 0], ends[:, 1])), shape=(n, n), dtype=float)
    return shortest_path(graph, directed=False), int(p)


def build_networks(size: Size) -> Given:
    """Read the OR-Library networks."""
    warm()
    return Given(cases={f"pmed{k}": network(k) for k in NETWORKS[size]})


def medians(given: Given) -> dict[str, Siting]:
    """Prove every p-median."""
    return {name: p_median(cost, p) for name, (cost, p) in given.cases.items()}


def centres(given: Given) -> dict[str, Siting]:
    """Prove every p-centre."""
    return {name: p_center(cost, p) for name, (cost, p) in given.cases.items()}


def are_published(answers: dict[str, Siting], known: dict[str, float]) -> bool:
    """Tell whether all are proven and equal to the published values."""
    return all(a.status == "optimal" and a.objective == known[k] for k, a in answers.items())


def spopt_medians(given: Given) -> list[float]:
    """Solve the same with spopt and CBC."""
    import pulp
    from spopt.locate import PMedian

    out = []
    for cost, p in given.cases.values():
        model = PMedian.from_cost_matrix(cost, np.ones(len(cost)), p_facilities=p)
        out.append(model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective.value())
    return out


def build_sized(size: Size) -> Given:
    """Read the capacitated instances of Osman and Christofides (1994)."""
    warm()
    cases = {}
    for k in {"small": range(1, 3), "full": range(1, 21)}[size]:
        words = (DATA / f"pmedcap/pmedcap1_{k:02d}.txt").read_text().split()
        best, p, room = float(words[1]), int(words[3]), int(words[4])
        rows = np.array(words[5:], dtype=float).reshape(-1, 4)
        cost = np.floor(np.linalg.norm(rows[:, None, 1:3] - rows[:, 1:3], axis=2))
        cases[k] = (cost, p, rows[:, 3], room, best)
    return Given(cases=cases)


def sized(given: Given) -> list[Siting]:
    """Prove every capacitated p-median, 300 seconds each at most."""
    return [
        capacitated(cost, p, size=size, max_size=room, time_limit_s=300)
        for cost, p, size, room, _ in given.cases.values()
    ]


def sized_are_published(given: Given, answers: list[Siting]) -> bool:
    """Tell whether all are proven and equal to the published values."""
    best = [case[-1] for case in given.cases.values()]
    return all(
        a.status == "optimal" and a.objective == b for a, b in zip(answers, best, strict=True)
    )


def uniform(n: int) -> NDArray[np.float64]:
    """Draw points anywhere in a square."""
    return np.random.default_rng(SEED).uniform(0, 20_000, (n, 2))


def boards(n: int) -> NDArray[np.float64]:
    """Draw rows and double rows of holes on a grid, as on the circuit boards of TSPLIB."""
    rng, parts = np.random.default_rng(SEED), []
    while sum(len(part) for part in parts) < n:
        long, wide = rng.integers(1, 15), rng.integers(1, 3)
        holes = np.stack(np.meshgrid(np.arange(long) * 100.0, np.arange(wide) * 300.0), axis=-1)
        turned = holes.reshape(-1, 2)[:, :: rng.choice([1, -1])]
        parts.append(rng.integers(0, 800, 2) * 25.0 + turned)
    return np.concatenate(parts)[:n]


def build_points(draw: Callable[[int], NDArray[np.float64]], size: Size) -> Given:
    """Draw points as many as TSPLIB's larger instances have."""
    warm()
    numbers, sites = {
        "small": ((300,), (5, 30)),
        "full": ((1400, 3000, 6000), (5, 20, 100, 500)),
    }[size]
    seconds = {"small": 2.0, "full": 120.0}[size]
    return Given(points={n: draw(n) for n in numbers}, sites=sites, seconds=seconds)


def distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return straight lines between all points."""
    return cdist(points, points)


def points_medians(given: Given) -> dict[str, Siting]:
    """Solve for each number of points and sites, 120 seconds each at most."""
    answers = {}
    for n, points in given.points.items():
        cost = distances(points)
        answers |= {
            f"{n} points, p = {p}": p_median(cost, p, time_limit_s=120) for p in given.sites
        }
    return answers


def gaps(answers: dict[str, Siting]) -> Iterable[tuple[str, float, str]]:
    """Return the gap of each answer in per cent."""
    for name, answer in answers.items():
        yield name, round(100 * answer.gap, 4), f"% ({answer.status}, {answer.seconds:.0f} s)"


def plain_points(given: Given) -> dict[str, float]:
    """Give HiGHS the fewest points and a middle number of sites for as long."""
    n, points = next(iter(given.points.items()))
    p, (row, site) = given.sites[len(given.sites) // 2], np.indices((n, n))
    cost = csr_array((distances(points).ravel(), (row.ravel(), site.ravel())))
    gap = plain_model(cost, p, np.ones(n, dtype=np.int64), None, given.seconds)
    return {f"{n} points, p = {p}": gap}


def plain_gaps(answers: dict[str, float]) -> Iterable[tuple[str, float, str]]:
    """Return the gap of the plain model in per cent; inf: it found nothing."""
    for name, gap in answers.items():
        yield f"plain model, {name}", round(100 * gap, 4), "%"


def build_province(size: Size) -> Given:
    """Draw villages in clusters and sites among them, minutes within 120."""
    warm()
    n, m, p, side = {"small": (300, 40, 8, 60.0), "full": (3800, 400, 60, 150.0)}[size]
    rng = np.random.default_rng(SEED)
    towns = rng.uniform(0, side, (n // 25, 2))
    points = towns[rng.integers(0, len(towns), n)] + rng.normal(0, side / 40, (n, 2))
    minutes = np.linalg.norm(points[:, None] - points[rng.permutation(n)[:m]], axis=2) * 2.7
    people = rng.integers(1, 2 if size == "full" else 3, n)
    row, site = np.nonzero(minutes <= 120)
    cost = csr_array((minutes[row, site], (row, site)), shape=minutes.shape)
    return Given(cost=cost, p=p, people=people, low=15, high=100)


def province(given: Given) -> Siting:
    """Solve without size limits."""
    return p_median(given.cost, given.p, weight=given.people, time_limit_s=60)


def sized_province(given: Given) -> Siting:
    """Solve with size limits, 60 seconds at most."""
    return capacitated(
        given.cost,
        given.p,
        size=given.people,
        weight=given.people,
        min_size=given.low,
        max_size=given.high,
        time_limit_s=60,
    )


def plain_model(
    cost: csr_array,
    p: int,
    people: NDArray[np.integer[Any]],
    sizes: tuple[int, int] | None,
    seconds: float,
) -> float:
    """Give HiGHS the plain model, everybody whole where there are sizes; return its gap."""
    import highspy

    n, m, k = *cost.shape, cost.nnz
    row = np.repeat(np.arange(n), np.diff(cost.indptr))
    x, y = m + np.arange(k), np.arange(m)
    blocks = [
        (row, x, np.ones(k)),
        (n + np.arange(k), x, np.ones(k)),
        (n + np.arange(k), cost.indices, -np.ones(k)),
        (np.full(m, n + k), y, np.ones(m)),
    ]
    low = [np.ones(n), np.full(k, -np.inf), [p if sizes is None else 0]]
    high = [np.ones(n), np.zeros(k), [p]]
    if sizes is not None:
        for nth, limit in enumerate(sizes):
            at = n + k + 1 + nth * m
            blocks += [(at + cost.indices, x, people[row].astype(float))]
            blocks += [(at + y, y, np.full(m, -float(limit)))]
        low += [np.zeros(m), np.full(m, -np.inf)]
        high += [np.full(m, np.inf), np.zeros(m)]
    at, to, value = (np.concatenate(part) for part in zip(*blocks, strict=True))
    lp = highspy.HighsLp()
    lp.row_lower_, lp.row_upper_ = np.concatenate(low), np.concatenate(high)
    matrix = csr_array((value, (at, to)), shape=(len(lp.row_lower_), m + k))
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = np.append(np.zeros(m), cost.data * people[row])
    lp.col_lower_, lp.col_upper_ = np.zeros(m + k), np.ones(m + k)
    whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    lp.integrality_ = [whole] * m + [part if sizes is None else whole] * k
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    options = {"output_flag": False, "threads": 1, "time_limit": seconds}
    for name, option in options.items():
        solver.setOptionValue(name, option)
    solver.passModel(lp)
    solver.run()
    return float(solver.getInfo().mip_gap)


def plain_province(given: Given) -> float:
    """Give HiGHS the province for 60 seconds."""
    return plain_model(given.cost, given.p, given.people, None, 60.0)


def plain_sized_province(given: Given) -> float:
    """Give HiGHS the province with sizes for 60 seconds."""
    return plain_model(given.cost, given.p, given.people, (given.low, given.high), 60.0)


def plain_sized(given: Given) -> list[float]:
    """Give HiGHS the capacitated instances for 60 seconds each."""
    out = []
    for cost, p, size, room, _ in given.cases.values():
        people = size.astype(np.int64)
        row, site = np.indices(cost.shape)
        each = csr_array(((cost / size[:, None]).ravel(), (row.ravel(), site.ravel())))
        out.append(plain_model(each, p, people, (0, room), 60.0))
    return out


def build_country(size: Size) -> Given:
    """Draw places over a long country, about a hundred sites within reach of each."""
    warm()
    n, m, p = {"small": (3000, 400, 60), "full": (90_000, 10_000, 1500)}[size]
    rng = np.random.default_rng(SEED)
    points = rng.uniform(0, 1, (n, 2)) * [300.0, 1100.0]
    sites = points[rng.permutation(n)[:m]]
    far, near = cKDTree(sites).query(points, k=min(100, m))
    start = np.arange(0, far.size + 1, far.shape[1])
    cost = csr_array((far.ravel(), near.ravel(), start), shape=(n, m))
    return Given(cost=cost, p=p, people=rng.integers(1, 20, n))


def country(given: Given) -> Siting:
    """Solve for ten minutes at most."""
    return p_median(given.cost, given.p, weight=given.people, time_limit_s=600)


def build_what_if(size: Size) -> Given:
    """Solve a province, then ask for it without its first site."""
    given = build_province(size)
    given.last = province(given)
    return given


def what_if(given: Given) -> Siting:
    """Forbid a site, from the last answer."""
    return p_median(
        given.cost,
        given.p,
        weight=given.people,
        forbidden=[int(given.last.sites[0])],
        start=given.last.sites,
        time_limit_s=1.0,
    )


def within(gap: float) -> Any:  # noqa: ANN401 - a check is any function of two
    """Return a check that all rows are served and the gap is at most so much."""
    return lambda _given, answer: answer.gap <= gap and not len(answer.left_out)


CASES = [
    Case(
        name="p_median_networks",
        build=build_networks,
        run=medians,
        check=lambda _, a: are_published(a, published("orlib/pmedopt.txt")),
        needs_real_data=True,
    ),
    Case(
        name="p_median_100_nodes",
        build=lambda _: build_networks("small"),
        run=medians,
        check=lambda _, a: are_published(a, published("orlib/pmedopt.txt")),
        peer=spopt_medians if find_spec("spopt") else None,
        peer_name="spopt, CBC" if find_spec("spopt") else "",
        sizes=("full",),
        needs_real_data=True,
    ),
    Case(
        name="p_center_networks",
        build=build_networks,
        run=centres,
        check=lambda _, a: are_published(a, published("orlib/kcenteropt.txt")),
        needs_real_data=True,
    ),
    Case(
        name="capacitated_published",
        build=build_sized,
        run=sized,
        check=sized_are_published,
        peer=plain_sized,
        peer_name="HiGHS, plain model, 60 s each",
        needs_real_data=True,
    ),
    *(
        Case(
            name=name,
            build=partial(build_points, draw),
            run=points_medians,
            check=lambda _, answers: all(a.gap <= 1e-3 for a in answers.values()),
            peer=plain_points,
            peer_name="HiGHS, plain model, one of them",
            figures=gaps,
            peer_figures=plain_gaps,
        )
        for name, draw in {"points": uniform, "points_of_boards": boards}.items()
    ),
    Case(
        name="province",
        build=build_province,
        run=province,
        check=within(1e-6),
        peer=plain_province,
        peer_name="HiGHS, plain model",
    ),
    Case(
        name="province_with_sizes",
        build=build_province,
        run=sized_province,
        check=within(5e-3),
        peer=plain_sized_province,
        peer_name="HiGHS, plain model",
    ),
    Case(name="country", build=build_country, run=country, check=within(0.01)),
    Case(name="what_if", build=build_what_if, run=what_if, check=within(5e-3)),
]
