"""`sim://SCENE?size=512&fps=2…`: the simulated microscope as a live source.

`sim://flood` is the same microscope for measuring throughput: a short loop of frames is rendered once and then sent at
a fixed rate that nothing can hold back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.simulated import SimSettings, Simulation
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.source import SourceInfo
from eclips4d.physics.scenes import SCENES

FLOOD = "flood"
FLOOD_SCENE = "copper-redox"
FLOOD_LOOP = 4
"""Frames rendered once and sent over and over."""


def open_sim(address: str, *, run_id: str = "") -> IndexedSource:
    """The simulated microscope, live: it keeps its own time, whoever listens.

    Raises
    ------
    InputError
        Unknown scene or parameter, or a value out of range.
    """
    name, simulation = parse_sim(address)
    read = _loop(simulation, run_id) if name == FLOOD else _rendered(simulation, run_id)
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
        side_units=dict(simulation.scene.side_units),
    )
    return IndexedSource(info, read, pace=Pace(1.0))


def parse_sim(address: str) -> tuple[str, Simulation]:
    """Scene name and experiment of an address; errors as in `open_sim`."""
    parts = urlsplit(address)
    name = parts.netloc or parts.path.strip("/")
    known = sorted([*SCENES, FLOOD])
    if parts.scheme != "sim" or name not in known:
        raise InputError(f"unknown scene {name!r}", where=address, cure=f"use one of: {', '.join(known)}")
    settings = _settings(dict(parse_qsl(parts.query, keep_blank_values=True)), address)
    return name, Simulation(FLOOD_SCENE if name == FLOOD else name, settings)


def _settings(query: dict[str, str], address: str) -> SimSettings:
    known = ", ".join(SimSettings.model_fields)
    unknown = sorted(set(query) - set(SimSettings.model_fields))
    if unknown:
        raise InputError(f"unknown parameter {unknown[0]!r}", where=address, cure=f"known are: {known}")
    try:
        return SimSettings.model_validate(query)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise InputError(f"parameter {key}: {problem['msg']}", where=address, cure="correct this value") from error


def _loop(simulation: Simulation, run_id: str) -> Callable[[int], Frame]:
    rendered = [simulation.frame(k).data for k in range(FLOOD_LOOP)]

    def read(sequence: int) -> Frame:
        return Frame(simulation.header(sequence, run_id), rendered[sequence % FLOOD_LOOP])

    return read


def _rendered(simulation: Simulation, run_id: str) -> Callable[[int], Frame]:
    simulation.frame(0)  # compiles the scene, so that the first frame is not late

    def read(sequence: int) -> Frame:
        return simulation.frame(sequence, run_id)

    return read
