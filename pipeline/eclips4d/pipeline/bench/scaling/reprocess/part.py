"""Part `reprocess`: frames per second by one worker and by two, beside the same jobs in independent processes.

A worker is a process whose network has one thread. What two can give depends on the machine: two threads of one core
share its arithmetic. So the same jobs are done by one and by two processes that know nothing of Dask, of the order of
frames or of the new store, and that gain is the yardstick. The command itself follows the frames and writes: where it
has no processor of its own, the workers cannot have all of them, and what is left to them follows from the processor
times of both.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil

from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.scaling.context import ScalingContext
from eclips4d.pipeline.bench.scaling.trial import made_again, recorded_run
from eclips4d.pipeline.cluster.staging import sweep
from eclips4d.pipeline.reprocess.completion import Completion
from eclips4d.pipeline.reprocess.following import Followed, follow
from eclips4d.pipeline.reprocess.job import Job, make
from eclips4d.pipeline.reprocess.once import registrar
from eclips4d.pipeline.reprocess.plan import Plan, Wish, plan
from eclips4d.pipeline.reprocess.reading import Reading
from eclips4d.pipeline.reprocess.smoothed import known_drifts
from eclips4d.registration.locating import Locator

FRAMES, SKIP = 96, 8
WANTED = 1.7
"""Two workers over one, on two cores of their own."""
OF_IDEAL = WANTED / 2
"""The same share of what two independent processes give here."""


def rows(context: ScalingContext) -> list[Row]:
    """One table."""
    title = f"Workers that make a run again, `{context.model}`, 4 × {context.size}²"
    frames, cores = context.frames(FRAMES), psutil.cpu_count(logical=False) or 1
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-scaling-", dir=Path.cwd()))
    try:
        run = recorded_run(scratch / "run.zarr", frames, context.size)
        alone = plan(Wish(run=run, out=scratch / "alone.zarr", model=context.model))
        jobs = _jobs(alone)
        ideal = {n: _independent(jobs, n) for n in (1, 2)}
        sweep(alone.folder)
        context.console.print(f"independent processes: {ideal[1]:.3g} and {ideal[2]:.3g} frames/s")
        following = _following_cpu_s(run, scratch / "smooth.zarr", context.model)
        made = {n: made_again(run, scratch / f"by-{n}.zarr", n, context.model) for n in (1, 2)}
        both = made_again(run, scratch / "by-both.zarr", 1, context.model, threads=2)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    rate = {n: watched.rate(SKIP) for n, watched in made.items()}
    gain, possible = rate[2] / rate[1], ideal[2] / ideal[1]
    processors = len(os.sched_getaffinity(0))
    command, workers = made[2].processor_s(SKIP)
    left = left_to_workers(command, workers, processors)
    return [
        Row(title, "cores", float(cores)),
        Row(title, "processors that the system counts", float(processors)),
        Row(title, "frames/s of the workers' jobs by one process alone", ideal[1]),
        Row(title, "frames/s of these by two independent processes", ideal[2]),
        Row(title, "two independent processes over one: what is possible here", possible),
        Row(title, "frames/s made again by one worker", rate[1]),
        Row(title, "frames/s made again by two workers", rate[2]),
        Row(title, "two workers over one", gain, *((f"≥ {WANTED}", gain >= WANTED) if cores >= 2 else ())),
        Row(title, "the same over what is possible", gain / possible, f"≥ {OF_IDEAL}", gain / possible >= OF_IDEAL),
        Row(title, "frames/s made again by one worker whose network has both processors", both.rate(SKIP)),
        Row(title, "processor ms per frame of two workers", 1e3 * workers),
        Row(title, "processor ms per frame of the one that follows and writes", 1e3 * command),
        Row(title, "share of two processors that is left to the workers", left),
        Row(title, "two workers over two independent processes with that share", rate[2] / (ideal[2] * left)),
        Row(title, "processor ms per frame of following it once more for `--smooth`", 1e3 * following),
    ]


def left_to_workers(command_s: float, workers_s: float, processors: int, workers: int = 2) -> float:
    """Share of as many processors as there are workers that these can have, 0 to 1.

    Parameters
    ----------
    command_s, workers_s
        Processor time per frame of the one that registers and writes, and of the workers.
    """
    return min(1.0, processors / workers * workers_s / (command_s + workers_s))


def _following_cpu_s(run: Path, out: Path, model: str) -> float:
    """Of one frame, in the first pass of a run that is smoothed."""
    made = plan(Wish(run=run, out=out, model=model, smooth=True))
    before = time.process_time()
    found = known_drifts(made, lambda done, total: None)
    took = time.process_time() - before
    sweep(made.folder)
    return took / len(found)


def _independent(jobs: Sequence[Job], processes: int) -> float:
    """Frames per second of the jobs alone."""
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(make, jobs[:SKIP]))
        started = time.monotonic()
        list(pool.map(make, jobs[SKIP:]))
        took = time.monotonic() - started
    return (len(jobs) - SKIP) / took


def _jobs(made: Plan) -> list[Job]:
    """A job for each frame."""
    with Reading(made) as reading:
        begun = reading.begun()
        completion, locator = Completion(made, begun), Locator(registrar(reading, begun))
        turns = follow(reading, begun.calibration.valid_from, {}, locator, lambda: False)
        return [completion.job([completion.task(turn.located)]) for turn in turns if isinstance(turn, Followed)]
