"""What a window was asked to do besides showing its run: files to write, files that came in. Knows no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eclips4d.viewer.exporting.jobs import Exports, one_line
from eclips4d.viewer.opening import Found, Kind, Processing, command, store_for, what_is
from eclips4d.viewer.state_line import Tone

if TYPE_CHECKING:
    from eclips4d.viewer.remote.link import Place

MOST_FILES = 5
"""Of those dropped at once."""


class Desk(Protocol):
    """Whoever keeps all windows of the process."""

    def open(self, store: Path) -> None:
        """Show a store: in the window that asks when it has shown nothing yet, else in a new one."""

    def open_again(self) -> None:
        """One more window on the same run."""

    def recent(self) -> tuple[Path, ...]:
        """Stores that were opened last, newest first."""

    def hold(self, processing: Processing) -> None:
        """A run was started: keep what is known of it as long as the process lives."""

    def closed(self) -> None:
        """The window that asks has closed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button."""

    text: str
    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Says:
    """What stands in the bar; nothing where there are no words."""

    words: str = ""
    tone: Tone = Tone.PLAIN
    choices: tuple[Choice, ...] = ()


NOTHING = Says()


class Errands:
    """Of one window; closed with it.

    Parameters
    ----------
    store : Path, optional
        What the window shows.
    start : callable
        Starts the command that processes a recording.
    clock : callable
        Seconds, of any origin.
    """

    def __init__(
        self,
        store: Path | None = None,
        start: Callable[[Sequence[str]], Processing] = Processing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.exports = Exports(clock)
        self.place: Place | None = None
        """Where the store is to be seen, when it is another host's."""
        self.desk: Desk | None = None
        self._start = start
        self._question: Says | None = None
        self._processing: Processing | None = None
        self._cancel = (Choice("Cancel", self.exports.cancel),)

    @property
    def says(self) -> Says:
        """A question first, then what goes on, then how it ended."""
        if self._question is not None:
            return self._question
        if busy := self.exports.busy:
            return Says(busy, Tone.PLAIN, self._cancel)
        words, tone = self.exports.says
        return Says(words, tone) if words else NOTHING

    def look(self) -> None:
        """See whether the run that was started for this window has failed."""
        if self._processing is not None and (failure := self._processing.failure):
            self._processing = None
            self._ask(f"processing ended: {failure}", Choice("Close", self._forget), tone=Tone.ALARM)

    def watch(self, processing: Processing) -> None:
        """Tell when this run, whose store the window shows, fails."""
        self._processing = processing

    def take(self, paths: Sequence[Path]) -> None:
        """Files were dropped onto the window, or chosen: open stores, ask what to do with a recording."""
        for path in paths[:MOST_FILES]:
            self._take(what_is(path))

    def close(self) -> None:
        """Give up what is not written yet; a run that was started goes on."""
        self.exports.close()
        if self.desk is not None:
            self.desk.closed()

    def _take(self, found: Found) -> None:
        if found.kind is Kind.NEITHER:
            self.exports.say(found.why, failed=True)
        elif self.desk is None:
            self.exports.say("this window opens nothing else", failed=True)
        elif found.kind is Kind.STORE:
            self.desk.open(found.path)
        else:
            self._offer(found.path)

    def _offer(self, recording: Path) -> None:
        out = store_for(recording)
        no = Choice("No", self._forget)
        if not out.exists():
            yes = Choice("Process", lambda: self._process(recording, out))
            return self._ask(f"Process {recording.name} into {out.name}?", yes, no)
        other = store_for(recording, fresh=True)
        show = Choice("Show it", lambda: self._show(out))
        again = Choice(f"Process into {other.name}", lambda: self._process(recording, other))
        return self._ask(f"{out.name} is there already.", show, again, no)

    def _process(self, recording: Path, out: Path) -> None:
        self._forget()
        try:
            processing = self._start(command(recording, out))
        except OSError as error:
            return self.exports.say(f"cannot be started: {one_line(error)}", failed=True)
        assert self.desk is not None
        self.desk.hold(processing)
        return self.desk.open(out)

    def _show(self, out: Path) -> None:
        self._forget()
        assert self.desk is not None
        self.desk.open(out)

    def _ask(self, words: str, *choices: Choice, tone: Tone = Tone.PLAIN) -> None:
        self._question = Says(words, tone, choices)

    def _forget(self) -> None:
        self._question = None
