"""A long live run into one store, and what each stretch of it took.

`python -m eclips4d.pipeline.bench.reliability.long.recording STORE FRAMES SIZE SAMPLES` writes it at full speed and
says, as one line of JSON per stretch, how many frames there are and what a frame of that stretch cost.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import psutil

from eclips4d.storage.measure import CALIBRATION, numbered, synthetic_frame, synthetic_source
from eclips4d.storage.writer import StoreWriter

KEEP = ("height", "trust")
ON_THEIR_WAY = 4


class Stretch(msgspec.Struct, frozen=True):
    """What a stretch of frames took, and what the store was like after it.

    Attributes
    ----------
    commit_ms, commit_p99_ms : float
        Median and 99th percentile of the commits.
    open_ms : float
        `xarray.open_zarr` by another process, median.
    resident_mb : float
        Memory of the writing process.
    """

    frames: int
    per_second: float
    commit_ms: float
    commit_p99_ms: float
    open_ms: float
    resident_mb: float


def record(path: Path, frames: int, size: int, samples: int) -> Iterator[Stretch]:
    """Write the store, one commit per frame; a stretch is told when it is over."""
    source = msgspec.structs.replace(synthetic_source(size, frames), frames=None, can_wait=False)
    made = [synthetic_frame(source, k) for k in range(4)]
    process = psutil.Process()
    with StoreWriter.create(path, source, "long", keep=KEEP, stages=("storage",)) as writer, _opener(path) as opener:
        calibration, model = writer.add_calibration(CALIBRATION), writer.add_model("long", "analytic")
        recording = deque((k, writer.write_frame(numbered(made[k % 4][0], k))) for k in range(ON_THEIR_WAY))
        for start in range(0, frames, frames // samples):
            stop = min(frames, start + frames // samples)
            commits, begun = [], time.perf_counter()
            for k in range(start, stop):
                recording.popleft()[1].result()
                if k + ON_THEIR_WAY < frames:
                    ahead = k + ON_THEIR_WAY
                    recording.append((ahead, writer.write_frame(numbered(made[ahead % 4][0], ahead))))
                writer.write_registered(k, made[k % 4][1], calibration, model).result()
                before = time.perf_counter()
                writer.commit(committed=k + 1, recorded=k + 1, state=bytes(2048))
                commits.append(1e3 * (time.perf_counter() - before))
            rate = (stop - start) / (time.perf_counter() - begun)
            median, worst = np.percentile(commits, (50, 99))
            resident = process.memory_info().rss / 1e6
            yield Stretch(stop, rate, float(median), float(worst), _open_ms(opener), resident)
        writer.finish(frames)


_OPENS = """
import sys, time
from statistics import median
import xarray as xr
for line in sys.stdin:
    took = []
    for _ in range(5):
        before = time.perf_counter()
        xr.open_zarr(sys.argv[1]).close()
        took.append(1e3 * (time.perf_counter() - before))
    print(median(took), flush=True)
"""


def _opener(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _OPENS, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _open_ms(opener: subprocess.Popen[str]) -> float:
    assert opener.stdin is not None and opener.stdout is not None
    opener.stdin.write("open\n")
    opener.stdin.flush()
    return float(opener.stdout.readline())


if __name__ == "__main__":
    for stretch in record(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])):
        sys.stdout.write(msgspec.json.encode(stretch).decode() + "\n")
        sys.stdout.flush()
