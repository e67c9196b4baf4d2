"""What of an instrument's frames reaches a store: frames, gaps, and the processor time that it took."""

from __future__ import annotations

import resource
import shutil
import signal
import tempfile
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from eclips4d.acquisition.conformance import closable
from eclips4d.acquisition.open import open_source
from eclips4d.core.messages import Notice
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.plan_run import describe, make_config, make_folder
from eclips4d.pipeline.supervisor import Supervisor
from eclips4d.storage import open as open_store

NOT_WHOLE = 2 | 8
"""Status of a gap, and of a frame that was given up."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One recording of an instrument.

    Attributes
    ----------
    fps
        Frames per second in the store, by their own times.
    gaps
        Frames that it lacks.
    """

    frames: int
    gaps: int
    fps: float


def recorded(address: str, instrument: Path, frames: int) -> Carried:
    """Record an instrument through the chain, raw frames only, and stop it when there are so many."""
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-instruments-", dir=Path.cwd()))
    folder = make_folder()
    try:
        store = scratch / "run.zarr"
        shape = describe(address, instrument, "max").shape[1:]
        config = make_config(address, store, folder, instrument=instrument, record_only=True, frame_shape=shape)
        supervisor = Supervisor(config, folder)

        told = False

        def heard(notice: Notice) -> None:
            nonlocal told
            stage = supervisor.stages.get("acquisition")
            if notice.recorded >= frames and stage is not None and not told:
                told = True  # a second time would mean: stop now, and leave on disk what was not sent
                stage.process.signal(signal.SIGTERM)

        supervisor.run(heard)
        return _told(store)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def taken_alone(address: str, instrument: Path, frames: int) -> tuple[float, float]:
    """Frames per second, and processor seconds a frame, when nobody does anything with them."""
    with open_source(address, instrument=instrument) as source, closing(closable(source.frames())) as taken:
        begun = next(taken).header
        before_s = _processor_s()
        ended = begun
        for frame in islice(taken, frames):
            ended = frame.header
        spent_s = (_processor_s() - before_s) / frames
    return frames / (ended.end_s - begun.end_s), spent_s


def rows_of(title: str, asked_fps: float, least_fps: float, carried: Carried, alone: tuple[float, float]) -> list[Row]:
    """The table of one adapter."""
    whole = carried.gaps == 0 and carried.fps >= 0.98 * least_fps
    return [
        Row(title, f"sent, frames/s: {asked_fps:g}; recorded, frames/s", carried.fps, f"≥ {least_fps:g}", whole),
        Row(title, f"gaps in {carried.frames} frames", float(carried.gaps), "0", carried.gaps == 0),
        Row(title, "the adapter alone: frames/s", alone[0]),
        Row(title, "the adapter alone: processors per frame, ms", 1e3 * alone[1]),
    ]


def _told(store: Path) -> Carried:
    with open_store(store) as data:
        status, times = data["status"].values, data["time"].values
    gaps = int(np.count_nonzero(status & NOT_WHOLE))
    return Carried(len(times), gaps, float((len(times) - 1) / (times[-1] - times[0])))


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
