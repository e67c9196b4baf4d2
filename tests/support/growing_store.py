"""A small store that grows frame by frame, with surfaces known in closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Datum, Drift, Registered, Status, Surface
from eclips4d.core.source import SourceInfo
from eclips4d.storage import StoreWriter

ROWS, COLUMNS, PIXEL_NM = 30, 40, 2.0
AT_REST = Drift((0.0, 0.0))
UNKNOWN = Datum()
TOML = f"""
[beam]
energy_kev = 10
[scan]
pixel_size_nm = {PIXEL_NM}
rotation_deg = 15
[detector]
distance_mm = 6
azimuths_deg = [45, 135, 225, 315]
"""


def height_of(frame: int) -> np.ndarray:
    """A tilted plane, 0.1 nm/nm along x and 0.05 down y, rising by 1 nm a frame."""
    y, x = np.mgrid[:ROWS, :COLUMNS] * PIXEL_NM
    return (0.1 * x + 0.05 * y + frame).astype(np.float32)


def surface_of(frame: int) -> Surface:
    height = height_of(frame)
    slope = np.broadcast_to(np.array([0.1, 0.05], np.float32)[:, None, None], (2, ROWS, COLUMNS)).copy()
    sd = np.full_like(height, 0.5)
    return Surface(slope, sd * 0.02, height, sd, sd * 2, np.full(height.shape, 90, np.uint8))


@dataclass
class GrowingStore:
    path: Path
    writer: StoreWriter
    keys: tuple[int, int]
    source: SourceInfo
    recorded: int = 0
    committed: int = 0
    rows, columns, pixel_nm = ROWS, COLUMNS, PIXEL_NM
    height_of = staticmethod(height_of)

    def record(self, frames: int = 1, side: Mapping[str, float] | None = None) -> None:
        """Make so many more raw frames durable, with these side values."""
        for k in range(self.recorded, self.recorded + frames):
            header = FrameHeader(
                run_id="run",
                sequence=k,
                frame_id=100 + k,
                start_s=2.0 * k,
                end_s=2.0 * k + 1,
                line_time_s=0.01,
                segments=self.source.segments,
                dtype="uint16",
                shape=self.source.shape,
                pixel_size_nm=(PIXEL_NM, PIXEL_NM),
                rotation_deg=15.0,
                instrument=self.source.instrument,
                side=dict(side or {}),
            )
            data = (1000 + k + np.arange(np.prod(header.shape)) % 500).reshape(header.shape).astype(np.uint16)
            self.writer.write_frame(Frame(header, data)).result()
        self.recorded += frames
        self._commit()

    def settle(
        self, frames: int = 1, status: Status | None = None, drift: Drift = AT_REST, datum: Datum = UNKNOWN
    ) -> None:
        """Commit so many more frames, with surfaces that drifted and lie off so far or with a reason why not."""
        for k in range(self.committed, self.committed + frames):
            if status is None:
                self.writer.write_registered(k, Registered(surface_of(k), drift, datum), *self.keys).result()
            else:
                self.writer.set_status(k, status)
        self.committed += frames
        self._commit()

    def grow(self, frames: int = 1, drift: Drift = AT_REST, datum: Datum = UNKNOWN) -> None:
        """Record and settle."""
        self.record(frames)
        self.settle(frames, drift=drift, datum=datum)

    def finish(self) -> None:
        self.writer.finish(self.recorded)

    def _commit(self) -> None:
        self.writer.commit(committed=self.committed, recorded=self.recorded)


def create_store(path: Path, keep: tuple[str, ...] = ("height", "height_sd", "slope")) -> GrowingStore:
    """A store without frames; its writer is to be closed."""
    instrument = parse_instrument(TOML)
    source = SourceInfo(
        kind="sim",
        address="sim://plane",
        identity="plane",
        instrument_toml=TOML,
        instrument=instrument.fingerprint,
        segments=("A", "B", "C", "D"),
        dtype="uint16",
        shape=(4, ROWS, COLUMNS),
        frames=None,
        can_wait=False,
        start_utc="2026-01-01T00:00:00Z",
    )
    writer = StoreWriter.create(path, source, "run", keep=keep, stages=("inference",))
    four = (1.0,) * 4
    calibration = Calibration(
        gain=four,
        offset_adu=four,
        noise_slope_adu=four,
        noise_floor_adu2=four,
        flat=four,
        contrast=((1.0, 0.0),) * 4,
    )
    keys = writer.add_calibration(calibration), writer.add_model("0" * 16, "analytic")
    return GrowingStore(path, writer, keys, source)


@contextmanager
def making_stores(folder: Path) -> Iterator[Callable[..., GrowingStore]]:
    """A maker of stores in this folder, whose writers are closed at the end."""
    made: list[GrowingStore] = []

    def make(name: str = "run.zarr", keep: tuple[str, ...] = ("height", "height_sd", "slope")) -> GrowingStore:
        made.append(create_store(folder / name, keep))
        return made[-1]

    try:
        yield make
    finally:
        for store in made:
            store.writer.close()
