"""Part `objects`: what mirroring and reading a store in a bucket takes, beside the disk in the same run.

A run is written to the disk and mirrored frame by frame, as live; then as a whole, as an archive is. Plain requests of
the same bytes to the same server tell what of it is the server's own.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from eclips4d import storage
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.scaling.context import ScalingContext
from eclips4d.pipeline.bench.scaling.objects.server import bench_bucket
from eclips4d.storage.measure import encode_write_sync, numbered, synthetic_frame, synthetic_source
from eclips4d.storage.mirror import Mirror
from eclips4d.storage.objects import Objects
from eclips4d.storage.writer import StoreWriter

FRAMES = 32
READ = ("height", "slope", "trust")


def rows(context: ScalingContext) -> list[Row]:
    """One table."""
    frames, scratch = context.frames(FRAMES), Path(tempfile.mkdtemp(prefix="eclips4d-objects-", dir=Path.cwd()))
    try:
        with bench_bucket() as bucket:
            below = f"s3://{bucket}/{scratch.name}"
            try:
                return _measured(scratch / "run.zarr", below, frames, context.size)
            finally:
                left = Objects(below)
                left.delete(list(left.sizes()))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _measured(run: Path, below: str, frames: int, size: int) -> list[Row]:
    title = "A store in a bucket, and on the disk"
    live = _live(run, f"{below}/live.zarr", frames, size)
    started = time.perf_counter()
    with Mirror(run, f"{below}/whole.zarr") as made:
        made.copy()
    whole_s, megabytes = time.perf_counter() - started, made.sent.size / 1e6
    plain_s = _took(lambda: _plain(run, Objects(f"{below}/plain.zarr")))
    _read(run)  # the first one imports what opening needs
    here, there = _read(run), _read(f"{below}/whole.zarr")
    return [
        Row(title, "frames of 4 segments", float(frames)),
        Row(title, "pixels along each side", float(size)),
        Row(title, "MB of the store per frame", megabytes / frames),
        Row(title, "ms of a frame written to the disk and committed, median", 1e3 * statistics.median(live.disk_s)),
        Row(title, "ms of its commit mirrored, median", 1e3 * statistics.median(live.mirrored_s)),
        Row(title, "objects per commit", live.objects / frames),
        Row(title, "MB per commit, small arrays whole each time", live.size / 1e6 / frames),
        Row(title, "processor ms of the mirror per commit", 1e3 * live.processor_s / frames),
        Row(title, "MB/s written to the disk", megabytes / sum(live.disk_s)),
        Row(title, "MB/s of the whole store mirrored at once", megabytes / whole_s),
        Row(title, "MB/s of the same files by one plain request after the other", megabytes / plain_s),
        Row(title, "ms to open it on the disk", 1e3 * here[0]),
        Row(title, "ms to open it in the bucket", 1e3 * there[0]),
        Row(title, "MB/s of pixels read from the disk", here[1]),
        Row(title, "MB/s of pixels read from the bucket", there[1]),
        at_most(title, "arrays that differ", float(_different(run, f"{below}/whole.zarr")), 0.0),
    ]


@dataclass(slots=True)
class Live:
    """A run that was mirrored frame by frame.

    Attributes
    ----------
    disk_s, mirrored_s : list of float
        How long each frame took on the disk, and each commit of the mirror.
    processor_s : float
        Of the mirror, all commits together.
    objects, size : int
        That it sent, and their bytes.
    """

    disk_s: list[float] = field(default_factory=list)
    mirrored_s: list[float] = field(default_factory=list)
    processor_s: float = 0.0
    objects: int = 0
    size: int = 0


def _live(run: Path, place: str, frames: int, size: int) -> Live:
    # Of a source without a known end: its small arrays are long from the beginning.
    source = msgspec.structs.replace(synthetic_source(size, frames), frames=None, can_wait=False)
    known, live = [synthetic_frame(source, k) for k in range(2)], Live()
    with StoreWriter.create(run, source, "measure", stages=("storage",)) as writer, Mirror(run, place) as made:
        for sequence in range(frames):
            frame, registered = known[sequence % 2]
            new = numbered(frame, sequence)
            live.disk_s.append(_took(partial(encode_write_sync, writer, new, registered)))
            used = time.process_time()
            live.mirrored_s.append(_took(made.copy))
            live.processor_s += time.process_time() - used
        writer.finish(frames)
        live.objects, live.size = made.sent.objects, made.sent.size
    return live


def _plain(run: Path, objects: Objects) -> None:
    for file in sorted(run.rglob("*")):
        if file.is_file():
            objects.put(file.relative_to(run).as_posix(), file)


def _read(place: Path | str) -> tuple[float, float]:
    """Seconds to open it, and MB/s of pixels."""
    started = time.perf_counter()
    with storage.open(place) as data:
        opened = time.perf_counter()
        size = sum(data[name][k].values.nbytes for name in READ for k in range(data.sizes["time"]))
        return opened - started, size / 1e6 / (time.perf_counter() - opened)


def _different(run: Path, place: str) -> int:
    with storage.open(run) as here, storage.open(place) as there:
        return sum(not np.array_equal(here[n].values, there[n].values, equal_nan=True) for n in here.variables)


def _took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
