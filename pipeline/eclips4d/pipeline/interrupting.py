"""A Ctrl-C that is not lost.

Python raises `KeyboardInterrupt` wherever the main thread happens to be. In the callback of a weak reference, in a
finaliser or in a function that a C library calls, the exception is printed and dropped, and the program goes on.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """While the block runs, Ctrl-C is remembered besides being raised; what is given raises it again if it came.

    Call that often, outside of callbacks. At the end of the block it is called once more. Outside of the main thread,
    where no signal arrives, nothing is done.

    Raises
    ------
    KeyboardInterrupt
        It was asked for, wherever it was raised first.
    """
    asked = threading.Event()

    def remember(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.default_int_handler(number, frame)

    def look() -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield look
        return
    before = signal.signal(signal.SIGINT, remember)
    try:
        yield look
        look()
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def held() -> Iterator[None]:
    """While the block runs, Ctrl-C waits; at its end it is raised, if it came, whatever else the block raises.

    For short calls of libraries that leave something half done when they are interrupted.

    Raises
    ------
    KeyboardInterrupt
        It was asked for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: asked.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if asked.is_set():
            signal.raise_signal(signal.SIGINT)


@contextmanager
def answering(interrupted: Callable[[], None]) -> Iterator[None]:
    """While the block runs, Ctrl-C and SIGTERM call `interrupted` and raise nothing: what they stop ends by itself."""
    before = {number: signal.signal(number, lambda *_: interrupted()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
