"""Part `nulls` of `eclips4d bench metrology`: still scenes show no motion, turned relief gives the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Movie
from eclips4d.metrology.profiles.line import Line
from eclips4d.metrology.steps.follow import Finding
from eclips4d.metrology.steps.measure import LineSteps, follow_line
from eclips4d.metrology.steps.summary import step_summary
from eclips4d.metrology.steps.table import line_growth, step_table
from eclips4d.physics.scenes.scene import FloatArray
from eclips4d.physics.scenes.still import Still, height_only, turned
from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.nulls.relief import relief
from eclips4d.pipeline.bench.metrology.steps.movies import movies
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

STILL, TURNED = "A still scene of 300 frames", "The same relief, turned"
SEEDS = 5
FRAMES, SIZE, DOSE, WIDTH_NM = 300, 112, 1000.0, 32.0
TURN_FRAMES, TURN_SIZE, TURN_DOSE = 6, 161, 3000.0
WINDOW = 11
BAR_DEG = 0.3


def rows(context: MetrologyContext) -> list[Row]:
    """All tables."""
    seeds = range(1, (context.seeds or SEEDS) + 1)
    return [*_still_rows(seeds), *_turned_rows(seeds)]


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """Values that should be zero and their standard uncertainties, [n]."""

    value: F64
    u: F64

    @property
    def beyond(self) -> float:
        """Share that differs from zero by more than 2 u."""
        return float((np.abs(self.value) > 2.0 * self.u).mean())


def _still_rows(seeds: range) -> Iterator[Row]:
    velocity, mean, growth = _nulls(seeds)
    # Windows that do not overlap and lines of different scenes are independent: the rest is how sure the share is.
    for null, what, independent in (
        (velocity, "velocities of steps, each from 11 frames", velocity.value.size / WINDOW),
        (mean, "velocities of steps over the whole movie", mean.value.size),
        (growth, "growth rates, each from 11 frames", growth.value.size / WINDOW),
    ):
        margin = 2.0 * np.sqrt(0.05 * 0.95 / max(independent, 1.0))
        said = f"{what}: share beyond 2 u ({null.value.size} values)"
        yield at_most(STILL, said, null.beyond, round(0.05 + margin, 3))


def _nulls(seeds: range) -> tuple[Null, Null, Null]:
    sights, means, rates = [], [], []
    for seed in seeds:
        line = _still(seed)
        table = step_table([line], WINDOW)
        rate = line_growth(line, table)
        summary = step_summary([line], table)
        names = ("velocity_along_line_nm_s", "velocity_along_line_u_nm_s")
        sights.append(table[list(names)].to_numpy())
        means.append(summary[list(names)].to_numpy())
        rates.append(np.column_stack([rate.rate_nm_s, np.hypot(rate.u_nm_s, rate.systematic_u_nm_s)]))
    return tuple(Null(*_finite(np.concatenate(part)).T) for part in (sights, means, rates))  # type: ignore[return-value]


def _finite(values: F64) -> F64:
    return values[np.isfinite(values).all(axis=1)]


def _still(seed: int) -> LineSteps:
    address = f"sim://flat?size={SIZE}&azimuths=16&drift_px=0&seed={seed}"
    scene = Still(height_only(relief(SIZE * 4.0, seed, 9.0 * seed)))
    ((_, movie),) = movies(address, FRAMES, (DOSE,), scene=scene, still=True)
    return follow_line(movie, _across(9.0 * seed, SIZE), WIDTH_NM)


def _across(angle_deg: float, size: int) -> Line:
    """Through the middle of the field, in a direction on the screen."""
    middle, half = 0.5 * (size - 1) * 4.0, 0.44 * (size - 1) * 4.0
    x, y = half * np.cos(np.radians(angle_deg)), -half * np.sin(np.radians(angle_deg))
    return (middle - x, middle - y), (middle + x, middle + y)


def _turned_rows(seeds: range) -> Iterator[Row]:
    differences = {name: np.zeros(0) for name in ("angle_deg", "height_nm", "normal_deg")}
    sure = differences.copy()
    for seed in seeds:
        upright = _readings(seed, 0.0)
        for turn in (90.0, 180.0):
            other = _readings(seed, turn)
            for name in differences:
                value, u = _difference(upright, other, name, turn)
                differences[name] = np.append(differences[name], value)
                sure[name] = np.append(sure[name], u)
    for name, what, unit in (
        ("angle_deg", "angle of risers", "degrees"),
        ("normal_deg", "direction of edges in the plane", "degrees"),
        ("height_nm", "height of steps", "nm"),
    ):
        apart, bar = float(np.abs(differences[name]).mean()), BAR_DEG if unit == "degrees" else None
        yield at_most(TURNED, f"{what}: mean |difference| by 90 and 180 degrees, {unit}", apart, bar)
        yield Row(TURNED, f"{what}: standard uncertainty of one difference, {unit}", float(np.mean(sure[name])))


def _readings(seed: int, turn_deg: float) -> F64:
    """Per step: angle and its u, height and its u, direction less the turn and its u; steps in their order."""
    surface = relief(TURN_SIZE * 4.0, seed, 0.0)

    def height(x: FloatArray, y: FloatArray) -> FloatArray:
        return surface(*turned(x, y, turn_deg))

    address = f"sim://flat?size={TURN_SIZE}&azimuths=32&drift_px=0&supersample=2&seed={seed}"
    ((_, movie),) = movies(address, TURN_FRAMES, (TURN_DOSE,), scene=Still(height_only(height)), still=True)
    return _means(movie, _across(turn_deg, TURN_SIZE), turn_deg)


def _means(movie: Movie, line: Line, turn_deg: float) -> F64:
    table = step_table([follow_line(movie, line, 160.0, Finding(least_height_nm=2.0))])
    found = []
    for _, own in table.groupby("step_id"):
        off = (own["normal_deg"].to_numpy() - turn_deg + 180.0) % 360.0 - 180.0
        n = np.sqrt(len(own))
        found.append(
            [own["position_nm"].mean(), own["angle_deg"].mean(), own["angle_random_u_deg"].mean() / n,
             own["height_nm"].mean(), own["height_random_u_nm"].mean() / n, off.mean(), own["normal_u_deg"].mean() / n]
        )  # fmt: skip
    return np.array(sorted(found), np.float64).reshape(-1, 7)


def _difference(upright: F64, other: F64, name: str, turn_deg: float) -> tuple[F64, F64]:
    column = {"angle_deg": 1, "height_nm": 3, "normal_deg": 5}[name]
    near = np.abs(upright[:, None, 0] - other[None, :, 0])
    pairs = [(i, int(near[i].argmin())) for i in range(len(upright)) if near[i].min(initial=np.inf) < 12.0]
    value = np.array([other[j, column] - upright[i, column] for i, j in pairs], np.float64)
    u = np.array([np.hypot(other[j, column + 1], upright[i, column + 1]) for i, j in pairs], np.float64)
    return value, u
