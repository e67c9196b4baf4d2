"""Pull pictures out of a store, growing or finished. Read only; the writer is never asked for anything.

The store is glanced at again when its one metadata file was replaced, and only then: a file status call tells, or
where the store lies in a bucket a question once a second. Frames
and paintings are remembered, so a glance at an unchanged store costs microseconds, and a frame seen before little.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eclips4d import storage
from eclips4d.core.errors import EclipsError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Status
from eclips4d.core.stacking import MOST_FRAMES
from eclips4d.storage.folder import ROOT
from eclips4d.storage.glance import Glance
from eclips4d.storage.objects import is_object
from eclips4d.storage.planes import Planes
from eclips4d.storage.record import Record
from eclips4d.storage.stamp import Stamp
from eclips4d.viewer.change import ChangeReader
from eclips4d.viewer.columns import ColumnReader
from eclips4d.viewer.drift import drift_curves
from eclips4d.viewer.drift_memory import DatumMemory, DriftMemory
from eclips4d.viewer.events import EventMemory
from eclips4d.viewer.foresight import Foresight
from eclips4d.viewer.frame_memory import FrameMemory
from eclips4d.viewer.latency import reaches_of
from eclips4d.viewer.painting import paint
from eclips4d.viewer.picture import (
    Detail,
    Grid,
    Painted,
    Picture,
    RawImage,
    RunState,
    Scales,
    Segments,
    SurfaceImage,
    Wanted,
    why_empty,
)
from eclips4d.viewer.scan_image import ScanImage
from eclips4d.viewer.scanning import ScanReader
from eclips4d.viewer.stacked import StackReader
from eclips4d.viewer.stored_images import StoredImages
from eclips4d.viewer.with_extras import with_extras

PASSING_VALUES = 6
"""That are kept while the newest frame is followed, a little more than one frame has: memory that is used again costs
nothing, and fresh one a quarter of all that a frame costs."""
BROKEN = (EclipsError, OSError, ValueError, KeyError, IndexError, RuntimeError)
"""What reading a damaged store can raise."""


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """One state of the store; committed frames of `products` and recorded frames of `raw` never change."""

    stamp: tuple[int, int, int]
    state: RunState
    grid: Grid
    raw_grid: Grid
    segments: Segments
    products: Glance
    raw: Glance
    run_id: str
    start_utc: str | None
    """None where the clock tells nothing of the frames: they were taken at another time."""


class StoreFrames:
    """Pictures of one store; one thread at a time may look.

    Parameters
    ----------
    path : Path
        The store; it need not exist yet.
    memory : FrameMemory, optional
        Of frames seen before.
    """

    def __init__(self, path: Path, memory: FrameMemory | None = None) -> None:
        self.path = path
        self._opened: _Opened | None = None
        self._last = Picture(Wanted())
        self._drift, self._datum = DriftMemory(), DatumMemory()
        self._change, self._stacks = ChangeReader(), StackReader()
        self._events, self._columns = EventMemory(), ColumnReader()
        self._images, self._memory = StoredImages(path), FrameMemory() if memory is None else memory
        self._passing = FrameMemory(most_values=PASSING_VALUES)
        self._foresight = Foresight()
        self._scan = ScanReader()
        self._stamp = Stamp(path / ROOT)

    def look(self, wanted: Wanted) -> Picture:
        """The picture that is wanted; the very same object as before when nothing is new.

        A store that is not there, holds nothing yet or cannot be read gives a picture without images that says so.
        """
        try:
            opened = self._refresh()
            if opened is None:
                return self._answer(Picture(wanted, note=f"waiting for {self.path}"))
            picture = self._columns.add(self._compose(opened, wanted), opened.run_id, opened.raw, opened.products)
            state, start = opened.state, opened.start_utc
            events = self._events.read(self.path, state.time_s, start_utc=start, ended=state.ended)
            return self._answer(replace(picture, events=events))
        except BROKEN as error:
            # Whatever is broken in a store, a window says so and tries again; it never falls over.
            return self._answer(replace(self._last, wanted=wanted, trouble=_one_line(error)))

    def ahead(self, wanted: Wanted) -> Iterator[None]:
        """Read and paint what will probably be asked after this, one image at a time; whoever goes on decides when."""
        opened = self._opened
        if opened is None or wanted.sequence is None or (wanted.stack or opened.state.stack) > 1:
            return
        for sequence in self._foresight.after(wanted.sequence, opened.state.recorded):
            try:
                raw = self._raw(opened, sequence, wanted, self._memory)
                yield
                missing = opened.state.why_missing(sequence)
                surface = None if missing else self._surface(opened, sequence, 1, self._memory)
                yield
                paint(raw, surface, wanted.scales, _detail(wanted), self._memory)
                yield
            except BROKEN:
                return  # it is said when somebody looks at that frame

    def close(self) -> None:
        """Forget the store."""
        self._opened = None

    def _answer(self, picture: Picture) -> Picture:
        if not _same(picture, self._last):
            self._last = picture
        return self._last

    def _refresh(self) -> _Opened | None:
        stamp = self._stamp.look()
        if stamp is None:
            self._opened = None
            return None
        if self._opened is None or self._opened.stamp != stamp:
            record = self._images.look_again()
            opened = _open(self.path, record, self._images.planes, stamp, self._drift, self._datum)
            if self._opened is None or self._opened.run_id != opened.run_id:
                self._memory.forget()
                self._passing.forget()
            self._opened = opened
        return self._opened

    def _compose(self, opened: _Opened, wanted: Wanted) -> Picture:
        state = opened.state
        if not state.recorded:
            return Picture(wanted, state, note="waiting for the first frame")
        memory = self._passing if wanted.sequence is None and not state.ended else self._memory
        raw = self._raw(opened, state.recorded - 1 if wanted.sequence is None else wanted.sequence, wanted, memory)
        sequence = state.newest_done if wanted.sequence is None else wanted.sequence
        note = "not inferred yet" if sequence is None else state.why_missing(sequence)
        frames = wanted.stack or state.stack
        surface = None if sequence is None or note else self._surface(opened, sequence, frames, memory)
        if surface is not None:
            note = why_empty("height", surface.height)
        scales, painted = self._paint(raw, surface, wanted, memory)
        change = None
        if wanted.change and surface is not None:
            pixel, levels = opened.grid.pixel_size_nm, wanted.scales.change
            change = self._change.look(opened.run_id, opened.products, state.datum, pixel, surface.sequence, levels)
            scales = replace(scales, change=change.levels or levels)
        scan = self._scanned(opened, wanted, surface, scales) if frames == 1 else None
        picture = Picture(
            wanted,
            state,
            opened.grid,
            opened.raw_grid,
            opened.segments,
            raw,
            surface,
            scales,
            painted,
            note,
            change=change,
            scan=scan,
        )
        return with_extras(picture, opened.products, self._last)

    def _scanned(
        self, opened: _Opened, wanted: Wanted, surface: SurfaceImage | None, scales: Scales
    ) -> ScanImage | None:
        state = opened.state
        if wanted.sequence is not None or state.ended:
            return None
        newest = None if surface is None or surface.height is None else (surface.sequence, surface.height)
        halved = _detail(wanted).surface
        return self._scan.look(self.path, opened.grid.shape, newest, state.drift, scales.height, halved)

    def _raw(self, opened: _Opened, sequence: int, wanted: Wanted, memory: FrameMemory) -> RawImage | None:
        gap = sequence < opened.state.committed and opened.state.status[sequence] & int(Status.GAP)
        if gap or "raw" not in opened.raw:
            return None
        # Levels are those of pixels as recorded: means have less noise.
        halved = _detail(wanted).raw if wanted.scales.raw else 0

        def read() -> RawImage:
            return RawImage(sequence, self._images.read("raw", sequence, halved), halved)

        return memory.recall(("raw", sequence, halved), read, lambda raw: raw.data.nbytes)

    def _surface(self, opened: _Opened, sequence: int, frames: int, memory: FrameMemory) -> SurfaceImage:
        if frames > 1:
            return self._stacks.surface(opened.run_id, opened.products, sequence, frames, self._last.surface)

        def read() -> SurfaceImage:
            height, height_sd, slope = (self._images.kept(name, sequence) for name in ("height", "height_sd", "slope"))
            return SurfaceImage(sequence, height, height_sd, slope)

        return memory.recall(("surface", sequence), read, _bytes_of)

    def _paint(
        self, raw: RawImage | None, surface: SurfaceImage | None, wanted: Wanted, memory: FrameMemory
    ) -> tuple[Scales, Painted]:
        last = self._last
        same = raw is last.raw and surface is last.surface and _detail(wanted) == _detail(last.wanted)
        if same and wanted.scales in (last.scales, last.wanted.scales):
            return last.scales, last.painted
        return paint(raw, surface, wanted.scales, _detail(wanted), memory)


def _detail(wanted: Wanted) -> Detail:
    """What a surface in three dimensions is coloured with is not made smaller."""
    return wanted.detail if wanted.relief is None else replace(wanted.detail, surface=0)


def _bytes_of(surface: SurfaceImage) -> int:
    return sum(plane.nbytes for plane in (surface.height, surface.height_sd, surface.slope) if plane is not None)


def _open(
    path: Path,
    record: Record,
    planes: Planes,
    stamp: tuple[int, int, int],
    drifts: DriftMemory,
    datums: DatumMemory,
) -> _Opened:
    said = storage.summary(path)
    instrument = parse_instrument(said.source.instrument_toml, where=str(path))
    products = Glance(path, record, planes)
    raw = Glance(path, record, planes, recorded=True) if record.recorded > record.committed else products
    drift = drifts.read(said.run_id, products, said.pixel_size_nm)
    state = RunState(
        committed=products.sizes["time"],
        recorded=raw.sizes["time"],
        total=said.expected if record.total is None else record.total,
        ended=record.ended,
        changed_s=stamp[0] / 1e9,
        time_s=raw["time"].values.astype(np.float64),
        frame_id=raw["frame_id"].values.astype(np.int64),
        status=products["status"].values.astype(np.int64),
        free_bytes=None if is_object(path) else shutil.disk_usage(path).free,
        calibrated=said.calibrated,
        scale_u=said.scale_u,
        drift=drift,
        drift_curves=None if drift is None or not drift.known.any() else drift_curves(drift),
        datum=datums.read(said.run_id, products),
        stack=min(said.stack, MOST_FRAMES),
        run_id=said.run_id,
        reaches=reaches_of(said.extra.get("latency")),
    )
    pixel = instrument.scan.pixel_size_xy_nm
    rows, columns = said.source.shape[1:]
    azimuths = tuple((a - instrument.scan.rotation_deg) % 360 for a in instrument.detector.azimuths_deg)
    return _Opened(
        stamp=stamp,
        state=state,
        grid=_grid(products, pixel),
        raw_grid=Grid(pixel, (rows, columns)),
        segments=Segments(tuple(said.source.segments), azimuths),
        products=products,
        raw=raw,
        run_id=said.run_id,
        start_utc=None if said.source.can_wait else said.source.start_utc,
    )


def _grid(products: Glance, pixel_size_nm: tuple[float, float]) -> Grid:
    x, y = products["x"].values, products["y"].values
    size = tuple(
        float(axis[-1] - axis[0]) / (axis.size - 1) if axis.size > 1 else pixel
        for axis, pixel in zip((x, y), pixel_size_nm, strict=True)
    )
    return Grid((size[0], size[1]), (y.size, x.size), (float(x[0]), float(y[0])))


def _same(a: Picture, b: Picture) -> bool:
    return (
        a.state is b.state
        and a.raw is b.raw
        and a.surface is b.surface
        and a.painted is b.painted
        and a.change is b.change
        and a.doubt is b.doubt
        and a.relief is b.relief
        and a.events is b.events
        and a.side is b.side
        and a.latency is b.latency
        and a.scan is b.scan
        and (a.wanted, a.note, a.trouble) == (b.wanted, b.note, b.trouble)
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
