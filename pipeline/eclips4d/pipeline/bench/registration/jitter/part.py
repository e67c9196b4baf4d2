"""Part `jitter` of `eclips4d bench registration`: rows displaced one by one, found and put straight."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.jitter import scenes, trials
from eclips4d.pipeline.bench.registration.jitter.trials import Trials, pairs, sequences
from eclips4d.pipeline.bench.rows import Row, at_most

ROWS = "Row jitter: rms error of the rows' places, px"
HEIGHTS = "Row jitter: height error with rows put straight over that without jitter"
REFERENCE = "Row jitter of 0.3 px in the reference as well: rms error of the rows' places, px"
SEEDS = 3
DOSES, SIZES_PX = (100.0, 1000.0, 10_000.0), (0.0, 0.1, 0.3, 1.0)
OVER_BOUND_BAR, FEIGNED_BAR_PX, HEIGHT_BAR = 1.3, 0.005, 1.2


def rows(context: RegistrationContext) -> list[Row]:
    """All tables."""
    seeds = context.seeds or SEEDS
    with context.console.status("row jitter"):
        found = {(dose, size): pairs(dose, size, seeds) for dose in DOSES for size in SIZES_PX}
        left = sequences(1000.0, 0.3, seeds)
    return [*place_rows(found, seeds), *height_rows(found, seeds), *reference_rows(left)]


def pictures(context: RegistrationContext, folder: Path) -> None:
    """Nothing to see."""


def place_rows(found: dict[tuple[float, float], Trials], seeds: int) -> list[Row]:
    """Before and after; judged by what counting allows, and without jitter by what is feigned."""
    made = [Row(ROWS, f"seeds, pairs of 4 × {scenes.SIZE}², half white and half hum, reference without", seeds)]
    for (dose, size), each in found.items():
        before, after, bound = (_rms(v) for v in (each.before_px, each.after_px, each.bound_px))
        bar = round(OVER_BOUND_BAR * bound, 4) if size else FEIGNED_BAR_PX
        said = f"{dose:g} electrons, jitter {size:g} px: before {before:.3f}, bound of a row {bound:.3f}"
        sure = f", over the stated sd {_rms(each.over_sd):.2f}" if size else ""
        made.append(at_most(ROWS, f"{said}{sure}, blocks that agree {each.agreeing.mean():.2f}", after, bar))
    return made


def height_rows(found: dict[tuple[float, float], Trials], seeds: int) -> list[Row]:
    """How near the height comes to that of a frame without jitter."""
    made = [Row(HEIGHTS, f"seeds, linear inversion of four segments, {scenes.PIXEL_NM:g} nm pixels", seeds)]
    for (dose, size), each in found.items():
        if not size:
            continue
        still, before, after = _rms(found[dose, 0.0].before_nm), _rms(each.before_nm), _rms(each.after_nm)
        said = (
            f"{dose:g} electrons, jitter {size:g} px: {before:.3f} nm before, {after:.3f} nm after, {still:.3f} without"
        )
        made.append(at_most(HEIGHTS, said, after / still, HEIGHT_BAR))
    return made


def reference_rows(left: np.ndarray) -> list[Row]:
    """How the reference's own jitter becomes known, frame by frame."""
    made = [Row(REFERENCE, "seeds, 1000 electrons; the mean of n frames is displaced by 0.3/√n", len(left))]
    for k in range(0, trials.SEQUENCE - 1, 2):
        expected = 0.3 / np.sqrt(k + 2)
        said = f"frame {k + 1}: as it should be {expected:.3f}"
        made.append(at_most(REFERENCE, said, _rms(left[:, k]), round(1.3 * expected, 3)))
    return made


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
