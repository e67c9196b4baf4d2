"""What a source does before its clock starts, with a bar on the terminal."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eclips4d.acquisition.open import prepare_source
from eclips4d.pipeline.progress import PLAIN_EVERY_S

RENDERING = "rendering ahead, as a frame takes longer to render than to scan"


def prepare(address: str, console: Console) -> None:
    """Let the source prepare itself; an interruption keeps what is done, and the same command goes on from there.

    Raises
    ------
    InputError
        As `eclips4d.acquisition.open.prepare_source`.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        plain = PlainProgress(console, RENDERING)
        task = progress.add_task(RENDERING, total=None, visible=False)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, visible=True)
            if not console.is_terminal:
                plain.show(done, total)

        ahead = prepare_source(address, report)
    if ahead:
        console.print("frames rendered ahead: they come at their times", soft_wrap=True, highlight=False)


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
