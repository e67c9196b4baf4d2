"""Wall time and memory of rendering, and of marching every pixel's rays."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.physics.bsesm.course import courses
from eclips4d.physics.bsesm.horizon import spread_over, surface, sweep
from eclips4d.physics.bsesm.render import ExactSimulator, exact_simulator
from eclips4d.pipeline.bench.physics.bsesm_surfaces import TIMED
from eclips4d.pipeline.bench.physics.horizon_rendered import FLOOR, PIXEL_NM, instrument, marched_images

F64 = NDArray[np.float64]


def simulator(size: int, azimuths: int = 64) -> ExactSimulator:
    """Square images, two threads."""
    return exact_simulator(instrument(), (size, size), azimuths=azimuths, threads=2)


def best_of(work: Callable[[], object], times: int) -> float:
    """Shortest wall time, s."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def render_seconds(height: F64, azimuths: int = 64, times: int = 3) -> float:
    """Wall time of one rendering, compiled before."""
    render, in_nm = simulator(len(height), azimuths), height * PIXEL_NM
    return best_of(lambda: render(in_nm), times)


def march_nanoseconds(height: F64, azimuths: int = 16) -> float:
    """Wall time of a per-pixel ray march per pixel and azimuth, on one thread; half of it is what two would take."""
    marched_images(height[:8, :8], azimuths)
    prepared = best_of(lambda: marched_images(height[:8, :8], azimuths), 1)
    return (best_of(lambda: marched_images(height, azimuths), 1) - prepared) / height.size / azimuths * 1e9


def horizon_nanoseconds(height: F64, deep: float) -> float:
    """Time of horizons alone per pixel and azimuth, on one thread: marched below so many steps of reach, else swept."""
    relief, one = surface(height, (1.0, 1.0)), spread_over(None, 1)
    tangent, steps = np.full(height.shape, FLOOR, np.float32), np.zeros(height.shape, np.float32)
    directions = courses(64, (1.0, 1.0))[::5]

    def work() -> None:
        for direction in directions:
            tangent[:] = FLOOR
            sweep(relief, direction, FLOOR, tangent, steps, one, deep=deep)

    return best_of(work, 3) / height.size / len(directions) * 1e9


def memory_gb(name: str, size: int) -> float:
    """Growth of a process's resident memory by rendering one image: highest ever less what was there before."""
    call = [sys.executable, "-m", "eclips4d.pipeline.bench.physics.bsesm_measured", name, str(size)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"rendering in a process of its own failed: {done.stderr.strip().splitlines()[-1:]}")
    return float(done.stdout)


def _grown_gb(name: str, size: int) -> float:
    height = TIMED[name](size) * PIXEL_NM
    simulator(64)(height[:64, :64].copy())
    render = simulator(size)
    before = _resident_bytes()
    render(height)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0 - before) / 1e9


def _resident_bytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


if __name__ == "__main__":
    sys.stdout.write(f"{_grown_gb(sys.argv[1], int(sys.argv[2]))}\n")
