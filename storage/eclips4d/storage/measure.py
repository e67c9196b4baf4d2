"""What storing costs: the same encode, write and sync that a run does, on frames that look like real ones."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.results import Drift, FloatArray, Registered, Surface
from eclips4d.core.source import SourceInfo
from eclips4d.storage.layout import PRODUCTS
from eclips4d.storage.writer import StoreWriter

_TOML = """[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
[detector]
distance_mm = 6
azimuths_deg = [45, 135, 225, 315]
"""
CALIBRATION = Calibration(
    gain=(1.0,) * 4,
    offset_adu=(0.0,) * 4,
    noise_slope_adu=(8.0,) * 4,
    noise_floor_adu2=(0.0,) * 4,
    flat=(1.0,) * 4,
    contrast=((1.0, 0.0),) * 4,
)


@dataclass(frozen=True, slots=True)
class StorageSpeed:
    """Per frame: processor and wall time of storing it, time of its commit, bytes on the disk."""

    size: int
    products: tuple[str, ...]
    cpu_ms: float
    wall_ms: float
    commit_ms: float
    megabytes: float


def encode_write_sync(writer: StoreWriter, frame: Frame, registered: Registered) -> None:
    """Store one frame and its results, durably, and commit it: what a run does per frame, in one call."""
    sequence = frame.header.sequence
    calibration, model = writer.add_calibration(CALIBRATION), writer.add_model("measure", "analytic")
    writer.write_frame(frame).result()
    writer.write_registered(sequence, registered, calibration, model).result()
    writer.write_latency(sequence, dict.fromkeys(writer.stages, 0.0))
    writer.commit(committed=sequence + 1, recorded=sequence + 1)


def storage_speed(
    folder: Path | None = None, *, size: int = 1024, frames: int = 20, keep: tuple[str, ...] = tuple(PRODUCTS)
) -> StorageSpeed:
    """Store synthetic frames and time it.

    Parameters
    ----------
    folder
        Where a scratch folder is made; the system's temporary folder when not given.
    size
        Pixels along each side of the four segments.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="eclips4d-storage-") as scratch:
        path = Path(scratch) / "speed.zarr"
        source = synthetic_source(size, frames)
        made = [synthetic_frame(source, sequence) for sequence in range(2)]
        with StoreWriter.create(path, source, "measure", keep=keep, stages=("storage",)) as writer:
            cpu, wall = time.process_time(), time.perf_counter()
            for sequence in range(frames):
                frame, registered = made[sequence % 2]
                encode_write_sync(writer, numbered(frame, sequence), registered)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            before = time.perf_counter()
            for _ in range(frames):
                writer.commit(committed=frames, recorded=frames)
            commits = time.perf_counter() - before
        size_bytes = sum(p.stat().st_size for name in ("raw", *keep) for p in (path / name).glob("c.*"))
    per_ms = 1e3 / frames
    return StorageSpeed(size, keep, cpu * per_ms, wall * per_ms, commits * per_ms, size_bytes / frames / 1e6)


def synthetic_source(size: int, frames: int) -> SourceInfo:
    """A source of four square uint16 segments."""
    return SourceInfo(
        kind="sim",
        address="synthetic",
        identity="synthetic",
        instrument_toml=_TOML,
        instrument="synthetic",
        segments=("A", "B", "C", "D"),
        dtype="uint16",
        shape=(4, size, size),
        frames=frames,
        can_wait=True,
        start_utc="2000-01-01T00:00:00Z",
    )


def synthetic_frame(source: SourceInfo, sequence: int) -> tuple[Frame, Registered]:
    """Frames with the shot noise of 150 electrons per pixel, and results with the noise that follows from it."""
    random = np.random.default_rng(sequence)
    _, rows, columns = source.shape
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    waves = np.stack([0.2 * np.sin(x / 40), 0.1 * np.cos(y / 30)])
    lit = np.stack([1 + waves[0], 1 + waves[1], 1 - waves[0], 1 - waves[1]])
    raw = (8 * random.poisson(150 * lit)).astype(source.dtype)
    sd = (0.05 / np.sqrt(lit.mean(0))).astype(np.float32)

    def noisy(values: FloatArray, scale: float) -> FloatArray:
        return (values + random.normal(0, scale, values.shape)).astype(np.float32)

    surface = Surface(
        slope=noisy(waves, 0.05),
        slope_sd=sd,
        height=noisy(8 * np.cos(x / 40) + 3 * np.sin(y / 30), 0.3),
        height_sd=6 * sd,
        residual=np.abs(noisy(np.ones_like(sd), 0.4)),
        trust=np.clip(95 - 200 * np.abs(waves[0]), 0, 100).astype(np.uint8),
    )
    return Frame(_header(source, sequence), raw), Registered(surface, Drift((0.0, 0.0)))


def numbered(frame: Frame, sequence: int) -> Frame:
    """The same pixels as another frame of the run."""
    header = msgspec.structs.replace(
        frame.header, sequence=sequence, frame_id=sequence, start_s=float(sequence), end_s=float(sequence + 1)
    )
    return Frame(header, frame.data)


def _header(source: SourceInfo, sequence: int) -> FrameHeader:
    return FrameHeader(
        run_id="measure",
        sequence=sequence,
        frame_id=sequence,
        start_s=float(sequence),
        end_s=float(sequence + 1),
        line_time_s=0.0,
        segments=source.segments,
        dtype=source.dtype,
        shape=source.shape,
        pixel_size_nm=(4.0, 4.0),
        rotation_deg=0.0,
        instrument=source.instrument,
    )
