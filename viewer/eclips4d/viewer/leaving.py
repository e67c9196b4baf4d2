"""How the process of a window ends: at once, whatever it still computes, and never within a write.

Threads that read and measure are daemons: nobody misses what they would have found, and one that compiles cannot be
told to stop. A file is written by a thread that is none, and is waited for. A daemon that still runs while the
interpreter takes itself apart may bring the process down with a signal, so where there is one, it is not taken apart.
Nor is it after a window that somebody has closed: that took longer than all the rest (docs/decisions/0352).
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

OURS = "viewer-"
"""All threads of a window are called so."""
SOON_S = 0.25
"""For a thread that reads or measures to come to its end when its window closes."""


def to_the_end(write: Callable[[], None]) -> None:
    """Write on a thread that the process waits for, and wait for it.

    Raises
    ------
    BaseException
        Whatever `write` does.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            write()
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            raised.append(error)

    thread = threading.Thread(target=run, name=f"{OURS}write", daemon=False)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def leave(code: int) -> int:
    """The exit code of a process whose windows have closed; ends it here where one of their threads still computes."""
    _join_writers()
    if any(thread.daemon and thread.is_alive() for thread in _threads()):
        _exit(code)
    return code


def end(code: int) -> NoReturn:
    """End the process whose windows have closed, now that what they write is written."""
    _join_writers()
    _exit(code)


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(OURS)]


def _join_writers() -> None:
    for thread in _threads():
        if not thread.daemon:
            thread.join()


def _exit(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # whoever read it may be gone
            stream.flush()
    os._exit(code)
