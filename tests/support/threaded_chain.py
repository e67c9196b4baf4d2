"""The whole chain in one process: each stage in a thread of its own, over real sockets; workers dawdle and die."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import xarray as xr
import zmq

from eclips4d.core.messages import Work
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline import hub as hub_module
from eclips4d.pipeline.acquire import Sender
from eclips4d.pipeline.align import Aligner
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.hub import Hub
from eclips4d.pipeline.work import Worker

Context = zmq.Context[zmq.Socket[bytes]]


@dataclass(frozen=True)
class Fate:
    """What becomes of one worker: how long it dawdles over each frame, and after how many it dies, at which moment."""

    dawdles_s: tuple[float, ...] = ()
    frames: int | None = None
    before_it_hands_in: bool = True


class MortalWorker(Worker):
    """A worker that dies as it is fated to: without a word, its connections just end."""

    fate = Fate()
    done = 0
    dead = False

    def _invert(self, work: Work, arrays: dict[str, AnyArray]) -> None:
        last = self.fate.frames is not None and self.done + 1 >= self.fate.frames
        if self.fate.dawdles_s:
            time.sleep(self.fate.dawdles_s[self.done % len(self.fate.dawdles_s)])
        if not (last and self.fate.before_it_hands_in):
            super()._invert(work, arrays)
        self.done += 1
        self.dead = last


@dataclass
class ThreadedChain:
    """One run; `previews` are the rows that were looked at while they were scanned."""

    config: RunConfig
    fates: Mapping[int, tuple[Fate, ...]] = field(default_factory=dict)
    """Of each worker's lives, one after the other; the last one lives on."""
    deaths: int = 0
    hub: Hub | None = None

    def run(self, seconds: float = 120.0) -> None:
        stop = Event()
        with zmq.Context() as context, ThreadPoolExecutor(3 + self.config.workers) as threads:
            stages: list[Callable[[Context, Event], None]] = [self._align, self._send]
            hub: Future[Any] = threads.submit(self._own, context, stop)
            others = [threads.submit(stage, context, stop) for stage in stages]
            others += [threads.submit(self._work, context, stop, k) for k in range(self.config.workers)]
            try:
                hub.result(seconds)
            finally:
                stop.set()
                for one in others:
                    one.result(30)

    def _own(self, context: Context, stop: Event) -> None:
        with closing(Hub(self.config, context)) as hub:
            self.hub = hub
            assert hub.run(lambda: not stop.is_set()), "the run is complete"

    def _align(self, context: Context, stop: Event) -> None:
        with closing(Aligner(self.config, context)) as aligner:
            aligner.run(lambda: not stop.is_set())

    def _send(self, context: Context, stop: Event) -> None:
        with closing(Sender(self.config, context)) as sender:
            sender.run(lambda: not stop.is_set())

    def _work(self, context: Context, stop: Event, number: int) -> None:
        lives = (*self.fates.get(number, ()), Fate())
        for life, fate in enumerate(lives):
            name = f"inference-{number}" if life == 0 else f"inference-{number}_{life}"
            with closing(MortalWorker(self.config, context, name)) as worker:
                worker.fate = fate
                worker.run(lambda worker=worker: not (stop.is_set() or worker.dead))  # type: ignore[misc]
                if stop.is_set() or not worker.dead:
                    return
                self.deaths += 1


def configured(folder: Path, source: str, **settings: Any) -> RunConfig:
    """A run in that folder."""
    ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
    spill = folder / "spill"
    return RunConfig(
        run_id="threads", source=source, out=folder / "run.zarr", spill_dir=spill, endpoints=ends, **settings
    )


@contextmanager
def deaths_soon_noticed() -> Iterator[None]:
    """The hub looks for lost workers all the time."""
    before, hub_module.PROBE_EVERY_S = hub_module.PROBE_EVERY_S, 0.02
    try:
        yield
    finally:
        hub_module.PROBE_EVERY_S = before


def arrays_of(store: Path) -> dict[str, np.ndarray]:
    """All that is stored of the frames, latencies apart."""
    with xr.open_zarr(store) as data:
        return {str(name): data[name].values for name in data.variables if name != "latency_ms"}
