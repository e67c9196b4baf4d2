"""What a source does before its clock starts, with a bar on the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eclips4d.acquisition.open import prepare_source
from eclips4d.pipeline.progress import PLAIN_EVERY_S

MEASURING = "timing a first frame"
RENDERING = "rendering frames before their clock starts"


def prepare(address: str, console: Console) -> None:
    """Let the source prepare itself; an interruption keeps what is done, and the same command goes on from there.

    Raises
    ------
    InputError
        As `eclips4d.acquisition.open.prepare_source`.
    """
    if "://" not in address:
        return
    with counting(console, RENDERING, before=MEASURING) as report:
        ahead = prepare_source(address, report)
    if ahead:
        console.print("frames rendered ahead: they come at their times", soft_wrap=True, highlight=False)


@contextmanager
def counting(console: Console, what: str, *, before: str = "") -> Iterator[Callable[[int, int], None]]:
    """`report(done, total)`, shown as a bar; without a terminal, as a line every few seconds.

    Parameters
    ----------
    before
        Stands there until the first report.
    """
    if not console.is_terminal:
        yield PlainProgress(console, what).show
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(24), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(before or what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total, description=what)


class PlainProgress:
    """Lines every few seconds, for a console that is no terminal.

    Parameters
    ----------
    console
        Where to.
    what
        Begins each line.
    """

    def __init__(self, console: Console, what: str) -> None:
        self._console, self._what = console, what
        self._last = time.monotonic() - PLAIN_EVERY_S

    def show(self, done: int, total: int) -> None:
        """Say how far it is, if it is time to, or done."""
        now = time.monotonic()
        if now - self._last >= PLAIN_EVERY_S or done == total:
            self._last = now
            self._console.print(f"{self._what}: {done}/{total}", soft_wrap=True, highlight=False)
