"""Part `stacking` of `eclips4d bench registration`: what a mean of k frames gains, and what it says of moving steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from eclips4d.metrology.stack import Motion
from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.stacking import scenes
from eclips4d.pipeline.bench.registration.stacking.trials import FRAMES, Errors, motion, still_errors
from eclips4d.pipeline.bench.rows import Row, at_most

GAIN = "Means of k frames of a drifting film: height error over the floor of k times the dose"
BLUR = "Means of frames with flowing risers: how far edges went, found over true"
DOSES, COUNTS = (10.0, 30.0, 100.0), (1, 4, 16)
BLUR_DOSES = (10.0, 100.0)
MOVIES = ((8, 0.0), (8, 0.3), (16, 0.5), (4, 2.0), (8, 2.0), (2, 6.0))
"""Frames, and pixels per frame."""
SEEDS = 3
OVER_FLOOR, STATED = 1.3, 1.2


def rows(context: RegistrationContext) -> list[Row]:
    """All tables."""
    seeds = range(context.seeds or SEEDS)
    with context.console.status("means of frames"):
        still = {dose: [still_errors(dose, seed, COUNTS) for seed in seeds] for dose in DOSES}
    with context.console.status("means of frames in which steps move"):
        moved = {
            (dose, *movie): [motion(dose, seed, *movie) for seed in seeds] for dose in BLUR_DOSES for movie in MOVIES
        }
    return [*gain_rows(still), *blur_rows(moved)]


def pictures(context: RegistrationContext, folder: Path) -> None:
    """One frame and means of it with others."""
    from eclips4d.pipeline.bench.registration.stacking.pictures import draw

    draw(folder)


def gain_rows(found: dict[float, list[dict[int, Errors]]]) -> list[Row]:
    """One judged row per dose and number of frames."""
    count = len(next(iter(found.values())))
    what = f"seeds, {FRAMES} frames of 4 × {scenes.SIZE}², random walk of {scenes.WALK_PX:g} px a frame; rms over seeds"
    made = [Row(GAIN, what, count)]
    for dose, seeds in found.items():
        for k in seeds[0]:
            errors = [seed[k] for seed in seeds]
            height, floor, slope, stated = (_rms(errors, pick) for pick in _PICKED)
            scale = float(np.mean([e.scale for e in errors]))
            said = f"height {height:.2g} nm, slope {slope:.2g}, {stated:.2f} of its stated sd, slope scale {scale:.3f}"
            made.append(at_most(GAIN, f"{dose:g} electrons, k = {k}: {said}", height / floor, OVER_FLOOR))
        for name, pick in (("aligned", _aligned), ("with an observable datum", _observable)):
            share = float(np.mean([pick(errors) for seed in seeds for errors in seed.values()]))
            made.append(Row(GAIN, f"{dose:g} electrons: share of frames {name}", share))
    return made


def blur_rows(found: dict[tuple[float, int, float], list[Motion]]) -> list[Row]:
    """One row per dose and movie; static ones must not warn."""
    count = len(next(iter(found.values())))
    made = [Row(BLUR, f"seeds, frames of 4 × {scenes.SIZE}², registered exactly; medians over seeds", count)]
    for (dose, frames, speed), motions in found.items():
        share = 100 * float(np.median([m.share for m in motions]))
        warned = sum(m.blurred for m in motions)
        what = (
            f"{dose:g} electrons, k = {frames}, {speed:g} px a frame: {share:.2f} % moved, {warned} of {count} warned"
        )
        if speed == 0:
            made.append(at_most(BLUR, f"{what}; share of false warnings", warned / count, 0.0))
            continue
        true_nm = (frames - 1) * speed * scenes.PIXEL_NM
        ways = [m.blur_nm / true_nm for m in motions if np.isfinite(m.blur_nm)]
        made.append(Row(BLUR, f"{what}, true {true_nm:.3g} nm", float(np.median(ways)) if ways else float("nan")))
    return made


def _rms(errors: list[Errors], pick: Callable[[Errors], float]) -> float:
    return float(np.sqrt(np.mean([pick(e) ** 2 for e in errors])))


def _aligned(errors: Errors) -> float:
    return errors.aligned


def _observable(errors: Errors) -> float:
    return errors.observable


_PICKED: tuple[Callable[[Errors], float], ...] = (
    lambda e: e.height_nm,
    lambda e: e.floor_nm,
    lambda e: e.slope,
    lambda e: e.over_stated,
)
