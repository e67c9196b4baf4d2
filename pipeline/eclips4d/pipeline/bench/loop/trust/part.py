"""Part `trust` of `eclips4d bench loop`: planted faults, clean frames, frames that are wrong as a whole."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.loop.trust.faults import KINDS
from eclips4d.pipeline.bench.loop.trust.picture import picture
from eclips4d.pipeline.bench.loop.trust.specimens import SCENES
from eclips4d.pipeline.bench.loop.trust.trials import CLEAN, DOSES, MODELS, SEGMENTS, Trial, trial, whole
from eclips4d.pipeline.bench.loop.trust.wholes import WRONGS
from eclips4d.pipeline.bench.rows import Row, at_most

FAULTS = "Faults planted in simulated frames, found by the trust map: area under ROC"
CLEAN_TABLE = "Frames without faults: pixels that are not believed, %"
WHOLE = "Frames that are wrong as a whole, and are said to be"
SEEDS, AREA, DOUBTED, FOUND = 5, 0.95, 2.0, 1.0
FIRST_SEED = 100
"""Thresholds were set on others, from 0 on."""
WHOLE_DOSE = 1000.0


def rows(context: LoopContext) -> list[Row]:
    """All tables."""
    seeds, made = range(FIRST_SEED, FIRST_SEED + (context.seeds or SEEDS)), []
    for model, segments in product(MODELS, SEGMENTS):
        context.console.print(f"trust: {model}, {segments} segments", style="dim")
        cases = product(SCENES, DOSES, (*KINDS, CLEAN), seeds)
        made += [trial(model, segments, scene, dose, kind, seed) for scene, dose, kind, seed in cases]
    return [*_faults(made), *_clean(made), *_wholes(context, len(seeds))]


def _faults(made: list[Trial]) -> list[Row]:
    found = []
    for model, segments, kind in product(MODELS, SEGMENTS, KINDS):
        mine = [t for t in made if (t.model, t.segments, t.kind) == (model, segments, kind)]
        what = f"{model}, {segments} segments: {kind}"
        found.append(_at_least(FAULTS, f"{what}, mean of {len(mine)} frames", _mean([t.roc for t in mine]), AREA))
        worst = min(((_mean([t.roc for t in mine if t.scene == s]), s) for s in SCENES), key=lambda pair: pair[0])
        found.append(Row(FAULTS, f"… its hardest scene ({worst[1]})", worst[0]))
    return found


def _clean(made: list[Trial]) -> list[Row]:
    found = []
    for model, segments, scene in product(MODELS, SEGMENTS, SCENES):
        mine = [t for t in made if (t.model, t.segments, t.scene, t.kind) == (model, segments, scene, CLEAN)]
        by_dose = [100.0 * _mean([t.doubted for t in mine if t.dose == dose]) for dose in DOSES]
        told = ", ".join(f"{share:.2g}" for share in by_dose)
        doses = ", ".join(f"{dose:.0f}" for dose in DOSES)
        what = f"{model}, {segments} segments: {scene} ({told} at {doses} electrons), worst"
        found.append(at_most(CLEAN_TABLE, what, max(by_dose), DOUBTED))
    return found


def _wholes(context: LoopContext, seeds: int) -> list[Row]:
    found = []
    for segments, (kind, wrong) in product(SEGMENTS, WRONGS.items()):
        if segments >= wrong.fewest:
            context.console.print(f"trust: {kind}, {segments} segments", style="dim")
            cases = list(product(MODELS, SCENES, range(FIRST_SEED, FIRST_SEED + seeds)))
            told = [whole(model, segments, scene, WHOLE_DOSE, kind, seed) for model, scene, seed in cases]
            found.append(_at_least(WHOLE, f"{segments} segments: {kind}, share of {len(told)}", _mean(told), FOUND))
    return found


def _at_least(table: str, what: str, value: float, bar: float) -> Row:
    return Row(table, what, value, f"≥ {bar}", value >= bar)


def _mean(values: list[float] | list[bool]) -> float:
    return float(np.mean(values))


def pictures(context: LoopContext, folder: Path) -> None:
    """Trust maps beside what was planted."""
    picture().savefig(folder / "closed-loop-trust.png", dpi=90)
