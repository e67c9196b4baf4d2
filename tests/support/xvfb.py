"""A screen of its own for what needs OpenGL: Xvfb with Mesa's software renderer."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NEEDED = ("libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1", "libxkbcommon-x11.so.0", "libGL.so.1")
"""What Qt's X11 platform loads and does not bring along."""


def _there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


@contextmanager
def screen(size: str = "1700x1100x24") -> Iterator[dict[str, str]]:
    """The environment in which a process draws on it; skips the test where there is no Xvfb."""
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb (Debian: apt-get install xvfb libgl1-mesa-dri)")
    absent = [name for name in NEEDED if not _there(name)]
    if absent:
        pytest.skip(f"Qt cannot draw on an X11 screen without {', '.join(absent)}")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        environment = {k: v for k, v in os.environ.items() if k not in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
        yield environment | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1"}
    finally:
        server.terminate()
        server.wait(10)
