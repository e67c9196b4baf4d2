"""A whole chain in one process: what dies, dies together and at a known operation of the disk.

Each run is a fork of a process that has everything imported and compiled, so that a hundred kills take minutes.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing
from multiprocessing.context import ForkProcess
from pathlib import Path
from threading import Event, Thread
from typing import Any

import zmq

from eclips4d.core.errors import EclipsError
from eclips4d.core.log import configure_logging
from eclips4d.pipeline.acquire import Sender
from eclips4d.pipeline.align import Aligner
from eclips4d.pipeline.bench.reliability.crashes.misfortune import Misfortune, meeting
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.hub import Hub
from eclips4d.pipeline.work import Worker

NONE = Misfortune()
NEVER_S, TOO_LONG = 300.0, 124
"""A run of a few small frames that takes longer has stopped."""


def chain(source: Path, store: Path, plan: Misfortune = NONE, **settings: Any) -> tuple[int, int]:
    """Run the chain over a recording in a process of its own, until it has ended or died.

    Returns
    -------
    int
        Exit code, negative where a signal ended it.
    int
        Durable operations, 0 where it died.
    """
    here, there = multiprocessing.get_context("fork").Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="e4d") as folder:
        process = forked(_run, there, Path(folder), source, store, plan, settings)
        there.close()
        process.join(NEVER_S)
        if process.is_alive():
            process.kill()
            process.join()
            return TOO_LONG, 0
    assert process.exitcode is not None
    try:
        return process.exitcode, here.recv()
    except EOFError:
        return process.exitcode, 0


def forked(target: Callable[..., None], *args: Any) -> ForkProcess:
    """A copy of this process, begun with `target`."""
    process = multiprocessing.get_context("fork").Process(target=target, args=args)
    with warnings.catch_warnings():
        # Newer Pythons warn of locks that other threads may hold; none of what threads here hold is asked for there.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    return process


def _run(told: Any, folder: Path, source: Path, store: Path, plan: Misfortune, settings: dict[str, Any]) -> None:
    configure_logging(stage="run", run_id="run", file=folder / "run.jsonl")
    config = RunConfig(
        run_id="run",
        source=str(source),
        out=store,
        endpoints=Endpoints(**{name: f"ipc://{folder}/{name}" for name in ("hub", "surfaces", "notices")}),
        spill_dir=folder / "spill",
        **settings,
    )
    with meeting(plan) as operations:
        try:
            complete = _stages(config)
        except EclipsError:
            # A disk that is full at once: the run says so and ends.
            complete = False
        told.send(operations())
    # Nothing of this copy of the process is to be tidied up but what it made itself.
    os._exit(0 if complete else 1)


def _stages(config: RunConfig) -> bool:
    over = Event()
    with zmq.Context() as context:
        hub = Hub(config, context)
        others: list[Any] = [Sender(config, context), Aligner(config, context), Worker(config, context, "inference-0")]
        threads = [Thread(target=_until, args=(stage, lambda: not over.is_set())) for stage in others]
        for thread in threads:
            thread.start()
        try:
            with closing(hub):
                return hub.run()
        finally:
            over.set()
            for thread in threads:
                thread.join()


def _until(stage: Any, keep_going: Callable[[], bool]) -> None:
    with closing(stage):
        stage.run(keep_going)
