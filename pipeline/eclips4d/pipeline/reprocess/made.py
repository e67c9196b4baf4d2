"""What a worker stages of a frame: the files of the new store as they are written, and the few numbers beside them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import xxhash

from eclips4d.core.frame import RawArray
from eclips4d.core.results import Surface
from eclips4d.pipeline.cluster.staging import ENDING, PARTIAL, stage, staged
from eclips4d.pipeline.doubt_watch import typical_residual
from eclips4d.registration.height_samples import SeenHeight, seen_height
from eclips4d.storage.durable import disk_errors, write_synced
from eclips4d.storage.encoding import Encoder
from eclips4d.storage.rounding import stored_planes

SEEN = "seen"
"""Staged array: the height at the patches that the datum looks at."""


class _Facts(msgspec.Struct, frozen=True):
    """Of a frame: checksum of its pixels, lengths of its files, and what is told of its surface beside them."""

    pixels: int
    lengths: dict[str, int]
    sd_nm: float
    doubted: bool
    residual: float


@dataclass(frozen=True, slots=True)
class Made:
    """A frame that is inverted, put on the grid, rounded and packed.

    Attributes
    ----------
    files : mapping of str to Path
        By array, raw pixels included; durable.
    seen : SeenHeight
        Of the height on the grid.
    doubted : bool
        Whether nothing of the surface is to be believed.
    residual : float
        Its typical residual then, else NaN.
    """

    files: Mapping[str, Path]
    seen: SeenHeight
    doubted: bool
    residual: float


def checksum(raw: RawArray) -> int:
    """Of the pixels of a frame."""
    return xxhash.xxh3_64_intdigest(raw.data)


def stage_made(
    path: Path, key: str, raw: RawArray, surface: Surface, pixel_size_nm: tuple[float, float], encoder: Encoder
) -> None:
    """Stage a frame and its surface, which lies on the grid: files first, then what says that all of them are there.

    Raises
    ------
    DiskFullError, StoreError
        It cannot be written.
    """
    seen = seen_height(surface.height, surface.height_sd, pixel_size_nm)
    doubted = surface.doubted
    planes: dict[str, Any] = {"raw": raw, **stored_planes(surface, encoder.products)}
    files = encoder.encode(planes)
    with disk_errors(path.parent):
        for name, data in files.items():
            _write(file_beside(path, name), data)
    lengths = {name: len(data) for name, data in files.items()}
    residual = typical_residual(surface) if doubted else np.nan
    facts = _Facts(checksum(raw), lengths, seen.sd_nm, doubted, residual)
    stage(path, key, msgspec.msgpack.encode(facts), {SEEN: seen.samples})


def made_of(pixels: int, path: Path, key: str) -> Made | None:
    """What is staged there, if it is whole and was made of the pixels with this checksum.

    Files were durable before anything said that they are there, and Zarr keeps checksums of its own: lengths will do.
    """
    found = staged(path, key)
    if found is None:
        return None
    facts = msgspec.msgpack.decode(found.facts, type=_Facts)
    files = {name: file_beside(path, name) for name in facts.lengths}
    if facts.pixels != pixels or any(_length(files[name]) != length for name, length in facts.lengths.items()):
        return None
    seen: Any = found.arrays[SEEN]
    return Made(files, SeenHeight(seen, facts.sd_nm), facts.doubted, facts.residual)


def file_beside(path: Path, name: str) -> Path:
    """Where the file of an array lies for what is staged at `path`."""
    return path.with_name(f"{path.name.removesuffix(ENDING)}.{name}{ENDING}")


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")
    try:
        write_synced(beside, data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
