"""Part `speed`: milliseconds of each stage of a learned model per frame, on all cores this process may use.

A machine that does something else meanwhile measures that as well; the ratios, of calls that take turns, say more.
"""

from __future__ import annotations

import os
from pathlib import Path

from eclips4d.core.errors import MissingInputError
from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.speed.stages import best_of, stages_of
from eclips4d.pipeline.bench.rows import Row, at_most

SIDE_PX = 1024
ROUNDS = 7
LIVE_MS = 35.0
"""What the slopes network `live` may take per frame, and its integrator, on two cores."""
PLAIN = ("closed form", "least squares")


def rows(context: BenchContext) -> list[Row]:
    """Times of every model; one that is not there is left out, and said to be."""
    found: list[Row] = []
    for model in context.models:
        try:
            taken = best_of(stages_of(model, SIDE_PX), ROUNDS)
        except MissingInputError as error:
            context.console.print(f"{model} is not timed: {error}", soft_wrap=True, highlight=False)
            continue
        found += rows_of(model, taken)
    return found


def pictures(context: BenchContext, folder: Path) -> None:
    """Nothing to see."""


def rows_of(model: str, taken: dict[str, float]) -> list[Row]:
    """The table of one model from its stages' milliseconds."""
    table = f"Time of `{model}`, ms per frame of 4 × {SIDE_PX}²"
    network = next(name for name in taken if name.startswith("slopes network"))
    barred = {network, "integrator"} if model == "live" else set()
    base = sum(taken[name] for name in PLAIN)
    return [
        Row(table, "cores", len(os.sched_getaffinity(0))),
        *(at_most(table, name, ms, LIVE_MS if name in barred else None) for name, ms in taken.items()),
        Row(table, "whole model over closed form and least squares", taken["whole model"] / base),
        Row(table, f"{network} over closed form and least squares", taken[network] / base),
        Row(table, "integrator over least squares", taken["integrator"] / taken["least squares"]),
    ]
