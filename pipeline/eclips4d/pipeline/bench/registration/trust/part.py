"""Part `trust` of `eclips4d bench registration`: errors over their stated standard deviations where scenes move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.trust import scenes
from eclips4d.pipeline.bench.registration.trust.scenes import Followed
from eclips4d.pipeline.bench.rows import Row, at_most

TRUST = "Scenes that move: errors of the drift over their stated standard deviations"
SEEDS = 11
DOSES = (300.0, 1000.0)
LARGEST = 4.0
"""Of some hundreds of errors none should be further off."""


def rows(context: RegistrationContext) -> list[Row]:
    """The table."""
    seeds = context.seeds or SEEDS
    cases = {"bare spirals, nothing stays": scenes.spirals(seeds)}
    cases |= {f"step flow, {dose:g} electrons": scenes.flows(seeds, dose) for dose in DOSES}
    said = (
        f"seeds from {scenes.FIRST_SEED} on, {scenes.FRAMES} frames of 4 × {scenes.SIZE}² of the simulated microscope"
    )
    made = [Row(TRUST, said, seeds)]
    for name, addresses in cases.items():
        with context.console.status(name):
            made += trust_rows(f"{name}, {len(addresses)} runs", [scenes.followed(address) for address in addresses])
    return made


def trust_rows(name: str, runs: Sequence[Followed]) -> list[Row]:
    """How many frames were aligned, and how their errors, and those of the foretold ones, keep to what is stated."""
    over, aligned = np.concatenate([run.over_sd for run in runs]), np.concatenate([run.aligned for run in runs])
    made = [Row(TRUST, f"{name}: share of frames aligned", float(aligned.mean()))]
    for kind, chosen in (("aligned", over[aligned]), ("not aligned", over[~aligned])):
        if chosen.size:
            inside, middle = float((chosen <= 2.0).mean()), float(np.median(chosen))
            what = f"{name}: largest of {chosen.size}, {kind}; median {middle:.2f}, share up to 2 {inside:.3f}"
            made.append(at_most(TRUST, what, float(chosen.max()), LARGEST))
    return made
