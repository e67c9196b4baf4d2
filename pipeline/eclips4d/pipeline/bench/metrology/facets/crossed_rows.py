"""Table of crossed steps that move: their angle in the plane, with and without regard to the motion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from eclips4d.metrology.facets import StraightEdge, straight_edge
from eclips4d.pipeline.bench.metrology.facets.crossed import MovingStep, crossed_steps, place_by_eye
from eclips4d.pipeline.bench.metrology.facets.shooting import filmed
from eclips4d.pipeline.bench.rows import Row, at_most

CROSSED = "Facets: crossed steps that move"

DOSES = (300, 1000, 3000)
SIZE, FRAMES, FIELD_NM = 192, 3, 192 * 4.0
BETWEEN_DEG = (90.0, 135.0)
SPEED_NM_S = 30.0
_BAR, _SPEED_BAR = 0.3, 2.0


@dataclass(frozen=True, slots=True)
class Crossing:
    """What was found of two crossed steps: errors, degrees and nm/s."""

    dose: int
    angle_error: float
    angle_u: float
    as_seen_error: float
    direction_errors: tuple[float, float]
    direction_us: tuple[float, float]
    speed_errors: tuple[float, float]
    speed_us: tuple[float, float]
    speeds: tuple[float, float]


def crossed_rows(seeds: int) -> list[Row]:
    """The table."""
    found = [crossing(dose, BETWEEN_DEG[seed % 2], seed) for seed in range(1, seeds + 1) for dose in DOSES]
    rows = []
    for dose in DOSES:
        part = [c for c in found if c.dose == dose]
        rows += [
            at_most(
                CROSSED,
                f"{dose} electrons: largest error of the angle between both, degrees",
                _most(c.angle_error for c in part),
                _BAR,
            ),
            Row(
                CROSSED,
                f"{dose} electrons: the same as the image shows them, degrees",
                _most(c.as_seen_error for c in part),
            ),
        ]
    turned = np.array([np.divide(c.direction_errors, c.direction_us) for c in found])
    moved = np.array([np.divide(c.speed_errors, c.speed_us) for c in found])
    relative = 100.0 * np.abs([np.divide(c.speed_errors, c.speeds) for c in found])
    good = float(100.0 * np.mean((relative <= _SPEED_BAR) | (np.abs(moved) <= 2.0)))
    rows += [
        _share("direction of a step within 2 u, %", np.abs(turned) <= 2.0),
        _share("angle between both within 2 u, %", np.array([abs(c.angle_error) <= 2.0 * c.angle_u for c in found])),
        Row(CROSSED, "speed along the normal: rms error, %", float(np.sqrt((relative**2).mean()))),
        Row(CROSSED, "speed within 2 % or 2 u, %", good, "≥ 92", good >= 92.0),
    ]
    return rows


def crossing(dose: int, between_deg: float, seed: int) -> Crossing:
    """Measure one pair."""
    scene = crossed_steps(FIELD_NM, seed, between_deg, SPEED_NM_S)
    movie = filmed(scene, FRAMES, SIZE, dose, seed, drift_px=0.3)
    frames = list(movie)
    middle = float(np.mean([frame.row_time_s.mean() for frame in frames]))
    random = np.random.default_rng([seed, 5])
    near = [place_by_eye(step, FIELD_NM, middle, random) for step in scene.steps]
    edges = [straight_edge(frames, movie.grid, line) for line in near]
    errors = [_off(e.direction_deg.value, s) for e, s in zip(edges, scene.steps, strict=True)]
    seen = [_off(e.as_seen_deg, s) for e, s in zip(edges, scene.steps, strict=True)]
    speeds = [
        (_sense(step, line.direction_rad) * e.velocity_nm_s.value - step.velocity_nm_s, e)
        for e, step, line in zip(edges, scene.steps, near, strict=True)
    ]
    us = [e.direction_deg.u for e in edges]
    return Crossing(
        dose=dose,
        angle_error=errors[1] - errors[0],
        angle_u=float(np.hypot(us[0], us[1])),
        as_seen_error=seen[1] - seen[0],
        direction_errors=(errors[0], errors[1]),
        direction_us=(us[0], us[1]),
        speed_errors=(speeds[0][0], speeds[1][0]),
        speed_us=(_speed_u(edges[0]), _speed_u(edges[1])),
        speeds=(scene.steps[0].velocity_nm_s, scene.steps[1].velocity_nm_s),
    )


def _speed_u(edge: StraightEdge) -> float:
    return edge.velocity_nm_s.u


def _off(direction_deg: float, step: MovingStep) -> float:
    return (direction_deg - step.direction_deg + 90.0) % 180.0 - 90.0


def _sense(step: MovingStep, line_rad: float) -> float:
    """+1 where the line near the step runs in the step's direction, -1 against it."""
    return float(np.sign(np.cos(line_rad - np.radians(step.direction_deg))))


def _most(values: Iterable[float]) -> float:
    return max(abs(value) for value in values)


def _share(what: str, held: np.ndarray) -> Row:
    share = 100.0 * float(np.mean(held))
    return Row(CROSSED, what, share, "95 ± 3", 92.0 <= share <= 98.0)
