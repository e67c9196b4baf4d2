"""A long run of large frames on little disk: a few frames that differ, written again and again.

Files of frames that are alike become one file with several names once they are committed, so 2000 frames of 4 × 1024²
take the room of a few.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.bench.reliability.frames import Made, simulated
from eclips4d.storage import StoreWriter
from eclips4d.storage.layout import PRODUCTS

DISTINCT = 6
BATCH = 12
"""Frames from one commit to the next."""


def write_run(path: Path, frames: int, size: int, seed: int) -> None:
    """A finished store of so many frames of 4 × `size`², with all products."""
    made = simulated(size, DISTINCT, seed)
    source = msgspec.structs.replace(made.source, frames=frames)
    instrument = parse_instrument(source.instrument_toml)
    calibration = estimate_calibration(made.frames[0].data, instrument)
    model = load_model("analytic", instrument)
    with StoreWriter.create(path, source, "many", keep=tuple(PRODUCTS)) as writer:
        keys = writer.add_calibration(calibration), writer.add_model(model.fingerprint, "analytic")
        for start in range(0, frames, BATCH):
            batch = range(start, min(start + BATCH, frames))
            _write(writer, made, batch, keys)
            writer.commit(committed=batch.stop, recorded=batch.stop)
            _share(path, batch)
        writer.finish(frames)


def _write(writer: StoreWriter, made: Made, batch: range, keys: tuple[int, int]) -> None:
    futures = [writer.write_frame(_frame(made, k)) for k in batch]
    for future in futures:
        future.result()
    futures = [writer.write_registered(k, made.results[k % DISTINCT], *keys) for k in batch]
    for future in futures:
        future.result()


def _frame(made: Made, sequence: int) -> Frame:
    first, alike = made.frames[0].header, made.frames[sequence % DISTINCT]
    step_s = made.frames[1].header.start_s - first.start_s
    start_s = first.start_s + sequence * step_s
    header = msgspec.structs.replace(
        alike.header,
        run_id="many",
        sequence=sequence,
        frame_id=first.frame_id + sequence,
        start_s=start_s,
        end_s=start_s + first.end_s - first.start_s,
    )
    return Frame(header, alike.data)


def _share(path: Path, batch: range) -> None:
    """Give the files of frames that are alike one content; only those of the first frames are kept."""
    for name in ("raw", *PRODUCTS):
        for sequence in batch:
            if sequence >= DISTINCT:
                _link(path / name, sequence % DISTINCT, sequence)


def _link(folder: Path, kept: int, sequence: int) -> None:
    for file in folder.glob(f"c.{kept}.0*"):
        other = folder / file.name.replace(f"c.{kept}.", f"c.{sequence}.", 1)
        spare = other.with_suffix(".linked")
        os.link(file, spare)
        spare.replace(other)
