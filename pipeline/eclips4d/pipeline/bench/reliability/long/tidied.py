"""What a finished store gains from compaction: files, time to open, time to follow pixels through time."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import xarray as xr

from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.long.recording import record
from eclips4d.pipeline.bench.rows import Row
from eclips4d.storage.compact import compact

TABLE = "Compaction of a finished store"
FRAMES = 2_000
REPEATS = 5
WINDOW = 8
"""Pixels along each side of the piece that is followed through time."""


def tidied(context: ReliabilityContext, size: int) -> list[Row]:
    """Figures before and after."""
    frames = max(20, context.times(FRAMES))
    with tempfile.TemporaryDirectory(prefix="eclips4d-tidied-", dir=Path.cwd()) as folder:
        path = Path(folder) / "run.zarr"
        for _ in record(path, frames, size, 1):
            pass
        before = _figures(path)
        done = compact(path, linger_s=0.0)
        after = _figures(path)
    measured = [Row(TABLE, f"{frames} frames of 4 × {size}², frames compacted per second", frames / done.seconds)]
    for name, value in before.items():
        measured += [Row(TABLE, f"{name}, before", value), Row(TABLE, f"{name}, after", after[name])]
    return measured


def _figures(path: Path) -> dict[str, float]:
    files = [file for file in path.rglob("*") if file.is_file()]
    series = {name: median(_series_ms(path, name) for _ in range(REPEATS)) for name in ("raw", "height")}
    return {
        "files": len(files),
        "size on the disk, MB": sum(file.stat().st_blocks * 512 for file in files) / 1e6,
        "xarray.open_zarr, ms": median(_open_ms(path) for _ in range(REPEATS)),
        f"{WINDOW} × {WINDOW} raw pixels of all frames, ms": series["raw"],
        f"{WINDOW} × {WINDOW} heights of all frames, ms": series["height"],
    }


def _open_ms(path: Path) -> float:
    began = time.perf_counter()
    xr.open_zarr(path).close()
    return 1e3 * (time.perf_counter() - began)


def _series_ms(path: Path, name: str) -> float:
    with xr.open_zarr(path, chunks=None) as run:
        began = time.perf_counter()
        run[name][..., :WINDOW, :WINDOW].load()
        return 1e3 * (time.perf_counter() - began)
