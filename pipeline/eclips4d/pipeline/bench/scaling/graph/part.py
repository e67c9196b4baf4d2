"""Part `graph`: ten thousand tiny frames, none of whose jobs exists before its turn.

Nothing may grow with the number of frames: the time until the first job is handed in, and the memory of whoever hands
jobs out, schedules and does them, seen after a tenth of the frames and at the end.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.scaling.context import ScalingContext
from eclips4d.pipeline.bench.scaling.trial import made_again, recorded_run
from eclips4d.pipeline.preparation import counting
from eclips4d.storage.compact import compact

FRAMES, SIZE, WORKERS = 10_000, 32, 2
FIRST_S, MORE_MB = 10.0, 64.0


def rows(context: ScalingContext) -> list[Row]:
    """One table."""
    frames = context.frames(FRAMES)
    title = "Many frames"
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-scaling-", dir=Path.cwd()))
    try:
        run = recorded_run(scratch / "run.zarr", frames, SIZE)
        compact(run, linger_s=0.0)
        with counting(context.console, "tiny frames") as report:
            watched = made_again(run, scratch / "new.zarr", WORKERS, "analytic", seen=report)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return [
        Row(title, "frames", float(frames)),
        at_most(title, "s from the call to the first job that is handed in", watched.handed_in_s, FIRST_S),
        Row(title, "jobs that exist at one moment, at most", float(watched.most_jobs)),
        Row(title, "frames/s", watched.rate(frames // 10)),
        Row(title, "MB of client and scheduler, in one process", max(watched.client_mb)),
        at_most(title, "MB of them more at the end than after a tenth", _more(watched.client_mb), MORE_MB),
        Row(title, "MB of the larger worker", max(watched.worker_mb)),
        at_most(title, "MB of it more at the end than after a tenth", _more(watched.worker_mb), MORE_MB),
        Row(
            title,
            "processor ms per frame of the one that registers and writes",
            1e3 * watched.processor_s(frames // 10)[0],
        ),
    ]


def _more(seen: list[float]) -> float:
    return seen[-1] - seen[min(1, len(seen) - 1)]
