"""`sim://SCENE?size=512&fps=2…`: the simulated microscope as a live source.

`sim://flood` is the same microscope for measuring throughput: a short loop of frames is rendered once and then sent at
a fixed rate that nothing can hold back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from eclips4d.acquisition.deliveries import BUFFERED_FRAMES
from eclips4d.acquisition.faults import faults_of, through_cable
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.render_ahead import rendered
from eclips4d.acquisition.sim_address import FLOOD
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.frame import Frame, RawArray
from eclips4d.core.source import SourceInfo

FLOOD_LOOP = 3
"""Frames rendered once and sent over and over."""


def open_sim(address: str, *, run_id: str = "") -> IndexedSource:
    """The simulated microscope, live: it keeps its own time, whoever listens.

    Frames that `render_ahead` has rendered come from their file; all others are rendered when they are due.

    Raises
    ------
    InputError
        Unknown scene or parameter, or a value out of range.
    """
    simulation = simulated_microscope(address)
    simulation.check()
    flood = urlsplit(address).netloc == FLOOD
    read = _loop(simulation, run_id) if flood else rendered(simulation, run_id)
    settings = simulation.settings
    faults = faults_of(settings.faults, settings.seed, 1.0 / settings.frames_per_s, BUFFERED_FRAMES)
    info = SourceInfo(
        kind="sim",
        address=address,
        identity=address.split("?", 1)[0],
        instrument_toml=simulation.instrument_toml,
        instrument=simulation.instrument.fingerprint,
        segments=simulation.segments,
        dtype="uint16",
        shape=simulation.shape,
        frames=settings.frames,
        can_wait=False,
        start_utc=datetime.now(UTC).isoformat(),
        frames_per_second=settings.frames_per_s,
        side_units={**simulation.scene.side_units, **simulation.dark_units},
    )
    return IndexedSource(info, through_cable(read, faults), pace=Pace(1.0), arrivals=faults.arrivals(settings.frames))


def rehearse_sim(address: str) -> None:
    """Take its first frame, which compiles what renders one, or finds it rendered already.

    Raises
    ------
    InputError
        As `open_sim`.
    """
    simulation = simulated_microscope(address)
    simulation.check()
    rendered(simulation, "")(0)


def _loop(simulation: SimulatedMicroscope, run_id: str) -> Callable[[int], Frame]:
    """Rendered with the first frame, before the clock starts; opening stays quick."""
    rendered: list[RawArray] = []

    def read(sequence: int) -> Frame:
        if not rendered:
            rendered.extend(simulation.frame(k).data for k in range(FLOOD_LOOP))
        return Frame(simulation.header(sequence, run_id), rendered[sequence % FLOOD_LOOP])

    return read
