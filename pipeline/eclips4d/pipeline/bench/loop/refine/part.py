"""Part `refine` of `eclips4d bench loop`: steep facets, the height over that of the network alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.loop.refine.trials import Trial, trial
from eclips4d.pipeline.bench.networks.heights.steep import SCENES
from eclips4d.pipeline.bench.networks.slopes.errors import interval_row
from eclips4d.pipeline.bench.networks.slopes.scores import ratio_interval
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.preparation import counting

TABLE = "Steep facets, 45–55°, refined frame by frame: rms height error over the network's alone"
SEEDS, FIRST_SEED = 5, 100
"""Not those on which prior and steps were chosen."""
MODELS = ("live", "best")
OVER_NETWORK = 0.7


def rows(context: LoopContext) -> list[Row]:
    """By scene, and all together."""
    seeds = context.seeds or SEEDS
    made: dict[str, list[Trial]] = {scene: [] for scene in SCENES}
    cases = list(product(range(FIRST_SEED, FIRST_SEED + seeds), SCENES))
    with counting(context.console, "refine: frames") as report:
        for done, (seed, scene) in enumerate(cases, start=1):
            made[scene].append(trial(scene, seed, MODELS))
            report(done, len(cases))
    every = [one for trials in made.values() for one in trials]
    return [*(row for scene, trials in made.items() for row in _of(scene, trials)), *_of("all", every)]


def _of(scene: str, trials: list[Trial]) -> list[Row]:
    live, best = ([one.error_px[name] for one in trials] for name in MODELS)
    refined, bar = [one.refined_px for one in trials], OVER_NETWORK

    def over(what: str, values: list[float], bar: float | None = None, network: list[float] = live) -> Row:
        return interval_row(TABLE, f"{scene}: {what}", ratio_interval(np.array(values), np.array(network)), bar)

    return [
        Row(TABLE, f"{scene}: live, rms error, px", float(np.exp(np.mean(np.log(live))))),
        Row(TABLE, f"{scene}: pixels occluded by others, %", 100.0 * _mean(trials, lambda one: one.occluded)),
        over("best, not refined", [one.error_px["best"] for one in trials]),
        over("refined, the specimen's material stated", refined, bar),
        over("the same over best alone", refined, network=best),
        over("refined from live", [one.from_px["live"] for one in trials]),
        over("refined, no material stated", [one.unaware_px for one in trials]),
        Row(TABLE, f"{scene}: blur found, px", _mean(trials, lambda one: one.blur_px)),
        Row(TABLE, f"{scene}: deviance per pixel before", _mean(trials, lambda one: one.deviance[0])),
        Row(TABLE, f"{scene}: deviance per pixel after", _mean(trials, lambda one: one.deviance[1])),
        Row(TABLE, f"{scene}: processor time, s", _mean(trials, lambda one: one.seconds)),
    ]


def _mean(trials: list[Trial], value: Callable[[Trial], float]) -> float:
    return float(np.mean([value(one) for one in trials]))
