"""Part `adapt` of `eclips4d bench loop`: models adapted to runs, unlabelled, and judged on frames held out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.loop.adapt.cases import Case, as_calibrated, one_angle, unknown
from eclips4d.pipeline.bench.loop.adapt.picture import draw
from eclips4d.pipeline.bench.loop.adapt.trials import SCENES, Trial, trial
from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.networks.slopes.errors import interval_row
from eclips4d.pipeline.bench.networks.slopes.scores import ratio_interval
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.preparation import counting

TABLE = "Adapted to a run, unlabelled: rms height error of frames held out, fine-tune on over off"
SEEDS, FIRST_SEED = 5, 100
"""Not those on which weights of the fit were chosen."""
OVER_OFF, TURNED_WITHIN = 0.7, 1.0
CASES: dict[str, tuple[Callable[[int], Case], tuple[str, ...], bool]] = {
    "moved, radii and law unknown": (unknown, SCENES, True),
    "the same, blurred": (partial(unknown, blur=True), ("islands",), False),
    "moved, law known at one angle": (one_angle, ("islands",), False),
    "nothing changed": (as_calibrated, ("islands",), False),
}
"""How the instrument differs from its file, on which scenes, and whether the bar holds."""


def rows(context: LoopContext) -> list[Row]:
    """By case and scene."""
    seeds = range(FIRST_SEED, FIRST_SEED + (context.seeds or SEEDS))
    cases = [(name, scene, seed) for name, (_, scenes, _) in CASES.items() for seed in seeds for scene in scenes]
    made: dict[tuple[str, str], list[Trial]] = {}
    with counting(context.console, "adapt: runs") as report:
        for done, (name, scene, seed) in enumerate(cases, start=1):
            made.setdefault((name, scene), []).append(trial(CASES[name][0](seed), scene, seed))
            report(done, len(cases))
    return [row for name in CASES for row in _of_case(name, made)]


def _of_case(name: str, made: dict[tuple[str, str], list[Trial]]) -> list[Row]:
    _, scenes, barred = CASES[name]
    every = [one for scene in scenes for one in made[name, scene]]
    found = [row for scene in scenes for row in _of(f"{name}: {scene}", made[name, scene], None)]
    if len(scenes) > 1:
        found += _of(f"{name}: all", every, OVER_OFF if barred else None)
    return [*found, *_held(name, every)]


def pictures(context: LoopContext, folder: Path) -> None:
    """Before and after, with how it converged."""
    draw(unknown(FIRST_SEED), folder / "closed-loop-adapt.png")


def _of(what: str, trials: list[Trial], bar: float | None) -> list[Row]:
    off, on = _each(trials, lambda one: one.off), _each(trials, lambda one: one.on)
    free = ratio_interval(_each(trials, lambda one: one.free_on), _each(trials, lambda one: one.free_off))
    return [
        Row(TABLE, f"{what}: fine-tune off, rms error, px", float(np.exp(np.mean(np.log(off))))),
        interval_row(TABLE, f"{what}: on over off", ratio_interval(on, off), bar),
        interval_row(TABLE, f"{what}: the same, a common scale taken out", free, None),
    ]


def _held(name: str, trials: list[Trial]) -> list[Row]:
    turned, most = 100.0 * np.abs(_each(trials, lambda one: one.turned)), TURNED_WITHIN
    gained = float(np.mean([one.adapted.gained for one in trials]))
    return [
        at_most(TABLE, f"{name}: mean tilt of faces moved either way, %", float(turned.mean()), most),
        at_most(TABLE, f"{name}: the same, largest of all runs", float(turned.max()), most),
        Row(TABLE, f"{name}: share of runs in which something is gained on frames held out", gained),
    ]


def _each(trials: list[Trial], value: Callable[[Trial], float]) -> NDArray[np.float64]:
    return np.array([value(one) for one in trials])
