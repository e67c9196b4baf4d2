"""Single-scattering Monte Carlo: electrons on their way through an endless solid, cut by facets of every tilt at once.

A path does not know where the surface is until it leaves. So one path serves a flat surface and facets of all tilts
and directions: each is left where the path first crosses it. Common paths make ratios between tilts nearly free of
noise, and facets that rise towards opposite sides cancel the asymmetry that chance alone brings.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.emission.materials import Material
from eclips4d.physics.emission.medium import Medium, medium
from eclips4d.physics.emission.tally import DEAD_LAYERS, LENGTHS_NM, Facets, Tally, empty_tally, facets

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def trace(of: Material, energy_kev: float, electrons: int, seed: int, *, solid: Medium | None = None) -> Tally:
    """Follow electrons until they have left every facet or cannot reach any.

    Parameters
    ----------
    electrons
        Number of paths; 20 to 100 thousand per second.
    seed
        The same seed gives the same tally, bit for bit.
    solid
        Other tables than those of `medium(of)`.

    Raises
    ------
    InputError
        An element without screening parameters.
    """
    tally = empty_tally()
    generator = np.random.default_rng([seed, round(energy_kev * 1000.0), round(of.density * 1000.0)])
    thresholds = np.array(DEAD_LAYERS)
    _follow_all(generator, electrons, energy_kev * 1000.0, solid or medium(of), facets(), thresholds, tally)
    return tally


@_compiled  # type: ignore[untyped-decorator]
def _follow_all(
    generator: np.random.Generator,
    electrons: int,
    beam_ev: float,
    solid: Medium,
    cuts: Facets,
    thresholds: F64,
    tally: Tally,
) -> None:
    alive = np.empty(cuts.tilt.size, np.int64)
    for _ in range(electrons):
        _follow(generator, beam_ev, solid, cuts, thresholds, tally, alive)


@_compiled  # type: ignore[untyped-decorator]
def _follow(
    generator: np.random.Generator,
    beam_ev: float,
    solid: Medium,
    cuts: Facets,
    thresholds: F64,
    tally: Tally,
    alive: NDArray[np.int64],
) -> None:
    """One electron. `slack` is path that may be walked before any facet still open can be near."""
    left = cuts.tilt.size
    for j in range(left):
        alive[j] = j
    x, y, z, slack, deepest, energy = 0.0, 0.0, 0.0, 0.0, 0.0, beam_ev
    u, v, w = 0.0, 0.0, -1.0
    node = (math.log(energy) - solid.log_lowest) / solid.step
    while left > 0:
        step = -math.log(1.0 - generator.random()) * _at(solid.free_path, node)
        loss = _loss(solid, energy, node, step)
        if loss <= 0.0:
            return
        x, y, z, slack = x + u * step, y + v * step, z + w * step, slack - step
        after = energy - loss
        if slack < 0.0:
            place, direction = (x, y, z), (u, v, w)
            left, slack = _cut(
                place, direction, step, energy, after, deepest, beam_ev, solid, cuts, thresholds, tally, alive, left
            )
        node = (math.log(after) - solid.log_lowest) / solid.step
        if node <= 0.0:
            return
        versine, lost = _event(generator, solid, node)
        deepest, energy = max(deepest, -z), after
        if lost > 0.0:
            energy = after * (1.0 - lost)
            node = (math.log(energy) - solid.log_lowest) / solid.step
            if node <= 0.0:
                return
        u, v, w = _turn(u, v, w, versine, generator.random())


@_compiled  # type: ignore[untyped-decorator]
def _at(values: F64, node: float) -> float:
    """Linear in between."""
    i = min(int(node), values.size - 2)
    return float(values[i] + (node - i) * (values[i + 1] - values[i]))


@_compiled  # type: ignore[untyped-decorator]
def _loss(solid: Medium, energy: float, node: float, step: float) -> float:
    """Energy lost on a step, from the stopping power at its middle; 0 where the electron comes to rest."""
    finer = solid.step / solid.fine_step
    share = 0.5 * step * _at(solid.stopping, node * finer) / energy
    middle = node * finer - share * (1.0 + 0.5 * share) / solid.fine_step
    loss = step * _at(solid.stopping, max(middle, 0.0))
    return loss if loss < energy else 0.0


@_compiled  # type: ignore[untyped-decorator]
def _event(generator: np.random.Generator, solid: Medium, node: float) -> tuple[float, float]:
    """1 − cos of the deflection and the share of the energy that is lost in an event.

    Between two energies chance decides which table holds, which needs no interpolation.
    """
    row = min(int(node), solid.free_path.size - 2)
    if generator.random() < node - row:
        row += 1
    kind, last, dice = 0, solid.kind.shape[1] - 1, generator.random()
    while kind < last and dice > solid.kind[row, kind]:
        kind += 1
    at = (1.0 - math.sqrt(math.sqrt(generator.random()))) * (solid.versine.shape[2] - 1)
    i = int(at)
    part = at - i
    versine = solid.versine[kind, row, i] * (1.0 - part) + solid.versine[kind, row, i + 1] * part
    lost = solid.lost[row, i] * (1.0 - part) + solid.lost[row, i + 1] * part if kind == last else 0.0
    return float(versine), float(lost)


@_compiled  # type: ignore[untyped-decorator]
def _turn(u: float, v: float, w: float, versine: float, dice: float) -> tuple[float, float, float]:
    """The direction after a deflection towards a random side."""
    cosine = 1.0 - versine
    sine = math.sqrt(max(versine * (2.0 - versine), 0.0))
    side = 2.0 * math.pi * dice
    a, b = sine * math.cos(side), sine * math.sin(side)
    across = math.sqrt(max(1.0 - w * w, 0.0))
    if across < 1e-7:
        return a, b, math.copysign(cosine, w)
    p = (a * u * w - b * v) / across + u * cosine
    q = (a * v * w + b * u) / across + v * cosine
    r = -a * across + w * cosine
    norm = 1.0 / math.sqrt(p * p + q * q + r * r)
    return p * norm, q * norm, r * norm


@_compiled  # type: ignore[untyped-decorator]
def _cut(
    place: tuple[float, float, float],
    direction: tuple[float, float, float],
    step: float,
    before: float,
    after: float,
    deepest: float,
    beam_ev: float,
    solid: Medium,
    cuts: Facets,
    thresholds: F64,
    tally: Tally,
    alive: NDArray[np.int64],
    left: int,
) -> tuple[int, float]:
    """Close the facets that the step just walked crosses, and those deeper than the mean range; the smallest depth."""
    reach = _at(solid.reach, max((math.log(max(after, 1.0)) - solid.log_lowest) / solid.fine_step, 0.0))
    slack, kept = 1e300, 0
    for k in range(left):
        j = alive[k]
        normal = cuts.normal[j]
        depth = -(normal[0] * place[0] + normal[1] * place[1] + normal[2] * place[2])
        if depth < 0.0:
            rise = normal[0] * direction[0] + normal[1] * direction[1] + normal[2] * direction[2]
            back = -depth / rise
            share = (before - (before - after) * (1.0 - back / step)) / beam_ev
            _count(tally, cuts, thresholds, j, direction, share)
            if cuts.tilt[j] == 0:
                _count_place(tally, place, direction, back, deepest)
        elif depth < reach:
            alive[kept] = j
            kept += 1
            slack = min(slack, depth)
    return kept, slack


@_compiled  # type: ignore[untyped-decorator]
def _count(
    tally: Tally, cuts: Facets, thresholds: F64, facet: int, direction: tuple[float, float, float], energy: float
) -> None:
    tilt = cuts.tilt[facet]
    tally.electrons[tilt] += 1.0
    tally.energy[tilt] += energy
    if direction[2] <= 0.0:
        return
    cells = tally.direction[tilt]
    polar = min(int(math.acos(direction[2]) / (0.5 * math.pi) * cells.shape[0]), cells.shape[0] - 1)
    turned = (math.atan2(direction[1], direction[0]) - cuts.ascent[facet]) / math.pi
    side = abs(turned - 2.0 * round(0.5 * turned))
    azimuth = min(int(side * cells.shape[1]), cells.shape[1] - 1)
    cell = cells[polar, azimuth]
    cell[0] += 1.0
    for i in range(thresholds.size):
        cell[1 + i] += max(energy - thresholds[i], 0.0)


@_compiled  # type: ignore[untyped-decorator]
def _count_place(
    tally: Tally, place: tuple[float, float, float], direction: tuple[float, float, float], back: float, deepest: float
) -> None:
    away = math.hypot(place[0] - back * direction[0], place[1] - back * direction[1])
    tally.distance[_length_cell(away)] += 1.0
    tally.depth[_length_cell(deepest)] += 1.0


@_compiled  # type: ignore[untyped-decorator]
def _length_cell(length: float) -> int:
    low, high = math.log(LENGTHS_NM[0]), math.log(LENGTHS_NM[1])
    at = (math.log(max(length, 1e-12)) - low) / (high - low) * 280
    return min(max(int(at), 0), 279)
