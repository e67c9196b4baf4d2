"""What a test may leave behind: nothing. No thread, child process, ZeroMQ socket or context, top-level Qt widget."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import sys
import threading
import weakref
from pathlib import Path

import psutil
import zmq

GRACE_S = 3.0

# Threads that libraries start once and keep for the life of the process, by design.
LIBRARY_THREADS = (
    "zarr_io",  # zarr's event loop
    "zarr_pool",  # and its executor
    "asyncio_",  # default executor of that loop
    "pydevd",  # a debugger
    "pytest_timeout",
    "execnet",
)
LIBRARY_THREAD_TYPES = (
    "GarbageCollectorThread",  # pyzmq frees zero-copy buffers there
    "_DummyThread",  # a foreign thread (Qt, tensorstore) that once ran Python code
)
LIBRARY_CHILDREN = ("resource_tracker", "forkserver")  # of multiprocessing

_sockets: weakref.WeakSet[zmq.Socket] = weakref.WeakSet()
_contexts: weakref.WeakSet[zmq.Context] = weakref.WeakSet()


def watch_zeromq() -> None:
    """From now on remember every socket and context that is made."""
    for kind, seen in ((zmq.Socket, _sockets), (zmq.Context, _contexts)):
        _remember(kind, seen)


def _remember(kind: type, seen: weakref.WeakSet) -> None:
    original = kind.__init__

    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        seen.add(self)

    kind.__init__ = init


def _threads() -> set[threading.Thread]:
    return {
        t
        for t in threading.enumerate()
        if not t.name.startswith(LIBRARY_THREADS) and type(t).__name__ not in LIBRARY_THREAD_TYPES
    }


def _children() -> set[psutil.Process]:
    listed = Path("/proc/self/task")
    if not listed.exists():
        return set(psutil.Process().children(recursive=True))
    found = set()
    for file in listed.glob("*/children"):  # much cheaper than asking psutil, which reads every process of the machine
        with contextlib.suppress(OSError, psutil.NoSuchProcess):
            found |= {psutil.Process(int(pid)) for pid in file.read_text().split()}
    return found


def _is_library_child(process: psutil.Process) -> bool:
    try:
        return any(name in " ".join(process.cmdline()) for name in LIBRARY_CHILDREN)
    except psutil.Error:
        return False


def _own_context() -> zmq.Context | None:
    garbage = sys.modules.get("zmq.utils.garbage")
    return garbage.gc._context if garbage else None


def _open_zeromq() -> set:
    own = _own_context()  # pyzmq's garbage collector talks to itself through sockets of its own
    sockets = {s for s in _sockets if not s.closed and s.context is not own}
    return sockets | {c for c in _contexts if not c.closed and c is not own}


def _widgets() -> list:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    menu = widgets.QMenu  # pyqtgraph keeps hidden context menus that belong to no window
    return [w for w in widgets.QApplication.topLevelWidgets() if not isinstance(w, menu)]


def _delete_deferred() -> None:
    gc.collect()
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)


class Before:
    """What was there before a test; `leaks` says in words what has been added since."""

    def __init__(self) -> None:
        self.threads, self.children, self.zeromq, self.widgets = _threads(), _children(), _open_zeromq(), _widgets()

    def leaks(self) -> list[str]:
        found = []
        for thread in _threads() - self.threads:
            thread.join(GRACE_S)
            if thread.is_alive():
                found.append(f"thread {thread.name!r}")
        multiprocessing.active_children()  # reaps those that have ended
        new = [child for child in _children() - self.children if not _is_library_child(child)]
        if new:
            found += [f"process {child}" for child in psutil.wait_procs(new, timeout=GRACE_S)[1]]
        found += [f"ZeroMQ {item!r}" for item in _open_zeromq() - self.zeromq]
        if self._new_widgets():
            _delete_deferred()
            found += [f"top-level widget {widget!r}" for widget in self._new_widgets()]
        return found

    def _new_widgets(self) -> list:
        return [w for w in _widgets() if not any(w is old for old in self.widgets)]
