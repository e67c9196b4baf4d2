"""The terminal's view of a training: a bar with losses and the time left, or plain lines when nobody watches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from eclips4d.training.progress import Progress as Trained

PLAIN_EVERY_S = 15.0
REMEMBERED = 0.98
STARTING = "rendering the first images (on a new machine this compiles first: about half a minute)"


class TrainingProgress:
    """Shows a training's steps; losses are averaged over the last fifty."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._losses: dict[str, float] = {}
        self._last_plain = 0.0

    @contextmanager
    def live(self, title: str) -> Iterator[TrainingProgress]:
        """Keep a line on the terminal while training."""
        self._losses, self._last_plain = {}, time.monotonic()
        if not self._console.is_terminal:
            self._say(f"{title}: {STARTING}")
            yield self
            return
        columns = (TextColumn("{task.description}", markup=False), BarColumn(24), TimeElapsedColumn())
        with Progress(*columns, TextColumn("{task.fields[says]}", markup=False), console=self._console) as bar:
            self._bar = bar
            bar.add_task(title, total=1.0, says=STARTING)
            yield self
        self._bar = None

    def __call__(self, progress: Trained) -> None:
        """Show one step."""
        for name, loss in (progress.measures or {"loss": progress.loss}).items():
            self._losses[name] = REMEMBERED * self._losses.get(name, loss) + (1.0 - REMEMBERED) * loss
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=progress.share, says=self.line(progress))
        elif time.monotonic() - self._last_plain >= PLAIN_EVERY_S:
            self._last_plain = time.monotonic()
            self._say(self.line(progress))

    def line(self, progress: Trained) -> str:
        """The state of the training in one line."""
        losses = ", ".join(f"{name} {loss:.3f}" for name, loss in self._losses.items())
        left_s = progress.elapsed_s * (1.0 - progress.share) / max(progress.share, 1e-6)
        return f"step {progress.step}, {100 * progress.share:.0f} %, {losses}, {_spoken(left_s)} left"

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True)


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
