"""Triggers beside a run: a process of its own that only reads; however it ends, the run goes on."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console

from eclips4d.core.messages import Notice
from eclips4d.pipeline.window import BEHIND

LAST_WAIT_S = 20.0
"""For so long the last frames of a run that has ended may take to be judged."""


@contextmanager
def watching_beside(
    store: Path, triggers: Sequence[str], events: str | None, console: Console
) -> Iterator[Callable[[Notice], None]]:
    """Triggers for as long as a run lasts: what is yielded wants to hear its notices."""
    if not triggers:
        yield lambda _: None
        return
    beside = Beside(store, triggers, events, lambda words: console.print(words, soft_wrap=True, highlight=False))
    try:
        yield beside.noted
    finally:
        beside.close()


class Beside:
    """`eclips4d watch` on a run's store, from the first word of the store's owner on.

    Parameters
    ----------
    store : Path
    triggers : sequence of str
    events : str or None
        Address that events are published at.
    say : callable
        Tells people in one line.
    """

    def __init__(self, store: Path, triggers: Sequence[str], events: str | None, say: Callable[[str], None]) -> None:
        self._command = [sys.executable, "-m", "eclips4d.pipeline", "watch", str(store), "--mark"]
        self._command += ["--parent", str(os.getpid())]
        self._command += [word for trigger in triggers for word in ("--trigger", trigger)]
        self._command += ["--events", events] if events is not None else []
        self._say = say
        self._told = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process: subprocess.Popen[bytes] | None = None
        self._is_told_of = self._has_ended = False

    def noted(self, notice: Notice) -> None:
        """Start when there is a store; say once when the process has ended before the run."""
        self._has_ended = notice.ended
        if self._process is None:
            # What is committed by now was so before this run, or while the process starts: only the rest is new.
            command = [*self._command, "--since", str(notice.committed)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self._told, stderr=self._told, start_new_session=True
            )
            with contextlib.suppress(psutil.Error):
                psutil.Process(self._process.pid).nice(BEHIND)
        elif not notice.ended and not self._is_told_of and self._process.poll() is not None:
            self._is_told_of = True
            code = self._process.returncode
            why = f"its process was ended by signal {-code}" if code < 0 else self._last_line()
            self._say(f"no trigger is watched any more: {why}")

    def close(self) -> None:
        """Let it judge what is left of a run that has ended, and say what came of it."""
        if self._process is not None:
            if not self._has_ended:
                self._process.terminate()
            try:
                self._process.wait(LAST_WAIT_S)
            except subprocess.TimeoutExpired:
                self._process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(3.0)
                self._process.kill()
                self._process.wait()
            if not self._is_told_of:
                self._say(self._last_line())
        self._told.close()

    def _last_line(self) -> str:
        self._told.seek(0)
        lines = self._told.read().splitlines()
        return lines[-1] if lines else "it ended without a word"
