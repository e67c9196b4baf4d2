"""A whole chain in one process: what dies, dies together and at a known operation of the disk.

Each run is a fork of a process that has everything imported and compiled, so that a hundred kills take minutes.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any

import zmq

from eclips4d.pipeline.acquire import Sender
from eclips4d.pipeline.align import Aligner
from eclips4d.pipeline.bench.reliability.kills.misfortune import Misfortune, meeting
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.hub import Hub
from eclips4d.pipeline.work import Worker

NONE = Misfortune()
NEVER_S = 120.0
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
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_run, args=(there, source, store, plan, settings))
    process.start()
    there.close()
    process.join(NEVER_S)
    if process.is_alive():
        process.kill()
        process.join()
        return 124, 0
    assert process.exitcode is not None
    try:
        return process.exitcode, here.recv()
    except EOFError:
        return process.exitcode, 0


def _run(told: Any, source: Path, store: Path, plan: Misfortune, settings: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="e4d") as folder, meeting(plan) as operations:
        config = RunConfig(
            run_id="run",
            source=str(source),
            out=store,
            endpoints=Endpoints(**{name: f"ipc://{folder}/{name}" for name in ("hub", "surfaces", "notices")}),
            spill_dir=Path(folder) / "spill",
            **settings,
        )
        complete = _stages(config)
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
