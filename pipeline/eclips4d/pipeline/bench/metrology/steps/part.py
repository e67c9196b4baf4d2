"""Part `steps` of `eclips4d bench metrology`: velocities, numbers that stay, events, and steps that are too fast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.steps.recording import recording_velocities
from eclips4d.pipeline.bench.metrology.steps.trials import (
    DOSES,
    EventTrial,
    FlowTrial,
    event_trials,
    fast_trials,
    flow_trials,
    matched,
    pooled,
)
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

VELOCITY, IDENTITY, EVENTS, FAST, RECORDED = (
    "Velocities of steps",
    "Identities of steps",
    "Births, mergers and annihilations",
    "Steps that move too far from frame to frame",
    "Steps of the recording",
)
SEEDS = 5
SHARE, TWO_PER_CENT, F1 = (0.92, 0.98), 0.02, 0.95


def rows(context: MetrologyContext) -> list[Row]:
    """All tables."""
    seeds = range(1, (context.seeds or SEEDS) + 1)
    clear = [trial for seed in seeds for trial in flow_trials(seed, particles_in_the_way=False)]
    through = [trial for seed in seeds for trial in flow_trials(seed, particles_in_the_way=True)]
    events = [trial for seed in seeds for trial in event_trials(seed)]
    found = [*_velocity_rows(clear, through), *_identity_rows(clear, through), *_event_rows(events)]
    return [*found, *_fast_rows(seeds), *_recording_rows(context.data)]


def _within(error: F64, u: F64, velocity: F64) -> float:
    good = np.abs(error) <= np.maximum(TWO_PER_CENT * np.abs(velocity), 2.0 * u)
    return float(good.mean()) if good.size else float("nan")


def _shared(table: str, what: str, error: F64, u: F64) -> Row:
    share = float((np.abs(error) <= 2.0 * u).mean()) if error.size else float("nan")
    return Row(table, what, share, f"{SHARE[0]} to {SHARE[1]}", SHARE[0] <= share <= SHARE[1])


def _velocity_rows(clear: list[FlowTrial], through: list[FlowTrial]) -> Iterator[Row]:
    for dose in DOSES:
        trials = [trial for trial in clear if trial.dose == dose]
        error, u, speed = (pooled(trials, name) for name in ("error", "u", "velocity"))
        what = f"{dose:g} electrons: velocities within 2 % or 2 u of the step's own ({error.size} sights)"
        share = _within(error, u, speed)
        yield Row(VELOCITY, what, share, "≥ 0.92", share >= SHARE[0])
        yield Row(VELOCITY, f"{dose:g} electrons: median |error| / velocity", float(np.median(np.abs(error / speed))))
        mean, mean_u, own = (pooled(trials, name) for name in ("mean_error", "mean_u", "mean_velocity"))
        share = _within(mean, mean_u, own)
        what = f"{dose:g} electrons: mean velocities within 2 % or 2 u ({mean.size} steps)"
        yield Row(VELOCITY, what, share, "≥ 0.92", share >= SHARE[0])
        yield Row(VELOCITY, f"{dose:g} electrons: median |error| / mean velocity", float(np.median(np.abs(mean / own))))
    yield _shared(VELOCITY, "all doses: |error|/(2u) ≤ 1, sights", pooled(clear, "error"), pooled(clear, "u"))
    error, u = pooled(through, "error"), pooled(through, "u")
    yield _shared(VELOCITY, "lines over particles and oxide patches: |error|/(2u) ≤ 1, sights", error, u)


def _identity_rows(clear: list[FlowTrial], through: list[FlowTrial]) -> Iterator[Row]:
    for trials, what in ((clear, "beside particles"), (through, "over particles and oxide patches")):
        swaps, found, there, tracks, steps = (
            sum(getattr(trial.judged, name) for trial in trials)
            for name in ("swaps", "found", "there", "tracks", "steps")
        )
        said = f"lines {what}: sights under another step's number, of {found}"
        yield at_most(IDENTITY, said, float(swaps), 0.0)
        yield Row(IDENTITY, f"lines {what}: sights over those there are away from the ends", found / max(there, 1))
        yield Row(IDENTITY, f"lines {what}: numbers per step ({steps} steps)", tracks / max(steps, 1))


def _event_rows(trials: list[EventTrial]) -> Iterator[Row]:
    for kinds, name in ((("born",), "births"), (("merged",), "mergers"), (("annihilated",), "annihilations")):
        hits, wrong, missed = (sum(counts) for counts in zip(*(matched(t, kinds) for t in trials), strict=True))
        score = 2.0 * hits / max(2 * hits + wrong + missed, 1)
        what = f"{name}: F1 ({hits} found, {wrong} that were none, {missed} missed; both doses)"
        yield Row(EVENTS, what, score, f"≥ {F1}", score >= F1)


def _fast_rows(seeds: range) -> Iterator[Row]:
    trials = [trial for seed in seeds for trial in fast_trials(seed)]
    for fast, what in ((True, "0.66 of the spacing per frame"), (False, "0.05 of the spacing per frame")):
        chosen = [trial for trial in trials if trial.too_fast is fast]
        steps, reported = sum(t.steps for t in chosen), sum(t.reported for t in chosen)
        share = reported / max(steps, 1)
        said = f"{what}: share reported as aliased ({steps} steps)"
        yield Row(FAST, said, share, "≥ 0.95" if fast else "≤ 0.05", share >= 0.95 if fast else share <= 0.05)


def _recording_rows(data: Path | None) -> Iterator[Row]:
    measured = recording_velocities(data / "recordings") if data is not None else None
    if measured is None:
        return
    error, u, speed = measured
    share = _within(error, u, speed)
    what = f"stepflow: mean velocities within 2 % or 2 u of those of the true heights ({error.size} steps)"
    yield Row(RECORDED, what, share, "≥ 0.92", share >= SHARE[0])
    yield Row(RECORDED, "stepflow: median |error| / velocity", float(np.median(np.abs(error / speed))))
