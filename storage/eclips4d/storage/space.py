"""How much disk a run takes, and whether there is enough of it.

The assumed compression is deliberately poor: shot noise hardly compresses, and a run should end early on paper only.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eclips4d.core.errors import DiskFullError
from eclips4d.core.source import SourceInfo
from eclips4d.storage.layout import ArraySpec, column_specs, plane_specs, time_block

ASSUMED_RATIO = {"uint8": 1.0, "uint16": 0.8, "float32": 0.6, "float16": 0.8}
"""Bytes on the disk per byte of data, by type."""
MINIMUM_S = 600.0
"""A run does not start when the disk would be full earlier than this."""


@dataclass(frozen=True, slots=True)
class Space:
    """How fast a run fills the disk.

    Attributes
    ----------
    gb_per_hour : float
        10⁹ bytes per hour.
    seconds_until_full : float
        Infinite for a source of rate 0.
    """

    gb_per_hour: float
    seconds_until_full: float
    free_bytes: int

    def __str__(self) -> str:
        return f"{self.gb_per_hour:.3g} GB/h, {_duration(self.seconds_until_full)} until the disk is full"


def bytes_per_frame(source: SourceInfo, keep: Iterable[str]) -> int:
    """Bytes on the disk per frame, with the assumed compression of each type."""
    planes = plane_specs(source, keep).values()
    columns = column_specs(source, (), source.side_units, time_block(source)).values()
    packed = sum(_entry_bytes(spec) * ASSUMED_RATIO[spec.dtype] for spec in planes)
    return math.ceil(packed) + sum(_entry_bytes(spec) for spec in columns)


def check_space(path: Path, bytes_per_second: float, *, total_bytes: float = math.inf) -> Space:
    """How long the disk of `path` lasts.

    Parameters
    ----------
    path
        The store, which need not exist yet.
    bytes_per_second
        Rate at which it grows.
    total_bytes
        What the whole run takes, when that is known: a short recording needs no ten minutes of space.

    Raises
    ------
    DiskFullError
        Less than ten minutes of space, and less than the whole run needs.
    """
    free = shutil.disk_usage(_existing(path)).free
    seconds = free / bytes_per_second if bytes_per_second > 0 else math.inf
    space = Space(bytes_per_second * 3600 / 1e9, seconds, free)
    if free < min(total_bytes, bytes_per_second * MINIMUM_S):
        raise DiskFullError(
            f"{free / 1e9:.3g} GB are free, enough for {_duration(seconds)} at {space.gb_per_hour:.3g} GB/h",
            where=str(path),
            cure="free some space, choose another --out, or keep fewer products with --keep",
        )
    return space


def _entry_bytes(spec: ArraySpec) -> int:
    return math.prod(spec.row) * np.dtype(spec.dtype).itemsize


def _existing(path: Path) -> Path:
    return next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.3g} h" if math.isfinite(seconds) else "for ever"
