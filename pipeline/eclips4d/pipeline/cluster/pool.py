"""Who does the work, as the one who shares it out sees it: jobs are handed in, results come back in any order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Call: TypeAlias = Callable[[Any], Any]
"""A function of a module, which workers import; what it is given and what it returns is small."""


@dataclass(frozen=True, slots=True)
class Died:
    """A job that its workers did not survive."""

    reason: str


class Pool(Protocol):
    """Workers."""

    @property
    def size(self) -> int:
        """Jobs that can be worked on at one moment."""
        ...

    def submit(self, number: int, call: Call, job: object) -> None:
        """Hand in job `number`."""
        ...

    def next(self) -> tuple[int, Any]:
        """Wait for one: its number and what came of it, or `Died`; raises what the job raised."""
        ...


class InProcess:
    """A pool without workers: each job is done when its result is asked for. For tests, and for one processor."""

    size = 1

    def __init__(self) -> None:
        self._jobs: deque[tuple[int, Call, object]] = deque()

    def submit(self, number: int, call: Call, job: object) -> None:
        """Put it at the end of the queue."""
        self._jobs.append((number, call, job))

    def next(self) -> tuple[int, Any]:
        """Do the oldest."""
        number, call, job = self._jobs.popleft()
        return number, call(job)
