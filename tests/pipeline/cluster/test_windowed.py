"""Jobs in a window, held against pools that answer in any order and whose workers die."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eclips4d.pipeline.cluster.pool import Call, Died, InProcess
from eclips4d.pipeline.cluster.windowed import PER_WORKER, SPARE, in_order

Work = tuple[int, ...]


def doubled(job: Work) -> list[int]:
    return [2 * n for n in job]


def halves(job: Work) -> tuple[Work, ...]:
    return tuple((n,) for n in job)


class Playing:
    """A pool whose answers come in a random order; whoever is under way with a killer may die with it."""

    def __init__(self, seed: int, size: int, killers: set[int]) -> None:
        self.size, self._random, self._killers = size, random.Random(seed), killers
        self._under_way: dict[int, tuple[Call, Work]] = {}
        self.most = self.submitted = 0

    def submit(self, number: int, call: Call, job: Any) -> None:
        assert number not in self._under_way
        self._under_way[number] = (call, job)
        self.submitted += 1
        self.most = max(self.most, len(self._under_way))

    def next(self) -> tuple[int, Any]:
        killer_there = any(self._killers & set(job) for _, job in self._under_way.values())
        number = self._random.choice(sorted(self._under_way))
        call, job = self._under_way.pop(number)
        guilty = bool(self._killers & set(job))
        if guilty or (killer_there and self._random.random() < 0.5):
            return number, Died("killed")
        return number, call(job)


@given(
    st.lists(st.integers(1, 4), max_size=12),
    st.sets(st.integers(0, 30)),
    st.integers(1, 4),
    st.integers(0, 2**32),
)
def test_every_job_comes_in_its_turn_and_only_killers_are_given_up(
    lengths: list[int], killers: set[int], size: int, seed: int
) -> None:
    jobs, at = [], 0
    for length in lengths:
        jobs.append(tuple(range(at, at + length)))
        at += length
    pool = Playing(seed, size, killers)
    found: list[tuple[int, int | None]] = []
    for job, answer in in_order(pool, doubled, jobs, divide=halves):
        if isinstance(answer, Died):
            assert len(job) == 1, "what could be divided was"
            found.append((job[0], None))
        else:
            found += zip(job, answer, strict=True)
    assert found == [(n, None if n in killers else 2 * n) for n in range(at)]
    assert pool.most <= PER_WORKER * size + SPARE


def test_a_slow_consumer_lets_no_more_be_handed_in() -> None:
    pool = Playing(0, 2, set())
    results = in_order(pool, doubled, ((n,) for n in range(1000)))
    for _ in range(10):
        next(results)
    assert pool.submitted <= 10 + PER_WORKER * 2 + SPARE


def test_without_workers_each_job_is_done_when_it_is_asked_for() -> None:
    assert [answer for _, answer in in_order(InProcess(), doubled, [(1,), (2, 3)])] == [[2], [4, 6]]
