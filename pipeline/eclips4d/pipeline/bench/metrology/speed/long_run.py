"""A long run in a store: a few simulated frames, inverted and registered, that come forth and back again and again.

What is measured is how long it takes to analyse them, so their number counts, not that each is new. Going forth and
back, steps and spirals move from frame to frame as they do in a run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.frame import Frame
from eclips4d.core.results import Drift, Registered
from eclips4d.core.source import SourceInfo
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.registration.registrar import Registrar
from eclips4d.storage import StoreWriter

KEPT = ("height", "slope", "slope_sd", "height_sd", "trust")
BATCH = 16
"""Frames from one commit to the next."""


def write_long_run(path: Path, address: str, distinct: int, frames: int) -> None:
    """A store of `frames` frames, of which `distinct` differ."""
    simulation = simulated_microscope(address)
    taken = [simulation.frame(k) for k in range(distinct)]
    calibration = estimate_calibration(taken[0].data, simulation.instrument)
    model = load_model("analytic", simulation.instrument)
    registrar = Registrar.start(taken[0].header, taken[0].data, calibration)
    found = [registrar.register(each.header, each.data, model(each.data, calibration)) for each in taken]
    with StoreWriter.create(path, _source(simulation, address, frames), "speed", keep=KEPT) as writer:
        keys = writer.add_calibration(calibration), writer.add_model(model.fingerprint, "analytic")
        for start in range(0, frames, BATCH):
            batch = range(start, min(start + BATCH, frames))
            _write(writer, simulation, taken, found, batch, keys)
            writer.commit(committed=batch.stop, recorded=batch.stop)
        writer.finish(frames)


def forth_and_back(sequence: int, distinct: int) -> int:
    """Which of the distinct frames comes at this place: 0 1 2 3 2 1 0 1 …"""
    turn = 2 * (distinct - 1)
    at = sequence % turn if turn else 0
    return min(at, turn - at)


def _write(
    writer: StoreWriter,
    simulation: SimulatedMicroscope,
    taken: list[Frame],
    found: list[Registered],
    batch: range,
    keys: tuple[int, int],
) -> None:
    raw = [
        writer.write_frame(Frame(simulation.header(k, "speed"), taken[forth_and_back(k, len(taken))].data))
        for k in batch
    ]
    for each in raw:
        each.result()
    done = [writer.write_registered(k, _at_rest(found[forth_and_back(k, len(found))]), *keys) for k in batch]
    for each in done:
        each.result()


def _at_rest(registered: Registered) -> Registered:
    """Aligned, without a drift rate, which would have the other sign on the way back."""
    drift = registered.drift
    return replace(registered, drift=Drift(drift.start, (0.0, 0.0), drift.sd, True, drift.reference))


def _source(simulation: SimulatedMicroscope, address: str, frames: int) -> SourceInfo:
    return SourceInfo(
        kind="sim",
        address=address,
        identity=address.split("?", 1)[0],
        instrument_toml=simulation.instrument_toml,
        instrument=simulation.instrument.fingerprint,
        segments=simulation.segments,
        dtype="uint16",
        shape=simulation.shape,
        frames=frames,
        can_wait=False,
        start_utc=datetime.now(UTC).isoformat(),
        side_units=dict(simulation.scene.side_units),
    )
