"""Pull pictures out of a store, growing or finished. Read only; the writer is never asked for anything.

The store is opened again when its one metadata file was replaced, and only then: a file status call tells. Frames
and paintings are remembered one deep, so a glance at an unchanged store costs microseconds.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from eclips4d import storage
from eclips4d.core.errors import EclipsError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Status
from eclips4d.core.stacking import MOST_FRAMES
from eclips4d.viewer.change import ChangeReader
from eclips4d.viewer.drift import drift_curves
from eclips4d.viewer.drift_memory import DatumMemory, DriftMemory
from eclips4d.viewer.painting import paint
from eclips4d.viewer.picture import Grid, Picture, RawImage, RunState, Segments, SurfaceImage, Wanted, why_empty
from eclips4d.viewer.stacked import StackReader


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """One state of the store; committed frames of `products` and recorded frames of `raw` never change."""

    stamp: tuple[int, int, int]
    state: RunState
    grid: Grid
    raw_grid: Grid
    segments: Segments
    products: xr.Dataset
    raw: xr.Dataset
    run_id: str


class StoreFrames:
    """Pictures of one store; one thread at a time may look.

    Parameters
    ----------
    path : Path
        The store; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: _Opened | None = None
        self._last = Picture(Wanted())
        self._drift, self._datum = DriftMemory(), DatumMemory()
        self._change, self._stacks = ChangeReader(), StackReader()

    def look(self, wanted: Wanted) -> Picture:
        """The picture that is wanted; the very same object as before when nothing is new.

        A store that is not there, holds nothing yet or cannot be read gives a picture without images that says so.
        """
        try:
            opened = self._refresh()
            if opened is None:
                return self._answer(Picture(wanted, note=f"waiting for {self.path}"))
            return self._answer(self._compose(opened, wanted))
        except (EclipsError, OSError, ValueError, KeyError, IndexError, RuntimeError) as error:
            # Whatever is broken in a store, a window says so and tries again; it never falls over.
            return self._answer(replace(self._last, wanted=wanted, trouble=_one_line(error)))

    def close(self) -> None:
        """Forget the store."""
        self._opened = None

    def _answer(self, picture: Picture) -> Picture:
        if not _same(picture, self._last):
            self._last = picture
        return self._last

    def _refresh(self) -> _Opened | None:
        try:
            status = (self.path / "zarr.json").stat()
        except FileNotFoundError:
            self._opened = None
            return None
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if self._opened is None or self._opened.stamp != stamp:
            self._opened = _open(self.path, stamp, self._drift, self._datum)
        return self._opened

    def _compose(self, opened: _Opened, wanted: Wanted) -> Picture:
        state = opened.state
        if not state.recorded:
            return Picture(wanted, state, note="waiting for the first frame")
        raw = self._raw(opened, state.recorded - 1 if wanted.sequence is None else wanted.sequence)
        sequence = state.newest_done if wanted.sequence is None else wanted.sequence
        note = "not inferred yet" if sequence is None else state.why_missing(sequence)
        surface = None if sequence is None or note else self._surface(opened, sequence, wanted.stack or state.stack)
        if surface is not None:
            note = why_empty("height", surface.height)
        scales, painted = self._paint(raw, surface, wanted)
        change = None
        if wanted.change and surface is not None:
            pixel, levels = opened.grid.pixel_size_nm, wanted.scales.change
            change = self._change.look(opened.run_id, opened.products, state.datum, pixel, surface.sequence, levels)
            scales = replace(scales, change=change.levels or levels)
        return Picture(
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
        )

    def _raw(self, opened: _Opened, sequence: int) -> RawImage | None:
        last = self._last.raw
        if last is not None and last.sequence == sequence:
            return last
        gap = sequence < opened.state.committed and opened.state.status[sequence] & int(Status.GAP)
        if gap or "raw" not in opened.raw:
            return None
        return RawImage(sequence, opened.raw["raw"][sequence].values)

    def _surface(self, opened: _Opened, sequence: int, frames: int) -> SurfaceImage:
        last = self._last.surface
        if frames > 1:
            return self._stacks.surface(opened.run_id, opened.products, sequence, frames, last)
        if last is not None and last.sequence == sequence and last.stack is None:
            return last
        planes = {
            name: opened.products[name][sequence].values.astype(np.float32, copy=False)
            if name in opened.products
            else None
            for name in ("height", "height_sd", "slope")
        }
        return SurfaceImage(sequence, planes["height"], planes["height_sd"], planes["slope"])

    def _paint(self, raw: RawImage | None, surface: SurfaceImage | None, wanted: Wanted) -> Any:
        last = self._last
        if raw is last.raw and surface is last.surface and wanted.scales in (last.scales, last.wanted.scales):
            return last.scales, last.painted
        return paint(raw, surface, wanted.scales, last)


def _open(path: Path, stamp: tuple[int, int, int], drifts: DriftMemory, datums: DatumMemory) -> _Opened:
    said = storage.summary(path)
    instrument = parse_instrument(said.source.instrument_toml, where=str(path))
    products = storage.open(path)
    raw = storage.open(path, recorded=True) if said.recorded > products.sizes["time"] else products
    drift = drifts.read(said.run_id, products, said.pixel_size_nm)
    state = RunState(
        committed=products.sizes["time"],
        recorded=raw.sizes["time"],
        total=said.expected if said.total is None else said.total,
        ended=said.ended,
        changed_s=stamp[0] / 1e9,
        time_s=raw["time"].values.astype(np.float64),
        frame_id=raw["frame_id"].values.astype(np.int64),
        status=products["status"].values.astype(np.int64),
        free_bytes=shutil.disk_usage(path).free,
        calibrated=said.calibrated,
        scale_u=said.scale_u,
        drift=drift,
        drift_curves=None if drift is None or not drift.known.any() else drift_curves(drift),
        datum=datums.read(said.run_id, products),
        stack=min(said.stack, MOST_FRAMES),
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
    )


def _grid(products: xr.Dataset, pixel_size_nm: tuple[float, float]) -> Grid:
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
        and (a.wanted, a.note, a.trouble) == (b.wanted, b.note, b.trouble)
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
