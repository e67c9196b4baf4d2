"""Sources, frames and results that follow from a sequence number alone, and the order in which a run writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.results import Datum, Drift, Registered, Surface
from eclips4d.core.source import SourceInfo
from eclips4d.storage import StoreWriter

STAGES = ("inference", "registration")


def toml(segments: int) -> str:
    azimuths = [k * 360 / segments for k in range(segments)]
    return (
        "[beam]\nenergy_kev = 10\n[scan]\npixel_size_nm = [4, 5]\nrotation_deg = 30\nframe_times_s = [0, 1, 2]\n"
        f"[detector]\ndistance_mm = 6\nazimuths_deg = {azimuths}\n"
    )


def make_source(frames: int | None = 8, shape=(4, 24, 40), dtype="uint16", side=True, identity="made") -> SourceInfo:
    return SourceInfo(
        kind="recording" if frames else "sim",
        address="made",
        identity=identity,
        instrument_toml=toml(shape[0]),
        instrument="fingerprint",
        segments=tuple("ABCDEFGH"[: shape[0]]),
        dtype=dtype,
        shape=shape,
        frames=frames,
        can_wait=frames is not None,
        start_utc="2026-01-01T00:00:00Z",
        side_units={"temperature": "K"} if side else {},
    )


def make_frame(source: SourceInfo, sequence: int, **side: float) -> Frame:
    random = np.random.default_rng(sequence)
    header = FrameHeader(
        run_id="run",
        sequence=sequence,
        frame_id=1000 + 3 * sequence,
        start_s=1.5 * sequence,
        end_s=1.5 * sequence + 1.25,
        line_time_s=0.01,
        segments=source.segments,
        dtype=source.dtype,
        shape=source.shape,
        pixel_size_nm=(4.0, 5.0),
        rotation_deg=30.0,
        instrument=source.instrument,
        side={"temperature": 300.0 + sequence, **side} if source.side_units else side,
    )
    return Frame(header, random.integers(0, np.iinfo(source.dtype).max, source.shape).astype(source.dtype))


def make_registered(source: SourceInfo, sequence: int, aligned: bool = True) -> Registered:
    random = np.random.default_rng(10_000 + sequence)
    image = source.shape[1:]

    def normal(*shape: int) -> np.ndarray:
        return random.normal(0, 1, shape).astype(np.float32)

    surface = Surface(
        slope=normal(2, *image) / 5,
        slope_sd=np.abs(normal(*image)) / 20 + np.float32(0.01),
        height=normal(*image) * 30,
        height_sd=np.abs(normal(*image)) + np.float32(0.1),
        residual=np.abs(normal(*image)),
        trust=random.integers(0, 101, image).astype(np.uint8),
    )
    drift = Drift((0.5 * sequence, -0.25 * sequence), (0.1, 0.2), (0.01, 0.02), aligned)
    datum = Datum((0.1 * sequence, 0.001, -0.002 * sequence), (0.01, 1e-4, 1e-4), 0.7) if aligned else Datum()
    return Registered(surface, drift, datum)


def make_calibration(**more) -> Calibration:
    return Calibration(
        gain=(1.0,) * 4,
        offset_adu=(0.0,) * 4,
        noise_slope_adu=(8.0,) * 4,
        noise_floor_adu2=(0.0,) * 4,
        flat=(1.0,) * 4,
        contrast=((1.0, 0.0),) * 4,
        noise_correlation_px=1.5,
        kappa_u=0.01,
        **more,
    )


def settle(writer: StoreWriter, source: SourceInfo, sequence: int) -> None:
    """What a run does once a frame is recorded: results, latency, commit with the state after this frame."""
    calibration, model = writer.add_calibration(make_calibration()), writer.add_model("abc", "analytic")
    writer.write_registered(sequence, make_registered(source, sequence), calibration, model).result()
    writer.write_latency(sequence, {"inference": 12.0, "registration": 3.0})
    state = f"state after {sequence}".encode()
    writer.commit(committed=sequence + 1, recorded=max(writer.recorded, sequence + 1), state=state)


def write_run(path: Path, source: SourceInfo, frames: int, ahead: int = 2) -> None:
    """Create or continue a store and bring it to its end, recording `ahead` frames before the one being settled."""
    create = not path.exists()
    with StoreWriter.create(path, source, "run", stages=STAGES) if create else StoreWriter.resume(path) as writer:
        for sequence in range(writer.committed, frames):
            for newer in range(writer.recorded, min(frames, sequence + ahead + 1)):
                writer.write_frame(make_frame(source, newer)).result()
                writer.commit(committed=writer.committed, recorded=newer + 1)
            settle(writer, source, sequence)
        writer.finish(frames)
