"""A pool of Dask workers: a cluster of this host, or a site's own behind the address of its scheduler.

What goes through the scheduler is small: a function's name, a description of the job, an answer of some hundred bytes.
Workers that die are the scheduler's business, which hands their jobs to others. When the scheduler itself is lost, the
pool waits for one at the same address and hands in again whatever was under way; done twice, a job stages the same
bytes.
"""

from __future__ import annotations

import importlib
import math
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from eclips4d.core.errors import InputError, StageDiedError
from eclips4d.core.log import get_logger
from eclips4d.pipeline.cluster.pool import Call, Died
from eclips4d.pipeline.interrupting import held

if TYPE_CHECKING:
    from distributed import Client, Future

LOOK_EVERY_S = 1.0
PATIENCE_S = 60.0
"""For so long a scheduler that was there is waited for."""
CONNECT_S = 10.0
NEEDED = ("dask", "distributed")
LOST = ("cancelled", "lost")
SETTINGS = {
    # What a job needs it reads itself, and what it makes it stages: nothing is to be moved between workers.
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.daemon": True,
    # Samples of what runs, kept for an hour: memory that grows, for pictures that hardly anybody looks at.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.limit": "60s",
    # Fifty times a second, in each of five loops, it would be asked whether a loop is late: processor time of the jobs.
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "1s",
    # Nothing is held by workers that could be held twice.
    "distributed.scheduler.active-memory-manager.start": False,
}
SILENT = {"distributed": "critical", "distributed.client": "critical", "distributed.worker": "critical"}
"""What matters of Dask's log is said by the command itself, in one line."""


def check_installed() -> None:
    """Refuse to go on without Dask.

    Raises
    ------
    InputError
        It is not installed.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(f"this needs {', '.join(missing)}", cure="pip install 'eclips4d[cluster]'")


@contextmanager
def dask_pool(scheduler: str | None, workers: int, *, patience_s: float = PATIENCE_S) -> Iterator[DaskPool]:
    """A pool for the block.

    Parameters
    ----------
    scheduler
        Address of a site's scheduler; None for a cluster of `workers` processes on this host, with one thread each.
    patience_s
        How long a scheduler that is gone is waited for.

    Raises
    ------
    InputError
        Dask is not installed, or no scheduler answers there.
    """
    check_installed()
    with settings():
        from distributed import Client, LocalCluster

        if scheduler is None:
            with ExitStack() as stack:
                with held():
                    cluster = stack.enter_context(
                        LocalCluster(
                            n_workers=workers,
                            threads_per_worker=1,
                            processes=True,
                            dashboard_address="127.0.0.1:0",
                            preload="eclips4d.pipeline.cluster.worker_setup",
                            silence_logs="CRITICAL",  # in workers, which know nothing of `SILENT`
                        )
                    )
                    client = stack.enter_context(Client(cluster, set_as_default=False))
                yield DaskPool(client, None, patience_s)
            return
        pool = DaskPool(_connected(scheduler), scheduler, patience_s)
        try:
            yield pool
        finally:
            pool.close()


@contextmanager
def settings() -> Iterator[None]:
    """Dask, set up for the block."""
    import dask

    # Before the import, which reads it; the rest after, since an import within `set` would be undone with it.
    dask.config.set({"logging": SILENT})
    importlib.import_module("distributed")
    with dask.config.set(SETTINGS):
        yield


@dataclass(slots=True)
class DaskPool:
    """`Pool` behind a client; `address` is where another client finds the scheduler again, None for one of our own."""

    client: Client
    address: str | None
    patience_s: float
    _jobs: dict[int, tuple[Call, object]] = field(default_factory=dict)
    _futures: dict[int, Future] = field(default_factory=dict)
    _finished: Queue[Future] = field(default_factory=Queue)
    _threads: int = 1
    _counted: float = -math.inf

    @property
    def size(self) -> int:
        """Threads of all workers, as many as were there a moment ago."""
        now = time.monotonic()
        if now - self._counted > LOOK_EVERY_S and self.client.status == "running":
            self._counted = now
            with suppress(OSError, TimeoutError):  # a scheduler that is going; `next` sees to that
                self._threads = sum(_threads_of_workers(self.client).values())
        return self._threads

    @property
    def dashboard(self) -> str:
        """Where a browser sees what is going on; empty where what draws it is not installed."""
        return str(self.client.dashboard_link) if find_spec("bokeh") is not None else ""

    def submit(self, number: int, call: Call, job: object) -> None:
        """Hand in job `number`."""
        self._jobs[number] = (call, job)
        if self.client.status == "closed":
            self._hand_in_again()
        else:
            self._hand_in(number)

    def next(self) -> tuple[int, Any]:
        """Wait for one; raises what the job raised.

        Raises
        ------
        StageDiedError
            The scheduler is gone and does not come back.
        """
        while True:
            try:
                future = self._finished.get(timeout=LOOK_EVERY_S)
            except Empty:
                self._look()
                continue
            number = next((n for n, known in self._futures.items() if known is future), None)
            if number is None:
                continue
            if future.status in LOST:
                self._hand_in_again()
                continue
            del self._futures[number], self._jobs[number]
            return number, _result(future)

    def close(self) -> None:
        """Let go of the scheduler."""
        self._futures.clear()
        with suppress(OSError, TimeoutError), held():
            self.client.close(timeout=CONNECT_S)

    def _hand_in(self, number: int) -> None:
        call, job = self._jobs[number]
        # A key of its own: what another client computes under the same name is none of ours.
        future = self.client.submit(call, job, key=f"{call.__name__}-{uuid.uuid4().hex}", pure=False)
        self._futures[number] = future
        future.add_done_callback(self._finished.put)

    def _look(self) -> None:
        """Nothing has come for a while: is anybody there?"""
        if self.client.status != "running" or any(future.status in LOST for future in self._futures.values()):
            self._hand_in_again()

    def _hand_in_again(self) -> None:
        self._futures.clear()
        self._reconnect()
        get_logger().warning("handed in again", jobs=len(self._jobs))
        for number in self._jobs:
            self._hand_in(number)

    def _reconnect(self) -> None:
        """Wait for the client to find its scheduler again, or for another to find one there."""
        deadline = time.monotonic() + self.patience_s
        while time.monotonic() < deadline:
            if self.client.status == "running":
                return
            if self.address is None:
                break
            with suppress(OSError, TimeoutError), held():
                self.client.close(timeout=LOOK_EVERY_S)
            with suppress(InputError):
                self.client = _connected(self.address, min(CONNECT_S, self.patience_s))
        raise StageDiedError(
            "the scheduler is gone", where=self.address or "this host", cure="the same command goes on from here"
        )


def _connected(address: str, timeout_s: float = CONNECT_S) -> Client:
    from distributed import Client

    try:
        with held():
            return Client(address, timeout=timeout_s, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError("no scheduler answers", where=address, cure="start one: dask scheduler") from error


def _threads_of_workers(client: Client) -> dict[str, int]:
    """`client.nthreads()` with an end: Ctrl-C waits for it, since Dask reports an error of its own where it is cut."""
    with held():
        found: dict[str, int] = client.sync(client.scheduler.ncores, callback_timeout=CONNECT_S)
    return found


def _result(future: Future) -> Any:
    from distributed.scheduler import KilledWorker

    try:
        with held():
            return future.result()
    except KilledWorker as error:
        return Died(f"{error.allowed_failures + 1} workers ended over it")
