"""The window beside a run: a process of its own that only reads; however it ends, the run goes on."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from importlib.util import find_spec

import psutil

from eclips4d.pipeline.config import RunConfig

BEHIND = 5
"""How far the window's process is behind those of the run: it gets a third of their share where all want to work."""


def can_show() -> bool:
    """Whether there is a display and a window system to show a window with."""
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("win32", "darwin")
    return bool(display) and find_spec("pyqtgraph") is not None and find_spec("PySide6") is not None


class Window:
    """The viewer's process on the store of a run.

    Parameters
    ----------
    config : RunConfig
    """

    def __init__(self, config: RunConfig) -> None:
        self._report = config.spill_dir.with_suffix(".view")
        command = [sys.executable, "-m", "eclips4d.viewer", str(config.out)]
        command += ["--notices", config.endpoints.notices, "--report", str(self._report)]
        command += ["--notes", config.endpoints.notes] if config.endpoints.notes else []
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        # Where there is not enough for all, frames come before pictures of them.
        with contextlib.suppress(psutil.Error):
            psutil.Process(self._process.pid).nice(BEHIND)

    @property
    def is_open(self) -> bool:
        """The user has not closed it."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def dropped(self) -> int:
        """Frames that were committed but never shown, as the window last reported."""
        return self._reported()[0]

    def shown(self) -> int:
        """Frames that it has shown."""
        return self._reported()[1]

    @property
    def is_up(self) -> bool:
        """It has drawn itself, and looks for frames."""
        return self._report.exists()

    def _reported(self) -> tuple[int, int]:
        with contextlib.suppress(OSError, ValueError):
            dropped, shown = map(int, self._report.read_text().split())
            return dropped, shown
        return 0, 0

    def wait(self) -> None:
        """Until the user closes it; Ctrl-C closes it too."""
        with contextlib.suppress(KeyboardInterrupt):
            self._process.wait()

    def close(self) -> None:
        """End the process if it is still there."""
        if self.is_open:
            self._process.terminate()
            try:
                self._process.wait(3.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._report.unlink(missing_ok=True)
