"""What the pool makes of what a Dask client tells it, with a client that is played."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from distributed.scheduler import KilledWorker

from eclips4d.core.errors import InputError, StageDiedError, StoreError
from eclips4d.pipeline.cluster.dask_pool import DaskPool
from eclips4d.pipeline.cluster.pool import Died
from eclips4d.pipeline.cluster.shares import shares


class PlayedFuture:
    """Done at once, with what is played."""

    def __init__(self, outcome: Any) -> None:
        self._outcome = outcome
        self.status = "cancelled" if outcome == "cancelled" else "finished"

    def add_done_callback(self, call: Callable[[Any], None]) -> None:
        call(self)

    def result(self) -> Any:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


class PlayedClient:
    """Answers with one outcome after the other."""

    def __init__(self, *outcomes: Any, status: str = "running") -> None:
        self.outcomes, self.status, self.keys = list(outcomes), status, set[str]()

    def submit(self, call: Callable[[Any], Any], job: Any, *, key: str, pure: bool) -> PlayedFuture:
        assert key not in self.keys and not pure
        self.keys.add(key)
        return PlayedFuture(self.outcomes.pop(0))

    @property
    def scheduler(self) -> Any:
        return SimpleNamespace(ncores=lambda: {"a": 2, "b": 1})

    def sync(self, asked: Callable[[], Any], *, callback_timeout: float) -> Any:
        assert callback_timeout > 0
        return asked()


def pool_of(*outcomes: Any, status: str = "running") -> DaskPool:
    client: Any = PlayedClient(*outcomes, status=status)
    return DaskPool(client, None, 0.05)


def test_results_come_with_the_numbers_of_their_jobs() -> None:
    pool = pool_of("one", "two")
    pool.submit(5, str, 1)
    pool.submit(3, str, 2)
    assert [pool.next(), pool.next()] == [(5, "one"), (3, "two")]
    assert pool.size == 3


def test_what_a_scheduler_has_lost_is_handed_in_again() -> None:
    pool = pool_of("cancelled", "cancelled", "one", "two")
    pool.submit(0, str, 1)
    pool.submit(1, str, 2)
    assert sorted([pool.next(), pool.next()]) == [(0, "one"), (1, "two")]


def test_a_job_that_killed_its_workers_is_told_from_one_that_failed() -> None:
    pool = pool_of(KilledWorker("key", None, 3), StoreError("no room"))
    pool.submit(0, str, 1)
    pool.submit(1, str, 2)
    assert pool.next() == (0, Died("4 workers ended over it"))
    with pytest.raises(StoreError, match="no room"):
        pool.next()


def test_dask_is_set_up_a_second_time_as_at_first() -> None:
    code = (
        "import dask; from eclips4d.pipeline.cluster.dask_pool import settings\n"
        "for _ in range(2):\n"
        "    with settings():\n"
        "        print(dask.config.get('distributed.comm.require-encryption'))\n"
        "        print(dask.config.get('distributed.scheduler.work-stealing'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.split() == ["None", "False"] * 2


def test_without_a_scheduler_nothing_is_handed_in() -> None:
    with pytest.raises(StageDiedError, match="the same command goes on"):
        pool_of(status="closed").submit(0, str, 1)


def test_a_host_is_shared_out() -> None:
    count, threads = shares(None, None)
    assert count == len(os.sched_getaffinity(0)) and threads == 1
    assert shares(None, 1) == (1, 1) and shares(None, 3, 2) == (3, 2)
    assert shares("tcp://x:1", None) == (0, 1) and shares("tcp://x:1", None, 4) == (0, 4)
    with pytest.raises(InputError, match="0 workers"):
        shares(None, 0)
    with pytest.raises(InputError, match="0 threads"):
        shares(None, 1, 0)
    with pytest.raises(InputError, match="its own workers"):
        shares("tcp://x:1", 2)
