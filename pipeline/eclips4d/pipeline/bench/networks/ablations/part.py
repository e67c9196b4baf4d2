"""Part `ablations`: the error of small slopes networks with one thing changed, over that of the full recipe.

Integrators have a part of their own, `height_ablations`: trainings take long enough one kind at a time.

Every network is trained for the same number of steps, all with the same images but those whose change is about the
images, and judged on the same frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.ablations.judged import height_errors, slope_errors
from eclips4d.pipeline.bench.networks.ablations.trainings import Trained, train_variants
from eclips4d.pipeline.bench.networks.ablations.variants import FULL, HEIGHTS, SLOPES, Variant
from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.slopes.scores import ratio_interval
from eclips4d.pipeline.bench.rows import Row

F64 = NDArray[np.float64]

STEPS_PER_MINUTE = 400
"""About what one core manages, rendering included; steps, not minutes, are what all networks have in common."""
MOST_TRAININGS = 2
"""Of each variant, however many seeds are asked for: frames are cheap, trainings are not."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is trained and how it is judged."""

    table: str
    recipe: str
    variants: tuple[Variant, ...]
    errors: Callable[[Path], F64]


_TABLE = "{0}: error with one thing changed, over that of the full recipe"
SLOPES_SUBJECT = Subject(_TABLE.format("Slopes"), "slopes-ablation", SLOPES, slope_errors)
HEIGHTS_SUBJECT = Subject(_TABLE.format("Heights"), "integrator-ablation", HEIGHTS, height_errors)


def rows(context: BenchContext) -> list[Row]:
    """Train what was not trained before, and judge."""
    return subject_rows(SLOPES_SUBJECT, context)


def subject_rows(subject: Subject, context: BenchContext) -> list[Row]:
    """The table of slopes or of heights."""
    return _rows(subject, _trained(subject, context))


def pictures(context: BenchContext, folder: Path) -> None:
    """`networks-ablations.png`: how the losses fall."""
    from eclips4d.pipeline.bench.networks.ablations.picture import draw_curves

    curves = {
        variant.says: [one[variant.key].curve for one in _trained(SLOPES_SUBJECT, context)]
        for variant in SLOPES_SUBJECT.variants
        if not variant.own_images
    }
    draw_curves(curves, folder / "networks-ablations.png")


def _trained(subject: Subject, context: BenchContext) -> list[dict[str, Trained]]:
    """By seed, then by key."""
    from eclips4d.training.recipe import load_recipe

    recipe, steps = load_recipe(subject.recipe), max(1, round(context.minutes * STEPS_PER_MINUTE))
    seeds = range(max(1, min(context.seeds, MOST_TRAININGS)))
    return [train_variants(recipe, subject.variants, steps, seed, context.console) for seed in seeds]


def _rows(subject: Subject, trained: list[dict[str, Trained]]) -> list[Row]:
    full = np.stack([subject.errors(one[FULL].file) for one in trained])
    found = []
    for variant in subject.variants:
        if variant.key == FULL:
            continue
        logs = np.log(np.stack([subject.errors(one[variant.key].file) for one in trained]) / full)
        mean = ratio_interval(np.exp(logs.mean(axis=0)), np.ones(logs.shape[1]))
        each = ", ".join(f"{value:.3f}" for value in np.exp(logs.mean(axis=1)))
        says = f"{variant.says} (95 % over frames {mean.low:.3f}–{mean.high:.3f}; each training {each})"
        found.append(Row(subject.table, says, mean.mean))
    return found
