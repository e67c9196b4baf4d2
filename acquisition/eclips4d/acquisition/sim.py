"""`sim://SCENE?size=512&fps=2…`: the simulated microscope as a live source.

`sim://flood` is the same microscope for measuring throughput: a short loop of frames is rendered once and then sent at
a fixed rate that nothing can hold back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.sim_settings import FLOOD
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.frame import Frame
from eclips4d.core.source import SourceInfo

FLOOD_LOOP = 4
"""Frames rendered once and sent over and over."""


def open_sim(address: str, *, run_id: str = "") -> IndexedSource:
    """The simulated microscope, live: it keeps its own time, whoever listens.

    Raises
    ------
    InputError
        Unknown scene or parameter, or a value out of range.
    """
    simulation = simulated_microscope(address)
    read = _loop(simulation, run_id) if urlsplit(address).netloc == FLOOD else _rendered(simulation, run_id)
    info = SourceInfo(
        kind="sim",
        address=address,
        identity=address.split("?", 1)[0],
        instrument_toml=simulation.instrument_toml,
        instrument=simulation.instrument.fingerprint,
        segments=simulation.segments,
        dtype="uint16",
        shape=simulation.shape,
        frames=simulation.settings.frames,
        can_wait=False,
        start_utc=datetime.now(UTC).isoformat(),
        frames_per_second=simulation.settings.fps,
        side_units=dict(simulation.scene.side_units),
    )
    return IndexedSource(info, read, pace=Pace(1.0))


def _loop(simulation: SimulatedMicroscope, run_id: str) -> Callable[[int], Frame]:
    rendered = [simulation.frame(k).data for k in range(FLOOD_LOOP)]

    def read(sequence: int) -> Frame:
        return Frame(simulation.header(sequence, run_id), rendered[sequence % FLOOD_LOOP])

    return read


def _rendered(simulation: SimulatedMicroscope, run_id: str) -> Callable[[int], Frame]:
    simulation.frame(0)  # compiles the scene, so that the first frame is not late

    def read(sequence: int) -> Frame:
        return simulation.frame(sequence, run_id)

    return read
