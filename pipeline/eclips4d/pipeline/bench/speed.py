"""The highest frame rate at which nothing is lost, and what the chain costs beyond its arithmetic.

Rate: a source that does not wait delivers 4 segments at a fixed rate; the rate stands when no frame became a gap and
the last frame was durable, results and all, within a second of its arrival. Found by bisection.
Overhead: processor seconds per frame of all processes of the chain, over those of the same pure functions plus
encoding, writing and syncing the same bytes in one process, minus 1.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from eclips4d.acquisition.open import open_source
from eclips4d.core.errors import StageDiedError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.messages import Notice
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.config import PRODUCTS, RunConfig
from eclips4d.pipeline.journal import STAGES
from eclips4d.pipeline.plan_run import make_config, make_folder
from eclips4d.pipeline.supervisor import Supervisor
from eclips4d.registration.registrar import Registrar
from eclips4d.storage import open as open_store
from eclips4d.storage.writer import StoreWriter

LAG_LIMIT_S = 1.0
PURE_FRAMES = 12
REPEATS = 3


Beside = Callable[[RunConfig], AbstractContextManager[object]]


@dataclass(slots=True)
class Trial:
    """One run of the chain at a fixed rate."""

    fps: float
    gaps: int
    lag_s: float
    latency_ms: np.ndarray
    samples: list[tuple[int, float]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """No gap, and the last frame was done in time."""
        return self.gaps == 0 and self.lag_s <= LAG_LIMIT_S

    @property
    def cpu_per_frame(self) -> float:
        """Processor seconds per committed frame between the first third and the end of the run."""
        if len(self.samples) < 2:
            return float("nan")
        last = self.samples[-1]
        first = next(s for s in self.samples if s[0] >= last[0] / 3)
        return (last[1] - first[1]) / max(1, last[0] - first[0])


def run_speed(console: Console, *, sizes: tuple[int, ...], seconds: float) -> None:
    """Print the table of rates and overheads."""
    table = Table("frame", "rate, /s", "not at", "lag, s", "latency, ms", "chain, ms", "pure, ms", "over")
    for size in sizes:
        best, failed = highest_rate(size, seconds, console)
        pure = [pure_cpu_per_frame(size) for _ in range(REPEATS)]
        chain = [best.cpu_per_frame, *(trial(size, best.fps, seconds).cpu_per_frame for _ in range(REPEATS - 1))]
        overhead = statistics.median(chain) / statistics.median(pure) - 1
        p50, p99 = np.nanpercentile(best.latency_ms, (50, 99))
        table.add_row(
            f"4 × {size}²", f"{best.fps:.1f}", f"{failed:.1f}", f"{best.lag_s:.2f}", f"{p50:.0f}, {p99:.0f}",
            _spread(chain), _spread(pure), f"{100 * overhead:.0f} %",
        )  # fmt: skip
    console.print(table)
    console.print(
        f"{len(os.sched_getaffinity(0))} cores, {seconds:g} s a trial. rate: highest that holds, lowest that does not; "
        "lag: at its end; latency: median, 99th percentile, from last pixel to durable results; chain, pure: processor "
        f"time per frame, median (range of {REPEATS}); over: overhead of the chain.",
        highlight=False,
    )


def _spread(values: list[float]) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{1e3 * middle:.0f} ({1e3 * low:.0f}-{1e3 * high:.0f})"


def highest_rate(
    size: int, seconds: float, console: Console, beside: Beside = lambda config: nullcontext()
) -> tuple[Trial, float]:
    """Bisect for the highest rate that holds, to 6 %; returns its trial and the lowest rate that did not.

    `beside` is entered with the run, such as a window that watches it.

    Raises
    ------
    StageDiedError
        Not even one frame in two seconds can be carried.
    """
    best, low, high = None, 0.5, 0.0
    fps = 1 / pure_cpu_per_frame(size)
    while not high or high / low > 1.06:
        tried = trial(size, fps, seconds, beside)
        console.print(
            f"4 × {size}² at {fps:.1f} frames/s: {tried.gaps} gaps, lag {tried.lag_s:.2f} s at the end", highlight=False
        )
        if tried.holds:
            best, low = tried, fps
        else:
            high = fps
        if fps < 0.5:
            break
        fps = (low * high) ** 0.5 if high and best else (fps * 1.4 if best else fps / 1.5)
    if best is None:
        raise StageDiedError("no rate holds", where="bench speed", cure="the machine is too slow or busy")
    return best, high


def trial(
    size: int, fps: float, seconds: float, beside: Beside = lambda config: nullcontext(), **settings: Any
) -> Trial:
    """Run the chain on a source of `fps` frames per second that does not wait.

    Parameters
    ----------
    beside
        Entered with the run.
    settings
        As `make_config` takes them.
    """
    frames = max(12, round(fps * seconds))
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-speed-", dir=Path.cwd()))
    folder = make_folder()
    try:
        source = f"sim://flood?size={size}&fps={fps:.4f}&frames={frames}"
        store = scratch / "run.zarr"
        config = make_config(source, store, folder, **settings)
        supervisor = Supervisor(config, folder)
        samples: list[tuple[int, float]] = []
        with beside(config):
            supervisor.run(lambda notice: samples.append(_sample(supervisor, notice)))
        with open_store(store) as data:
            latency = data["latency_ms"].isel(stage=STAGES.index("written")).values
            gaps = int(((data["status"].values & 2) > 0).sum())
        return Trial(fps, gaps, float(latency[-1]) / 1e3, latency, [s for s in samples if s[1] > 0])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _sample(supervisor: Supervisor, notice: Notice) -> tuple[int, float]:
    total = sum(psutil.Process().cpu_times()[:2])
    for stage in supervisor.stages.values():
        try:
            total += sum(psutil.Process(stage.process.pid).cpu_times()[:2])
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return notice.committed, 0.0
    return notice.committed, total


def pure_cpu_per_frame(size: int) -> float:
    """Processor seconds of inverting, registering, writing, syncing and committing one frame, in one process."""
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-speed-", dir=Path.cwd()))
    try:
        with open_source(f"sim://flood?size={size}&fps=1000&frames={PURE_FRAMES}") as source:
            frames = list(source.frames())
            info = source.info
        instrument = parse_instrument(info.instrument_toml)
        calibration = estimate_calibration(frames[0].data, instrument)
        model = load_model("analytic", instrument)
        registrar = Registrar.start(frames[0].header, frames[0].data, calibration)
        with StoreWriter.create(scratch / "pure.zarr", info, "pure", keep=PRODUCTS, stages=STAGES) as writer:
            calibrated, modelled = writer.add_calibration(calibration), writer.add_model(model.fingerprint, "analytic")
            started = 0.0
            for done, frame in enumerate(frames):
                if done == 2:  # the first frames compile and fill caches
                    started = time.process_time()
                writer.write_frame(frame).result()
                surface = model(frame.data, calibration)
                registered = registrar.register(frame.header, frame.data, surface)
                writer.write_registered(done, registered, calibrated, modelled).result()
                writer.commit(committed=done + 1, recorded=done + 1, state=registrar.state())
            return (time.process_time() - started) / (len(frames) - 2)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
