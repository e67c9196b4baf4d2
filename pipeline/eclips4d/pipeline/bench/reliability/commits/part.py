"""Commits: durable frames per second with results and commit, and raw alone beside other writers, a reader reading."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eclips4d.pipeline.bench.reliability.commits.ours import commits_per_second
from eclips4d.pipeline.bench.reliability.commits.peers import PEERS, Image, installed
from eclips4d.pipeline.bench.reliability.commits.watcher import Watched, watched
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.frames import Made, simulated
from eclips4d.pipeline.bench.rows import Row
from eclips4d.storage.layout import PRODUCTS

TABLE = "Durable commits per second"
RAW = "Raw frames alone, beside other writers"
FIVE = tuple(name for name in PRODUCTS if name != "trust")
BARS = {1024: 20.0, 512: 70.0}
FRAMES = {1024: 120, 512: 400}
ROUNDS = 5
MADE = 4
"""Different frames, used in turn."""


def rows(context: ReliabilityContext) -> list[Row]:
    """Both tables."""
    return [*_with_results(context), *_raw_alone(context)]


def _with_results(context: ReliabilityContext) -> list[Row]:
    measured = []
    for size, bar in BARS.items():
        made = simulated(size, MADE, context.seed)
        for keep, wanted in ((FIVE, bar), (tuple(PRODUCTS), None)):
            rates = [_ours(made, context.times(FRAMES[size]), keep) for _ in range(_rounds(context))]
            rate = statistics.median(rates)
            what = f"4 × {size}², raw and {len(keep)} product arrays, /s {_spread(rates)}"
            context.console.print(f"{what}: {rate:.1f}", highlight=False)
            target = "" if wanted is None else f"≥ {wanted:g}"
            measured.append(Row(TABLE, what, rate, target, None if wanted is None else rate >= wanted))
    return [*measured, Row(TABLE, "cores", len(os.sched_getaffinity(0)))]


def _raw_alone(context: ReliabilityContext) -> list[Row]:
    """Each writer in turn, round after round, so that all of them meet the same hours of the machine."""
    made, peers = simulated(1024, MADE, context.seed), installed()
    images = [_one_image(frame.data) for frame in made.frames]
    frames = context.times(2 * FRAMES[1024])
    rates: dict[str, list[float]] = {name: [] for name in ("eclips4d", *peers)}
    seen = {name: Watched() for name in rates}
    for _ in range(_rounds(context)):
        for name in rates:
            with _scratch() as folder, watched(folder) as saw:
                path = folder / "peer.zarr"
                once = (
                    peers[name](path, images, frames) if name in peers else commits_per_second(path, made, frames, ())
                )
            rates[name].append(once)
            seen[name].read, seen[name].failed = seen[name].read + saw.read, seen[name].failed + saw.failed
            context.console.print(f"{name}: {once:.1f} raw frames/s, {saw.read} read meanwhile", highlight=False)
    fastest = max((statistics.median(rates[name]) for name in peers), default=None)
    measured = []
    for name in ("eclips4d", *PEERS):
        if name not in rates:
            measured.append(Row(RAW, f"{name}: not installed", float("nan")))
            continue
        rate = statistics.median(rates[name])
        meanwhile = f"read meanwhile {seen[name].read}, failed {seen[name].failed}"
        what = f"{name}, 4 × 1024², /s {_spread(rates[name])}; {meanwhile}"
        bar = fastest if name == "eclips4d" else None
        measured.append(
            Row(RAW, what, rate, "" if bar is None else f"≥ {bar:.1f}", None if bar is None else rate >= bar)
        )
    return measured


def _ours(made: Made, frames: int, keep: tuple[str, ...]) -> float:
    with _scratch() as folder, watched(folder):
        return commits_per_second(folder / "run.zarr", made, frames, keep)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder on the disk of the working directory: the system's temporary folder may be memory."""
    folder = Path(tempfile.mkdtemp(prefix="eclips4d-commits-", dir=Path.cwd()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _one_image(raw: Image) -> Image:
    return raw.reshape(-1, raw.shape[-1])


def _rounds(context: ReliabilityContext) -> int:
    return ROUNDS if context.scale >= 1 else 1


def _spread(rates: list[float]) -> str:
    return f"({min(rates):.0f} to {max(rates):.0f} in {len(rates)})"
