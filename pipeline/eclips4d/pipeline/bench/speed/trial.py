"""One run of the chain on a source that does not wait, and the highest rate at which such a run loses nothing.

A rate stands when no frame became a gap and the last frame was durable, results and all, within a second of its
arrival.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from rich.console import Console

from eclips4d.core.errors import StageDiedError
from eclips4d.core.messages import Notice
from eclips4d.pipeline.bench.speed.pure import pure_cpu_per_frame
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.journal import STAGES
from eclips4d.pipeline.plan_run import describe, expecting, make_config, make_folder
from eclips4d.pipeline.supervisor import Supervisor
from eclips4d.storage import open as open_store

LAG_LIMIT_S = 1.0
CLOSE = 1.06
"""Rates are told apart to this ratio."""
SLOWEST_FPS = 0.5

Beside = Callable[[RunConfig], AbstractContextManager[object]]
OnNotice = Callable[[Supervisor, Notice], None]


def alone(config: RunConfig) -> AbstractContextManager[object]:
    """Nothing runs beside."""
    return nullcontext(config)


@dataclass(slots=True)
class Trial:
    """One run of the chain at a fixed rate.

    Attributes
    ----------
    lag_s : float
        Age of the last frame when it was durable with its results.
    latency_ms : float [frame]
        From the last pixel to durable results.
    steps_ms : float [frame, step]
        From the last pixel to the end of each of `STAGES`.
    samples
        Frames committed, and processor seconds of all processes by then.
    """

    fps: float
    gaps: int
    lag_s: float
    latency_ms: np.ndarray
    samples: list[tuple[int, float]] = field(default_factory=list)
    steps_ms: np.ndarray = field(default_factory=lambda: np.empty((0, len(STAGES))))

    @property
    def holds(self) -> bool:
        """No gap, and the last frame was done in time."""
        return self.gaps == 0 and self.lag_s <= LAG_LIMIT_S

    @property
    def carried_fps(self) -> float:
        """Frames per second settled after the first third of the trial and while the source delivered."""
        done_s = np.arange(self.latency_ms.size) / self.fps + self.latency_ms / 1e3
        end_s = self.latency_ms.size / self.fps
        inside = done_s[np.isfinite(done_s) & (done_s >= end_s / 3) & (done_s <= end_s)]
        return float((inside.size - 1) / (inside.max() - inside.min())) if inside.size > 1 else 0.0

    @property
    def cpu_per_frame(self) -> float:
        """Processor seconds per committed frame between the first third and the end of the run."""
        if len(self.samples) < 2:
            return float("nan")
        last = self.samples[-1]
        first = next(s for s in self.samples if s[0] >= last[0] / 3)
        return (last[1] - first[1]) / max(1, last[0] - first[0])


def highest_rate(
    size: int, seconds: float, console: Console, beside: Beside = alone, **settings: Any
) -> tuple[Trial, float]:
    """Bisect for the highest rate that holds, to 6 %; returns its trial and the lowest rate that did not.

    Parameters
    ----------
    beside
        Entered with the run, such as a window that watches it.
    settings
        As `make_config` takes them.

    Raises
    ------
    StageDiedError
        Not even one frame in two seconds can be carried.
    """
    best, low, high = None, SLOWEST_FPS, 0.0
    fps = 1 / pure_cpu_per_frame(size, str(settings.get("model", "analytic")))
    while not high or high / low > CLOSE:
        tried = trial(size, fps, seconds, beside, **settings)
        console.print(
            f"4 × {size}² at {fps:.1f} frames/s: {tried.gaps} gaps, lag {tried.lag_s:.2f} s at the end", highlight=False
        )
        if tried.holds:
            best, low = tried, fps
        else:
            high = fps
        if fps < SLOWEST_FPS:
            break
        fps = (low * high) ** 0.5 if high and best else (fps * 1.4 if best else fps / 1.5)
    if best is None:
        raise StageDiedError("no rate holds", where="bench speed", cure="the machine is too slow or busy")
    return best, high


def trial(
    size: int,
    fps: float,
    seconds: float,
    beside: Beside = alone,
    on_notice: OnNotice | None = None,
    **settings: Any,
) -> Trial:
    """Run the chain on a source of `fps` frames per second that does not wait.

    Parameters
    ----------
    beside
        Entered with the run.
    on_notice
        Called with what the store's owner says of the run, several times a second.
    settings
        As `make_config` takes them.
    """
    frames = max(12, round(fps * seconds))
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-speed-", dir=Path.cwd()))
    folder = make_folder()
    try:
        source = f"sim://flood?size={size}&fps={fps:.4f}&frames={frames}"
        store = scratch / "run.zarr"
        expected = expecting(describe(source, None, "max"), folder)
        config = make_config(source, store, folder, **expected, **settings)
        supervisor = Supervisor(config, folder)
        samples: list[tuple[int, float]] = []

        def heard(notice: Notice) -> None:
            samples.append(_sample(supervisor, notice))
            if on_notice is not None:
                on_notice(supervisor, notice)

        with beside(config):
            supervisor.run(heard)
        return _told(store, fps, [sample for sample in samples if sample[1] > 0])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _told(store: Path, fps: float, samples: list[tuple[int, float]]) -> Trial:
    with open_store(store) as data:
        steps = data["latency_ms"].values.astype(np.float64)
        gaps = int(((data["status"].values & 2) > 0).sum())
    latency = steps[:, STAGES.index("written")]
    return Trial(fps, gaps, float(latency[-1]) / 1e3, latency, samples, steps)


def _sample(supervisor: Supervisor, notice: Notice) -> tuple[int, float]:
    total = sum(psutil.Process().cpu_times()[:2])
    for stage in supervisor.stages.values():
        try:
            total += sum(psutil.Process(stage.process.pid).cpu_times()[:2])
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return notice.committed, 0.0
    return notice.committed, total
