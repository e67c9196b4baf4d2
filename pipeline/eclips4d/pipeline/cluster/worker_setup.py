"""What a worker of our own does before its first job: leave Ctrl-C to the command, which ends its workers itself."""

from __future__ import annotations

import signal


def dask_setup(_worker: object) -> None:
    """Called by Dask in the worker's main thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
