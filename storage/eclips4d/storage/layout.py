"""Which arrays a store holds: names, types, shapes, chunks and attributes, derived from the source and nothing else.

Two kinds of array differ in how they are written. *Planes* (raw frames, maps) are one shard per frame, written whole
and once. *Columns* (a few bytes per frame) are uncompressed chunks of fixed length whose entries are written in place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.core.source import SourceInfo
from eclips4d.core.units import UNITS

PRODUCTS = {
    "height": "float32",
    "slope": "float32",
    "slope_sd": "float16",
    "height_sd": "float16",
    "residual": "float16",
    "trust": "uint8",
}
LIVE_BLOCK = 4096
"""Frames by which the time axis of a source without a known end grows. Whoever opens a store reads one piece of `time`
per block: with short ones opening takes longer and longer."""
FIRST_LIVE_BLOCK = 256
"""What it was in stores that do not say."""
TILE = 256
"""Pixels along one side of a piece that can be read by itself."""
COMPONENTS = {"slope": ("x", "y"), "drift": ("row", "column")}
TERMS = ("offset_nm", "tilt_x", "tilt_y")
"""Of a datum's plane. Not components: those are two in every other array."""
STATUS_FLAGS = {
    1: "done",
    2: "gap",
    4: "duplicate_dropped",
    8: "quarantined",
    16: "not_aligned",
    32: "deferred",
    64: "doubted",
}


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """One array of the store.

    Attributes
    ----------
    row : tuple of int
        Shape of one frame's entry (of the whole array when it has no time axis).
    block : int
        Entries along time per file; 0 when the array has no time axis.
    tile : tuple of int
        Inner chunk of a plane's shard, without time; empty for columns.
    """

    name: str
    dtype: str
    dims: tuple[str, ...]
    row: tuple[int, ...]
    block: int
    tile: tuple[int, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def timed(self) -> bool:
        """Whether the first axis is time."""
        return self.block > 0

    @property
    def compact(self) -> bool:
        """Whether a file holds the planes of several frames: once a run has ended, see `compact.py`."""
        return bool(self.tile) and self.block > 1

    @property
    def fill(self) -> str | int:
        """Value of what was never written, as Zarr metadata spells it."""
        return "NaN" if self.dtype.startswith("float") else 0

    @property
    def chunk(self) -> tuple[int, ...]:
        """Shape of one file: a whole shard, or a block of a column."""
        shard = tuple(math.ceil(n / t) * t for n, t in zip(self.row, self.tile, strict=True)) if self.tile else self.row
        return (self.block, *shard) if self.timed else shard

    def shape(self, length: int) -> tuple[int, ...]:
        """Shape of the array when the time axis has `length` entries."""
        return (length, *self.row) if self.timed else self.row


def tile_length(pixels: int) -> int:
    """Side of the pieces a shard is cut into: about `TILE`, all alike, together a few pixels larger at most."""
    return math.ceil(pixels / max(1, round(pixels / TILE)))


def time_block(source: SourceInfo) -> int:
    """Entries per chunk of a column: the whole recording, or a block when nobody knows how long it gets."""
    return LIVE_BLOCK if source.frames is None else max(1, source.frames)


def check_keep(keep: Iterable[str]) -> tuple[str, ...]:
    """Products to be stored, in their usual order; raw frames and columns always are.

    Raises
    ------
    InputError
        A name that is no product.
    """
    wanted = set(keep) - {"raw"}
    unknown = sorted(wanted - set(PRODUCTS))
    if unknown:
        raise InputError(f"no product is called {unknown[0]!r}", cure=f"choose from raw, {', '.join(PRODUCTS)}")
    return tuple(name for name in PRODUCTS if name in wanted)


def plane_specs(
    source: SourceInfo, products: Iterable[str], together: Mapping[str, int] = MappingProxyType({})
) -> dict[str, ArraySpec]:
    """The big arrays, raw first; `together` says which of them have several frames per file."""
    segments, rows, columns = source.shape
    image, tile = (rows, columns), (tile_length(rows), tile_length(columns))
    raw_attributes = described("raw", segments=list(source.segments))
    raw_dims = ("time", "segment", "y", "x")
    raw_row, raw_block = (segments, *image), together.get("raw", 1)
    specs = {"raw": ArraySpec("raw", source.dtype, raw_dims, raw_row, raw_block, (1, *tile), raw_attributes)}
    for name in products:
        parts = COMPONENTS.get(name)
        attributes = described(name, components=list(parts)) if parts else described(name)
        row, piece = ((len(parts), *image), (1, *tile)) if parts else (image, tile)
        dims = ("time", *(["component"] if parts else []), "y", "x")
        specs[name] = ArraySpec(name, PRODUCTS[name], dims, row, together.get(name, 1), piece, attributes)
    return specs


def column_specs(
    source: SourceInfo, stages: Iterable[str], side_units: dict[str, str], block: int, datum: bool = True
) -> dict[str, ArraySpec]:
    """The small arrays: one entry per frame, `block` entries per chunk. Stores made before there was a datum have no
    columns for it.
    """
    names = list(stages)

    def column(name: str, dtype: str, *axis: tuple[str, int], **more: Any) -> ArraySpec:
        dims, row = tuple(dim for dim, _ in axis), tuple(size for _, size in axis)
        return ArraySpec(name, dtype, ("time", *dims), row, block, (), described(name, **more))

    both = ("component", 2)
    specs = [
        column("frame_id", "int64"),
        column("time_end", "float64"),
        column("line_time", "float64"),
        *(column(name, "float64", both, components=list(COMPONENTS["drift"])) for name in DRIFT),
        *(column(name, "float64", ("term", len(TERMS)), terms=list(TERMS)) for name in (DATUM if datum else ())),
        *(column(name, "int32") for name in INDICES),
        *([column("latency_ms", "float32", ("stage", len(names)), stages=names)] if names else []),
        column("status", "uint8", flag_masks=list(STATUS_FLAGS), flag_meanings=" ".join(STATUS_FLAGS.values())),
        *(side_spec(name, unit, block) for name, unit in side_units.items()),
        column("time", "float64", start_utc=source.start_utc, standard_name="time"),
    ]
    return {spec.name: spec for spec in specs}


DRIFT = ("drift", "drift_rate", "drift_sd")
DATUM = ("datum", "datum_sd")
INDICES = ("model", "calibration", "reference")


def side_spec(name: str, unit: str, block: int) -> ArraySpec:
    """Column of a side value such as a temperature."""
    return ArraySpec(f"side_{name}", "float64", ("time",), (), block, (), {"units": unit, "long_name": name})


def axis_specs(source: SourceInfo, instrument: Instrument) -> dict[str, ArraySpec]:
    """Coordinates of the registered grid; their values are multiples of the pixel size."""
    _, rows, columns = source.shape
    step_x, step_y = instrument.scan.pixel_size_xy_nm
    known = instrument.calibration.pixel_scale_u if instrument.calibration else None
    scale = {} if known is None else {"scale_u": known}
    return {
        "y": ArraySpec("y", "float64", ("y",), (rows,), 0, (), described("y", step_nm=step_y, **scale)),
        "x": ArraySpec("x", "float64", ("x",), (columns,), 0, (), described("x", step_nm=step_x, **scale)),
    }


def described(name: str, **more: Any) -> dict[str, Any]:
    """Attributes `units` and `long_name` of a quantity, and more."""
    units, long_name = UNITS[name]
    return {"units": units, "long_name": long_name, **more}
