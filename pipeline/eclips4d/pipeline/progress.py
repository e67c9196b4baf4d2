"""The terminal's view of a run: a live line with frame rate, lag and losses, or plain lines when nobody watches."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

from eclips4d.core.messages import Notice
from eclips4d.pipeline.lifecycle import Lifecycle, State

PLAIN_EVERY_S = 5.0
STARTING = "starting the stages (on a new machine they compile first: up to a minute)"
RATE_OVER_S = 10.0
UNREMARKABLE = (State.STARTING, State.WORKING, State.ENDED)


class RateMeter:
    """Frames per second over the last seconds, from a counter that is seen now and then."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, now: float, count: int) -> float:
        """Note the counter and return the rate."""
        self._seen.append((now, count))
        while len(self._seen) > 2 and now - self._seen[0][0] > RATE_OVER_S:
            self._seen.popleft()
        (t0, n0), (t1, n1) = self._seen[0], self._seen[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0


class _Text(ProgressColumn):
    def render(self, task: Task) -> Text:
        """What the last notice said."""
        return Text(str(task.fields.get("says", STARTING)))


class RunProgress:
    """Shows notices as they come.

    Parameters
    ----------
    console : Console
    title : str
        What is run.
    """

    def __init__(self, console: Console, title: str) -> None:
        self.console, self.title = console, title
        self.dropped_views = 0
        self._rate = RateMeter()
        self._last_plain = 0.0
        self._started = time.monotonic()
        self._progress: Progress | None = None
        self._newest: Notice | None = None
        self._troubled: set[str] = set()

    @contextmanager
    def live(self) -> Iterator[RunProgress]:
        """Keep the line on the terminal; without a terminal, print one every few seconds."""
        if not self.console.is_terminal:
            self.console.print(STARTING, highlight=False, soft_wrap=True)
            yield self
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(24), _Text())
        with Progress(*columns, console=self.console, transient=True) as progress:
            self._progress = progress
            progress.add_task(self.title, total=None)
            yield self
        self._progress = None

    def show(self, notice: Notice) -> None:
        """Show the state of the run."""
        now = time.monotonic()
        self._newest = notice
        says = describe(notice, self._rate.add(now, notice.committed), self.dropped_views)
        if self._progress is not None:
            task = self._progress.task_ids[0]
            self._progress.update(task, total=notice.total, completed=notice.committed, says=says)
        elif not self.console.is_terminal and now - self._last_plain >= PLAIN_EVERY_S:
            self._last_plain = now
            self.console.print(says, highlight=False, soft_wrap=True)

    def changed(self, life: Lifecycle) -> None:
        """Say what has become of a stage, on a line of its own; that it starts or ends with its run needs no words."""
        if life.state in (State.SILENT, State.RESTARTING, State.GIVEN_UP):
            self._troubled.add(life.name)
        elif life.state is not State.WORKING or life.name not in self._troubled:
            return
        else:
            self._troubled.discard(life.name)
        self.console.print(str(life), highlight=False, soft_wrap=True)

    def closing_line(self) -> str:
        """One sentence about the whole run."""
        if self._newest is None:
            return "nothing was recorded"
        return f"{summary_line(self._newest)}, {self.dropped_views} frames not shown, {self._seconds():.0f} s"

    def _seconds(self) -> float:
        return time.monotonic() - self._started


def describe(notice: Notice, frames_per_second: float, dropped_views: int = 0) -> str:
    """The state of a run in one line."""
    of = f"/{notice.total}" if notice.total is not None else ""
    parts = [
        f"frame {notice.committed}{of}",
        f"{frames_per_second:.1f} frames/s",
        f"lag {notice.lag_s:.1f} s",
        f"recorded {notice.recorded}",
        f"view dropped {dropped_views}",
    ]
    parts += _losses(notice)
    parts += [f"{name} {state}" for name, state in notice.stages.items() if state not in UNREMARKABLE]
    if notice.trouble:
        parts.append(notice.trouble)
    return " · ".join(parts)


def summary_line(notice: Notice) -> str:
    """How the run went."""
    parts = [f"{notice.committed} frames committed", f"{notice.recorded} recorded", *_losses(notice)]
    return ", ".join(parts)


def _losses(notice: Notice) -> list[str]:
    counts = {
        "gaps": notice.gaps,
        "duplicates dropped": notice.duplicates,
        "quarantined": notice.quarantined,
        "deferred": notice.deferred,
    }
    return [f"{count} {name}" for name, count in counts.items() if count]
