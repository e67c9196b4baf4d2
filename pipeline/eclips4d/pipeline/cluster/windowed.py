"""Jobs submitted a few at a time, results taken in the jobs' order.

No graph of all jobs is ever built: while whoever consumes the results is busy, at most a window of jobs is under way or
waits, done, for its turn. So ten thousand jobs need the memory of ten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, Generic, TypeVar

from eclips4d.pipeline.cluster.pool import Call, Died, Pool

PER_WORKER = 2
"""One job being done, one that is there when it is."""
SPARE = 2
"""Results that may wait for their turn besides."""
J = TypeVar("J")


def _whole(job: J) -> Sequence[J]:
    return (job,)


def in_order(
    pool: Pool, call: Call, jobs: Iterable[J], *, divide: Callable[[J], Sequence[J]] = _whole
) -> Iterator[tuple[J, Any]]:
    """Each job with its result, or with `Died`, in the order of the jobs.

    Parameters
    ----------
    divide
        Parts of a job that its workers do not survive: they take its place, so that only what kills them is lost.
    """
    return iter(_Window(pool, call, iter(jobs), divide))


class _Window(Generic[J]):
    """What is under way, what is done, and what is suspected of having killed its workers.

    Whoever dies takes innocent jobs along: all that were in the same process. So a job that is said to have killed its
    workers is tried once more with nothing else under way, and only what it does then is believed.
    """

    def __init__(self, pool: Pool, call: Call, jobs: Iterator[J], divide: Callable[[J], Sequence[J]]) -> None:
        self._pool, self._call, self._jobs, self._divide = pool, call, jobs, divide
        self._turns: deque[int] = deque()
        """Numbers of the jobs that are known, in the order in which their results are given away."""
        self._known: dict[int, J] = {}
        self._done: dict[int, Any] = {}
        self._suspects: deque[int] = deque()
        self._alone: int | None = None
        self._under_way = 0
        self._numbers = count()

    def __iter__(self) -> Iterator[tuple[J, Any]]:
        self._hand_out()
        while self._turns:
            if self._turns[0] in self._done:
                number = self._turns.popleft()
                yield self._known.pop(number), self._done.pop(number)
            else:
                self._take(*self._pool.next())
            self._hand_out()

    def _hand_out(self) -> None:
        if self._alone is not None:
            return
        if self._suspects:
            if not self._under_way:
                self._alone = self._suspects.popleft()
                self._submit(self._alone)
            return
        most = PER_WORKER * max(self._pool.size, 1) + SPARE
        while len(self._known) < most:
            try:
                job = next(self._jobs)
            except StopIteration:
                return
            self._turns.append(self._added(job))
            self._submit(self._turns[-1])

    def _added(self, job: J) -> int:
        number = next(self._numbers)
        self._known[number] = job
        return number

    def _submit(self, number: int) -> None:
        self._under_way += 1
        self._pool.submit(number, self._call, self._known[number])

    def _take(self, number: int, result: Any) -> None:
        self._under_way -= 1
        alone, self._alone = number == self._alone, None
        if not isinstance(result, Died):
            self._done[number] = result
        elif not alone:
            self._suspects.append(number)
        elif len(parts := self._divide(self._known[number])) > 1:
            self._replace(number, parts)
        else:
            self._done[number] = result

    def _replace(self, number: int, parts: Sequence[J]) -> None:
        place = self._turns.index(number)
        del self._turns[place], self._known[number]
        for part in reversed(parts):
            self._turns.insert(place, self._added(part))
            self._suspects.appendleft(self._turns[place])
