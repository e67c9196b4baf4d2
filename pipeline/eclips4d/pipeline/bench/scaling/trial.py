"""A run of raw frames, and what making it again on this host's workers takes."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psutil

from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.frame import Frame
from eclips4d.core.results import Status
from eclips4d.pipeline.cluster.dask_pool import dask_pool
from eclips4d.pipeline.cluster.pool import Call, Pool
from eclips4d.pipeline.reprocess.once import reprocess
from eclips4d.pipeline.reprocess.plan import Wish, plan
from eclips4d.storage.writer import StoreWriter

DIFFERENT = 8
"""Frames that are rendered; they come again and again."""
WRITING = 32


def recorded_run(path: Path, frames: int, size: int) -> Path:
    """A finished run of raw frames that nothing was made of, `size` square."""
    address = f"sim://flood?size={size}&fps=1000&frames={DIFFERENT}"
    microscope = simulated_microscope(address)
    rendered = [microscope.frame(k) for k in range(DIFFERENT)]
    with open_source(address) as source:
        info = msgspec.structs.replace(source.info, frames=frames, can_wait=True)
    with StoreWriter.create(path, info, "scaling", attributes={"engine": "none", "model": "analytic"}) as store:
        for start in range(0, frames, WRITING):
            several = range(start, min(frames, start + WRITING))
            for written in [store.write_frame(again(rendered[k % DIFFERENT], k)) for k in several]:
                written.result()
            for sequence in several:
                store.set_status(sequence, Status.QUARANTINED)
        store.commit(committed=frames, recorded=frames)
        store.finish(frames)
    return path


def again(frame: Frame, sequence: int) -> Frame:
    """The same pixels as another frame of the run, a millisecond after the one before."""
    taken_s = frame.header.end_s - frame.header.start_s
    start_s = sequence * 1e-3
    header = msgspec.structs.replace(
        frame.header, sequence=sequence, frame_id=sequence, start_s=start_s, end_s=start_s + taken_s
    )
    return Frame(header, frame.data)


@dataclass(slots=True)
class Watched:
    """One run made again.

    Attributes
    ----------
    handed_in_s
        From the call to the first job that is handed in, s.
    most_jobs
        That were known at one moment.
    done : list of (int, float)
        Frames settled, and when.
    client_mb, worker_mb : list of float
        Memory of this process, in which the scheduler runs too, and of the largest worker, by tenths of the frames.
    cpu_s : list of (int, float, float)
        Frames settled, and processor time by then of this process and of its workers, s; by tenths as well.
    """

    started: float = field(default_factory=time.monotonic)
    done: list[tuple[int, float]] = field(default_factory=list)
    client_mb: list[float] = field(default_factory=list)
    worker_mb: list[float] = field(default_factory=list)
    cpu_s: list[tuple[int, float, float]] = field(default_factory=list)
    handed_in_s: float = 0.0
    most_jobs: int = 0

    def rate(self, skip: int) -> float:
        """Frames per second, the first `skip` left out: workers make their models ready while they wait."""
        (before, begun), (after, ended) = next(at for at in self.done if at[0] >= skip), self.done[-1]
        return (after - before) / (ended - begun)

    def processor_s(self, skip: int) -> tuple[float, float]:
        """Processor time per frame of this process and of all workers, s; the first `skip` frames left out."""
        first, last = next(at for at in self.cpu_s if at[0] >= skip), self.cpu_s[-1]
        frames = last[0] - first[0]
        return (last[1] - first[1]) / frames, (last[2] - first[2]) / frames

    def see(self, done: int, total: int) -> None:
        """Note how far it is."""
        if done and (not self.done or done > self.done[-1][0]):
            self.done.append((done, time.monotonic()))
            if 10 * done // total > len(self.client_mb) - 1:
                self._weigh(done)

    def _weigh(self, done: int) -> None:
        here = psutil.Process()
        self.client_mb.append(here.memory_info().rss / 1e6)
        children = [_used(child) for child in here.children(recursive=True)]
        self.worker_mb.append(max((memory_mb for memory_mb, _ in children), default=0.0))
        self.cpu_s.append((done, _own_cpu_s(), sum(cpu_s for _, cpu_s in children)))


def made_again(
    run: Path,
    out: Path,
    workers: int,
    model: str,
    *,
    threads: int = 1,
    seen: Callable[[int, int], None] = lambda done, total: None,
) -> Watched:
    """Make a run again on so many workers of this host, whose networks have so many threads each, and watch it."""
    made = plan(Wish(run=run, out=out, model=model, threads=threads))
    with dask_pool(None, workers) as pool:
        watched = Watched()

        def report(done: int, total: int) -> None:
            watched.see(done, total)
            seen(done, total)

        reprocess(made, _Counted(pool, watched), report)
    return watched


class _Counted:
    """A pool whose jobs are counted."""

    def __init__(self, pool: Pool, watched: Watched) -> None:
        self._pool, self._watched, self._jobs = pool, watched, 0

    @property
    def size(self) -> int:
        """Of the pool."""
        return self._pool.size

    def submit(self, number: int, call: Call, job: object) -> None:
        """Hand in job `number`."""
        watched = self._watched
        watched.handed_in_s = watched.handed_in_s or time.monotonic() - watched.started
        self._jobs += 1
        watched.most_jobs = max(watched.most_jobs, self._jobs)
        self._pool.submit(number, call, job)

    def next(self) -> tuple[int, Any]:
        """Wait for one."""
        found = self._pool.next()
        self._jobs -= 1
        return found


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _used(process: psutil.Process) -> tuple[float, float]:
    """Memory, MB, and processor time, s."""
    try:
        times = process.cpu_times()
        return process.memory_info().rss / 1e6, times.user + times.system
    except psutil.Error:
        return 0.0, 0.0
