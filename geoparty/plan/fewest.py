r"""The fewest classes: a bound, and hosts that suffice, from a program far smaller than the plan's.

Let places be split. Then only hosts matter whose reach lies in no other host's, and units with the
same of those hosts in reach count as one. With :math:`y_h` classes at a host and :math:`x_{uh}`
people of :math:`S_u`,

.. math::

    \min \sum_h y_h, \quad \sum_h x_{uh} = S_u, \quad L\,y_h \le \sum_u x_{uh} \le U\,y_h,
    \quad 0 \le x_{uh} \le S_u, \quad y_h \in \mathbb{N}

(Cornuéjols, Sridharan and Thizy 1991). No plan that serves everybody has fewer classes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array, csr_array

from geoparty.plan.chains import seat_by_chains
from geoparty.plan.effort import Effort
from geoparty.plan.growing import GrowingProgram
from geoparty.plan.instance import Bools, Classes, Floats, Instance, Ints
from geoparty.plan.mip import Program, solve
from geoparty.plan.sized_search import Search

MOST_WORK = 3e8
"""Pairs of arcs of a unit looked at to compare the reach of hosts."""
MOST_ARCS = 80_000
SPARE = (2, 1)
"""Seats left free in a draft: places that stay whole seldom fill a class to the last seat."""
SMALL = 1e-6
ROUNDS, LEAST_BEYOND = 3, 0.05
"""Rounds of rows added to the relaxation, and people beyond a row that add it."""


def hold_fewest(search: Search, effort: Effort) -> float:
    """Go on from a plan with the fewest classes where one serves everybody; return the bound."""
    if search.load[0]:
        return 1.0
    least, draft = fewest_classes(search.instance, effort)
    if draft is not None and len(draft.hosts) < search.held:
        kept = search.plan()
        search.take(draft)
        search.settle()
        seat_by_chains(search)
        search.close_small()
        if search.load[0] or search.held >= len(kept.hosts):
            search.take(kept)
    return least


def fewest_classes(instance: Instance, effort: Effort) -> tuple[float, Classes | None]:
    """Return a number of classes any plan that serves everybody needs, and a draft with few.

    The draft leaves out whom its classes have no room for; there is none where the question is
    too large or no answer is found.
    """
    degree = np.diff(instance.minutes.indptr).astype(np.float64)
    if float(degree @ degree) > MOST_WORK or not (degree > 0).all():
        return 1.0, None
    hosts = _hosts_that_matter(instance)
    near = csr_array(instance.minutes[:, hosts])
    group, people = _alike(near, instance.sizes)
    first = np.unique(group, return_index=True)[1]
    reach = csr_array(near[first])
    if reach.nnz > MOST_ARCS:
        return 1.0, None
    fixed = np.isin(hosts, instance.fixed)
    program = _program(reach, people, fixed, instance, instance.max_size)
    bound = float(np.ceil(_least(program, reach, people, effort) - 1e-6))
    draft = None
    for spare in SPARE if instance.sizes.max() > 1 else (0,):
        room = instance.max_size - spare
        x = _found(_program(reach, people, fixed, instance, room), reach, effort)
        n_classes = np.rint(x[: len(hosts)]).astype(np.int64)
        if x.size and (draft is None or n_classes.sum() < len(draft.hosts)):
            flow = csr_array((x[len(hosts) :], reach.indices, reach.indptr), shape=reach.shape)
            draft = _draft(instance, hosts, n_classes, flow, group)
        if draft is not None and len(draft.hosts) <= bound:
            break
    return bound, draft


def _least(program: Program, reach: csr_array, people: Floats, effort: Effort) -> float:
    """Return the relaxation in parts of classes, nobody at a host beyond its part of a class."""
    m, k = reach.shape[1], reach.nnz
    most = people[np.repeat(np.arange(len(people)), np.diff(reach.indptr))]
    relaxed = GrowingProgram(program.row_low, program.row_high, effort)
    relaxed.add_columns(program.cost, program.matrix)
    value, _, x, _ = relaxed.solve()
    known = np.zeros(k, dtype=bool)
    for _ in range(ROUNDS):
        beyond = x[m:] - most * x[reach.indices]
        new = np.flatnonzero((beyond > LEAST_BEYOND) & ~known)
        if not len(new):
            break
        known[new] = True
        nth = np.arange(len(new))
        entries = np.concatenate([np.ones(len(new)), -most[new]])
        at = np.tile(nth, 2), np.concatenate([m + new, reach.indices[new]])
        rows = csr_array((entries, at), shape=(len(new), m + k))
        relaxed.add_rows(rows, np.full(len(new), -np.inf), np.zeros(len(new)))
        value, _, x, _ = relaxed.solve()
    return value


def _found(program: Program, reach: csr_array, effort: Effort) -> Floats:
    """Return a solution at the hosts used where classes may be in parts; empty where none is."""
    m = reach.shape[1]
    first = solve(replace(program, integer=np.zeros_like(program.integer)), effort=effort)
    if not first.x.size:
        return first.x
    used = (first.x[:m] > SMALL) | (program.low[:m] > 0)
    kept = np.flatnonzero(np.concatenate([used, used[reach.indices]]))
    part = replace(
        program,
        cost=program.cost[kept],
        low=program.low[kept],
        high=program.high[kept],
        integer=program.integer[kept],
        matrix=csc_array(program.matrix[:, kept]),
    )
    answer = solve(part, effort=effort)
    out = np.zeros(len(program.cost) if answer.x.size else 0)
    out[kept if answer.x.size else []] = answer.x
    return out


def _hosts_that_matter(instance: Instance) -> Ints:
    """Return the fixed hosts and those whose reach lies in no other's; of equal ones the first."""
    minutes = instance.minutes
    ones = np.ones(minutes.nnz, dtype=np.int32)
    arcs = csc_array(csr_array((ones, minutes.indices, minutes.indptr), shape=minutes.shape))
    shared = csr_array(arcs.T @ arcs).tocoo()
    reach = np.diff(arcs.indptr)
    j, k = shared.row, shared.col
    within = (shared.data == reach[j]) & ((reach[k] > reach[j]) | (k < j))
    matters = reach > 0
    matters[j[within]] = False
    matters[instance.fixed] = True
    return np.flatnonzero(matters)


