"""Part `long` of `eclips4d bench registration`: what accumulates over many frames, and what interruptions leave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Drift
from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.long import sequences
from eclips4d.pipeline.bench.registration.long.growth import Growth, growth_of
from eclips4d.pipeline.bench.registration.long.sequences import Sequence, burst, jump, lattice, long_sequence
from eclips4d.pipeline.bench.registration.places import rms_error, starts
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.registration.track import Track, follow

F64 = NDArray[np.float64]

LONG = "A static scene followed for long"
EVENTS = "Repeating patterns, jumps and interruptions: largest error after the event, px"
SEEDS = 3
ACCUMULATED_BAR, AFTER_BAR, VELOCITY_BAR = 0.2, 0.1, 2.0
AFTER_FRAMES = 5
"""An event counts as survived when the last frames are right again."""


def rows(context: RegistrationContext) -> list[Row]:
    """All tables."""
    seeds = context.seeds or SEEDS
    with context.console.status(f"{sequences.LONG_FRAMES} frames of a static scene"):
        made = [*long_rows(long_sequence(0)), *growth_rows(growth_of(long_sequence(0)))]
    made.append(Row(EVENTS, f"seeds, the worst counts; {sequences.DOSE:g} electrons", seeds))
    for name, build in events().items():
        with context.console.status(name):
            made += event_rows(name, [build(seed) for seed in range(seeds)])
    return made


def pictures(context: RegistrationContext, folder: Path) -> None:
    """Nothing to see."""


def events() -> dict[str, Callable[[int], Sequence]]:
    """What happens, by name."""
    periods = sequences.LATTICE_FRAMES * max(sequences.LATTICE_DRIFT_PX) / sequences.PERIOD_PX
    length = float(np.hypot(*sequences.JUMP_PX))
    drifts = f"{periods:.1f} periods in {sequences.LATTICE_FRAMES} frames"
    return {
        f"lattice of {sequences.PERIOD_PX} px drifting over {drifts}": lattice,
        f"a jump of {length:.0f} px, {sequences.JUMP_SIZE}²": jump,
        f"{len(sequences.GARBAGE)} frames of noise, nothing, saturation, other places": burst,
    }


def long_rows(sequence: Sequence) -> list[Row]:
    """Errors over a long run: largest, last, and as a velocity."""
    track = follow(sequence.frames(), CALIBRATION)
    size, frames = f"4 × {sequence.size}²", len(sequence.truth)
    said = f"one seed, random walk of {sequences.STEP_PX:g} px a frame within ± {sequences.WITHIN_PX:g} px"
    made = [Row(LONG, f"frames of {size}, {sequences.DOSE:g} electrons, {said}", frames)]
    for way, drifts in (("live", track.live), ("smoothed", track.smoothed)):
        errors = starts(drifts) - sequence.truth
        lengths = np.linalg.norm(errors, axis=1)
        made += [
            at_most(LONG, f"{way}: largest error, px", float(lengths.max()), ACCUMULATED_BAR),
            Row(LONG, f"{way}: rms error, px", rms_error(starts(drifts), sequence.truth)),
            Row(LONG, f"{way}: error at the end, px", float(lengths[-1])),
            velocity_row(way, errors, drifts),
            at_most(LONG, f"{way}: frames not aligned", sum(not drift.aligned for drift in drifts), 0),
        ]
    return made


def growth_rows(growth: Growth) -> list[Row]:
    """What a surface that stays seems to grow by."""
    change, sd = growth.over_run()
    said = f"false growth over stated sd; {change:+.4f} ± {sd:.4f} nm in the run"
    return [
        at_most(LONG, said, abs(change) / max(sd, 1e-9), VELOCITY_BAR),
        Row(LONG, "share of frames whose height datum is observable", growth.observable),
    ]


def velocity_row(way: str, errors: F64, drifts: tuple[Drift, ...]) -> Row:
    """Change of the error over the run by a straight line, over what the stated deviations of its ends allow."""
    frames = np.arange(1, len(errors))
    change = np.polyfit(frames, errors[1:], 1)[0] * (frames[-1] - frames[0])
    stated = np.hypot(drifts[1].sd, drifts[-1].sd)
    ratio = float(np.max(np.abs(change) / np.maximum(stated, 1e-9)))
    said = " and ".join(f"{1e3 * c:+.2f} ± {1e3 * s:.2f}" for c, s in zip(change, stated, strict=True))
    return at_most(LONG, f"{way}: false velocity over stated sd; {said}·10⁻³ px in the run", ratio, VELOCITY_BAR)


def event_rows(name: str, runs: list[Sequence]) -> list[Row]:
    """Errors after the event, and which frames are marked as not aligned; the worst seed counts."""
    tracks = [follow(run.frames(), CALIBRATION) for run in runs]
    made = []
    for way in ("live", "smoothed"):
        after = [_after(getattr(track, way), run.truth) for track, run in zip(tracks, runs, strict=True)]
        spread = f"median {np.median(after):.3g}" if len(after) > 1 else "one seed"
        made.append(at_most(EVENTS, f"{name}: {way} ({spread})", max(after), AFTER_BAR))
    pairs = list(zip(tracks, runs, strict=True))
    if runs[0].garbage:
        taken = max(sum(track.live[k].aligned for k in run.garbage) for track, run in pairs)
        made.append(at_most(EVENTS, f"{name}: of these taken for aligned", taken, 0))
    lost = max(_lost(track, run) for track, run in pairs)
    made.append(at_most(EVENTS, f"{name}: good frames not aligned", lost, 0))
    return made


def _after(drifts: tuple[Drift, ...], truth: F64) -> float:
    return float(np.linalg.norm(starts(drifts) - truth, axis=1)[-AFTER_FRAMES:].max())


def _lost(track: Track, run: Sequence) -> int:
    return sum(not drift.aligned for k, drift in enumerate(track.live) if k not in run.garbage | run.either)
