"""What the simulated microscope cannot render in time is rendered before its clock starts.

Frames are pure functions of settings and number, so a rendered frame can be kept: in a file per simulation, in the
user's cache folder, which a run that is interrupted or repeated finds again.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from eclips4d.acquisition.frame_file import FrameFile, record_bytes
from eclips4d.acquisition.sim_address import FLOOD, parse_sim
from eclips4d.acquisition.sim_fingerprint import simulation_fingerprint
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.cache import cache_folder
from eclips4d.core.errors import DiskFullError, InputError
from eclips4d.core.frame import Frame

LIVE_SHARE = 0.7
"""Of the frame period that rendering one frame may take."""
BUSY_SHARE = 0.6
"""Of all processors' time that rendering may take; the rest is for whoever does something with the frames."""
MOST_BYTES = 16 << 30
"""Of all files of rendered frames together."""
KEEP_FREE_BYTES = 1 << 30
_SUFFIX = ".frames"


def render_ahead(address: str, report: Callable[[int, int], None] = lambda done, total: None) -> bool:
    """Render what `sim://…` will not be able to render in time; `report(frames done, frames in all)` is told.

    Returns
    -------
    bool
        Whether the frames come from a file; if not, each is rendered when it is due.

    Raises
    ------
    InputError
        Bad address; a run without end that cannot keep its time; more frames than may be kept.
    DiskFullError
        No room for them.
    """
    asked = parse_sim(address)
    settings = asked.settings
    if asked.scene == FLOOD or settings.render == "live":
        return False
    simulation = simulated_microscope(address)
    if settings.frames is None:
        _check_endless(simulation, address)
        return False
    path = frames_path(simulation)
    known = FrameFile(path, simulation.shape, settings.frames) if path.exists() else None
    if known is not None and known.there(settings.frames) == settings.frames:
        os.utime(path)
        return True
    if known is None and settings.render == "auto" and keeps_time(simulation):
        return False
    _make_room(path, settings.frames * record_bytes(simulation.shape), address)
    _render_all(simulation, FrameFile(path, simulation.shape, settings.frames), settings.frames, report)
    return True


def rendered(simulation: SimulatedMicroscope, run_id: str) -> Callable[[int], Frame]:
    """`read(sequence)` that takes a frame from the file where it is there, and renders it where it is not."""
    path = frames_path(simulation)
    if simulation.settings.render == "live" or not path.exists():
        return lambda sequence: simulation.frame(sequence, run_id)
    file = FrameFile(path, simulation.shape, 0)

    def read(sequence: int) -> Frame:
        data = file.read(sequence)
        if data is None:
            return simulation.frame(sequence, run_id)
        return Frame(simulation.header(sequence, run_id), data)

    return read


class Cost(NamedTuple):
    """What one frame takes, s."""

    wall_s: float
    processor_s: float

    def fits(self, period_s: float, processors: int) -> bool:
        """Whether a frame every `period_s` can be rendered with time left for others."""
        return self.wall_s <= LIVE_SHARE * period_s and self.processor_s <= BUSY_SHARE * processors * period_s


def cost_of(simulation: SimulatedMicroscope) -> Cost:
    """Of rendering one frame; the second one tells, if the first, which may compile, was not quick enough."""
    cost = Cost(0.0, 0.0)
    for sequence in (0, 1):
        began, spent = time.perf_counter(), time.process_time()
        simulation.frame(sequence)
        cost = Cost(time.perf_counter() - began, time.process_time() - spent)
        if _fits(cost, simulation):
            break
    return cost


def keeps_time(simulation: SimulatedMicroscope) -> bool:
    """Whether each frame can be rendered when it is due."""
    return _fits(cost_of(simulation), simulation)


def _fits(cost: Cost, simulation: SimulatedMicroscope) -> bool:
    return cost.fits(1.0 / simulation.settings.frames_per_s, len(os.sched_getaffinity(0)))


def frames_path(simulation: SimulatedMicroscope) -> Path:
    """Where the frames of this simulation are kept."""
    return cache_folder() / "simulated" / f"{simulation_fingerprint(simulation)}{_SUFFIX}"


def _check_endless(simulation: SimulatedMicroscope, address: str) -> None:
    period_s = 1.0 / simulation.settings.frames_per_s
    took = ""
    if simulation.settings.render == "auto":
        cost = cost_of(simulation)
        if _fits(cost, simulation):
            return
        took = f"a frame takes {cost.wall_s:.2g} s to render and is due every {period_s:.2g} s, but "
    raise InputError(
        f"{took}a run without end cannot be rendered ahead",
        where=address,
        cure="give frames=N, or ask for less: fps, size, supersample",
    )


def _make_room(path: Path, needed: int, address: str) -> None:
    """Drop the oldest files until this one fits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if needed > MOST_BYTES:
        raise InputError(
            f"rendered ahead, the frames take {needed / 1e9:.3g} GB, more than {MOST_BYTES / 1e9:.3g} GB",
            where=address,
            cure="ask for fewer frames or a smaller size",
        )
    others = sorted(path.parent.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True)
    kept = needed
    for other in others:
        if other == path:
            continue
        kept += other.stat().st_size
        if kept > MOST_BYTES:
            other.unlink(missing_ok=True)
    free = shutil.disk_usage(path.parent).free
    there = path.stat().st_blocks * 512 if path.exists() else 0
    if free + there - needed < KEEP_FREE_BYTES:
        raise DiskFullError(
            f"{needed / 1e9:.3g} GB are needed for frames rendered ahead, {free / 1e9:.3g} GB are free",
            where=str(path.parent),
            cure="free some space, set XDG_CACHE_HOME to another disk, or ask for fewer frames",
        )


def _render_all(
    simulation: SimulatedMicroscope, file: FrameFile, frames: int, report: Callable[[int, int], None]
) -> None:
    for sequence in range(frames):
        report(sequence, frames)
        if file.read(sequence) is None:
            file.write(sequence, simulation.frame(sequence).data)
    report(frames, frames)