def _alike(near: csr_array, sizes: Ints) -> tuple[Ints, Floats]:
    """Return the group of each unit, units with the same hosts together, and people of groups."""
    known: dict[bytes, int] = {}
    group = np.array(
        [
            known.setdefault(near.indices[a:b].tobytes(), len(known))
            for a, b in zip(near.indptr, near.indptr[1:], strict=False)
        ]
    )
    return group, np.bincount(group, sizes).astype(np.float64)


def _program(
    reach: csr_array, people: Floats, fixed: Bools, instance: Instance, max_size: int
) -> Program:
    """Return the program: first classes of hosts, then people of groups at hosts."""
    (n, m), k = reach.shape, reach.nnz
    row, at = np.repeat(np.arange(n), np.diff(reach.indptr)), reach.indices
    y, x, ones = np.arange(m), m + np.arange(k), np.ones(k)
    room = np.minimum(np.bincount(at, people[row], minlength=m), max_size)
    entries = [
        (row, x, ones),
        (n + at, x, ones),
        (n + y, y, -room),
        (n + m + at, x, ones),
        (n + m + y, y, np.full(m, -float(instance.min_size))),
    ]
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    most = float(instance.n_sites if instance.several else 1)
    return Program(
        cost=np.concatenate([np.ones(m), np.zeros(k)]),
        low=np.concatenate([fixed.astype(np.float64), np.zeros(k)]),
        high=np.concatenate([np.full(m, most), people[row]]),
        integer=np.arange(m + k) < m,
        matrix=csc_array((values, (rows, columns)), shape=(n + 2 * m, m + k)),
        row_low=np.concatenate([people, np.full(m, -np.inf), np.zeros(m)]),
        row_high=np.concatenate([people, np.zeros(m), np.full(m, np.inf)]),
    )


def _draft(
    instance: Instance, hosts: Ints, n_classes: Ints, flow: csr_array, group: Ints
) -> Classes:
    """Put units, largest first, where most people of their group go that the classes can take."""
    at = np.repeat(np.arange(len(hosts)), n_classes)
    room = np.full(len(at), instance.max_size)
    left = flow.toarray()
    of_unit = np.full(instance.n_units, -1)
    for i in np.argsort(-instance.sizes, kind="stable").tolist():
        size, wanted = int(instance.sizes[i]), left[group[i]]
        able = np.flatnonzero((room >= size) & (wanted[at] > 0))
        if len(able):
            k = int(able[np.lexsort((-room[able], -wanted[at[able]]))[0]])
            of_unit[i] = k
            room[k] -= size
            left[group[i], at[k]] -= size
    return Classes(hosts=hosts[at], of_unit=of_unit)
