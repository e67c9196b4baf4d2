"""How a host is shared out among workers: one for each processor, with one thread, unless something else is said."""

from __future__ import annotations

import os

from eclips4d.core.errors import InputError


def shares(scheduler: str | None, workers: int | None, threads: int | None = None) -> tuple[int, int]:
    """How many workers this host starts, and how many threads the networks of each may use.

    Raises
    ------
    InputError
        Both a scheduler and workers, or less than one of either.
    """
    if threads is not None and threads < 1:
        raise InputError(f"{threads} threads", where="--threads", cure="give at least 1")
    if scheduler is not None:
        if workers is not None:
            raise InputError("a scheduler has its own workers", where="--workers", cure="leave it out")
        return 0, threads or 1
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers", where="--workers", cure="give at least 1")
    return workers or len(os.sched_getaffinity(0)), threads or 1
