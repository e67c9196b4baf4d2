"""Part `remote` of `eclips4d bench viewer`: a view service, and a window on it that goes from frame to frame.

Both run on this machine, as processes of their own, and speak over loopback, so that the line itself costs little: the
figures are those of packing, sending, unpacking and painting. Frames are compressed for the line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.viewer.child import told
from eclips4d.pipeline.bench.viewer.context import ViewerContext
from eclips4d.pipeline.bench.viewer.many_frames import write_run

REMOTE = "A window elsewhere that goes from frame to frame, 4 × 1024² over loopback"
FRAMES, SIZE_PX, LEAST = 120, 1024, 6


def rows(context: ViewerContext) -> list[Row]:
    """The table."""
    count = max(LEAST, context.times(FRAMES))
    with tempfile.TemporaryDirectory(prefix="eclips4d-remote-") as folder:
        store = Path(folder) / "run.zarr"
        with context.console.status(f"writing {count} frames"):
            write_run(store, count, SIZE_PX, context.seed)
        with context.console.status("frame by frame, over loopback"), _serving(store) as (address, service):
            before = _spent_s(service)
            found = told(f"{__package__}.child", address, count)
            spent_s = _spent_s(service) - before
    service_ms, window_ms = 1e3 * spent_s / found["asked"], 1e3 * found["processors_s"] / found["frames"]
    return [
        Row(REMOTE, "cores", float(os.cpu_count() or 1)),
        Row(REMOTE, "frames, each asked for when the one before is shown whole", found["frames"]),
        Row(REMOTE, "frames/s", found["frames"] / found["clock_s"]),
        Row(REMOTE, "milliseconds of all processors a frame: service", service_ms),
        Row(REMOTE, "milliseconds of all processors a frame: window", window_ms),
    ]


@contextmanager
def _serving(store: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Where it listens, and its process."""
    command = [sys.executable, "-m", "eclips4d.pipeline", "serve", str(store), "--at", "tcp://127.0.0.1:*"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1], psutil.Process(process.pid)
        finally:
            process.terminate()


def _spent_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
