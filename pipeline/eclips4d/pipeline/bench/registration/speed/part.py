"""Part `speed` of `eclips4d bench registration`: milliseconds per frame by the clock, and beside scikit-image.

A machine that does something else meanwhile measures that as well; medians and the ratio suffer least.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.moving.scenes import Movie
from eclips4d.pipeline.bench.registration.peers import correlation
from eclips4d.pipeline.bench.registration.peers.images import filtered_sum, filtered_sums, raw_sums
from eclips4d.pipeline.bench.registration.speed import trials
from eclips4d.pipeline.bench.registration.speed.trials import Timed, correlating, rms
from eclips4d.pipeline.bench.rows import Row, at_most

TIMES = "Time per frame of four segments, ms by the clock, median"
RATIO = f"Beside scikit-image on the sum of the segments, {trials.SIDE_PX}², static scene"
ROUNDS, SMALLER_PX = 4, 512
SHIFT_MS, RESAMPLE_MS, FASTER = 15.0, 30.0, 3.0


def rows(context: RegistrationContext) -> list[Row]:
    """All tables."""
    with context.console.status("times of shift and resampling"):
        still = trials.still_movie()
        flowing = trials.evolving_movie()
        ours, evolving = trials.locating(still, ROUNDS), trials.locating(flowing, ROUNDS)
        moved = trials.resampling(trials.SIDE_PX, ROUNDS * trials.FRAMES)
        smaller = trials.locating(trials.still_movie(SMALLER_PX), ROUNDS)
    made = [
        Row(TIMES, "cores; one seed", len(os.sched_getaffinity(0))),
        _time_row(f"{trials.SIDE_PX}²: shift, still scene", ours, SHIFT_MS),
        _time_row(f"{trials.SIDE_PX}²: shift, evolving scene", evolving, SHIFT_MS),
        Row(
            TIMES,
            f"{trials.SIDE_PX}²: rms error of the shifts of the evolving scene, px",
            rms(evolving.places, flowing.truth[1:]),
        ),
        _time_row(f"{trials.SIDE_PX}²: resampling of five planes", moved, RESAMPLE_MS),
        _time_row(f"{SMALLER_PX}²: shift, still scene", smaller, None),
    ]
    if not correlation.THERE:
        return [*made, Row(RATIO, "scikit-image is not installed", float("nan"))]
    with context.console.status("times of scikit-image"):
        return [*made, *ratio_rows(still, ours)]


def pictures(context: RegistrationContext, folder: Path) -> None:
    """Nothing to see."""


def ratio_rows(still: Movie, ours: Timed) -> list[Row]:
    """At the least upsampling with which it is as accurate as ours, or as it can be."""
    error, truth = rms(ours.places, still.truth[1:]), still.truth[1:]
    found = {
        (kind, upsampling): correlating(images, upsampling)
        for kind, images in (("raw", raw_sums(still.frames)), ("filtered", filtered_sums(still.frames)))
        for upsampling in trials.UPSAMPLINGS
    }
    errors = {key: rms(each.places, truth) for key, each in found.items()}
    kind, upsampling = chosen(errors, error)
    their = found[kind, upsampling]
    prepared = np.array([trials.timed(partial(filtered_sum, raw))[0][0] for raw in still.frames])
    low, middle, high = np.percentile(their.ms, (25, 50, 75)) / np.median(ours.ms)
    said = f"{kind} sum, upsampled by {upsampling} [{low:.1f}, {high:.1f}]"
    whole = middle + float(np.median(prepared) / np.median(ours.ms))
    return [
        Row(RATIO, f"cores; one seed, {len(truth)} frames, [quartiles]", len(os.sched_getaffinity(0))),
        Row(RATIO, f"{said}: its time over ours, correlation alone", middle, f"≥ {FASTER:g}", bool(middle >= FASTER)),
        Row(RATIO, "the same with sum, band-pass and window", whole),
        at_most(RATIO, "our error over its error", error / errors[kind, upsampling], 1.0),
        Row(RATIO, "our rms error, px", error),
        Row(RATIO, "its rms error, px", errors[kind, upsampling]),
    ]


def chosen(errors: dict[tuple[str, int], float], enough: float) -> tuple[str, int]:
    """The least upsampling whose error is small enough; else the least within 5 % of the smallest error there is."""
    limit = max(enough, 1.05 * min(errors.values()))
    return min((key for key, error in errors.items() if error <= limit), key=lambda key: (key[1], errors[key]))


def _time_row(what: str, spent: Timed, bar: float | None) -> Row:
    low, middle, high = np.percentile(spent.ms, (25, 50, 75))
    said = f"{what} [quartiles {low:.1f}, {high:.1f}] of {len(spent.ms)}, processors {np.median(spent.cpu_ms):.1f} ms"
    return at_most(TIMES, said, float(middle), bar)
