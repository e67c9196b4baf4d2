"""The life of one stage process, as whoever watches over it sees it. Pure: no processes, no clock.

```
 starting ──let into the run──▶ working ◀──turns again── silent
    │                             │   └──nothing for a while──▶ │
    └──────────── ended by itself or stuck, killed ─────────────┘
                      ▼                       ▲
                 restarting ──after a pause── starting         too often ──▶ given up
```

A process that is there but says nothing, and one whose loop has not turned although it says that it is alive, are the
same to a run: silent at first, and killed when patience is over. What it had goes to another, or is handed out again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto

from eclips4d.core.pulse import Beat

MOST_DEATHS = 5
WITHIN_S = 60.0
SILENT_AFTER_S = 5.0
"""Shown as silent from then on; nothing is done yet."""
LONGEST_PAUSE_S = 5.0
LET_GO_S = 0.5
"""So long nothing is said of a stage that ended without an error."""
PATIENCE = {"acquisition": 5.0, "storage": 2.0}
"""In units of the patience with the others: what acquisition holds in memory dies with it, a slow disk is not helped
by killing its writer."""


class State(StrEnum):
    """What a stage can be, in the words that are shown."""

    STARTING = "starting"
    WORKING = "working"
    SILENT = "silent"
    RESTARTING = "restarting"
    GIVEN_UP = "given up"
    ENDED = "ended"


class Order(Enum):
    """What is to be done with the process."""

    NOTHING = auto()
    START = auto()
    KILL = auto()


@dataclass(frozen=True, slots=True)
class Seen:
    """A process at one moment.

    Attributes
    ----------
    exit_code
        None while it runs.
    heard_s
        Seconds since its last heartbeat, or since it was started when there was none.
    beat
        What that said.
    """

    exit_code: int | None
    heard_s: float
    beat: Beat | None = None

    @property
    def quiet_s(self) -> float:
        """Seconds since its loop turned, as far as can be known; a loop that has not begun cannot be stuck."""
        return self.heard_s + (self.beat.age_s if self.beat is not None and self.beat.ready else 0.0)


@dataclass(slots=True)
class Lifecycle:
    """One stage's history.

    Parameters
    ----------
    name : str
    patience_s : float
        Silence, or a loop that does not turn, is borne for so long.
    """

    name: str
    patience_s: float = 60.0
    state: State = State.STARTING
    why: str = ""
    deaths: list[float] = field(default_factory=list)
    restart_at: float = 0.0
    _stuck: str = ""
    _left: float | None = None

    def step(self, now: float, seen: Seen, *, over: bool = False) -> Order:
        """What has become of the process, and what to do.

        Parameters
        ----------
        now
            Seconds on a clock that never steps.
        over
            The run has ended: who leaves now is not missed.
        """
        if self.state in (State.GIVEN_UP, State.ENDED):
            return Order.NOTHING
        if over and (self.state is State.RESTARTING or seen.exit_code is not None):
            self.state, self.why = State.ENDED, ""
            return Order.NOTHING
        if self.state is State.RESTARTING:
            return self._restart(now)
        if seen.exit_code is not None:
            if not self._may_have_been_let_go(now, seen.exit_code):
                self._died(now, seen.exit_code)
            return Order.NOTHING
        return self._listen(seen)

    def _may_have_been_let_go(self, now: float, code: int) -> bool:
        """Who leaves in peace may have been, at the end of the run, which is known a moment later."""
        if code or self._stuck:
            return False
        self._left = now if self._left is None else self._left
        return now - self._left < LET_GO_S

    def _restart(self, now: float) -> Order:
        if now < self.restart_at:
            return Order.NOTHING
        self.state, self.why, self._stuck, self._left = State.STARTING, "", "", None
        return Order.START

    def _died(self, now: float, code: int) -> None:
        self.deaths = [t for t in self.deaths if now - t < WITHIN_S] + [now]
        self.why = self._stuck or how_it_ended(code)
        if len(self.deaths) >= MOST_DEATHS:
            self.state = State.GIVEN_UP
            return
        self.state = State.RESTARTING
        pause = 0.1 * 2 ** len(self.deaths) if code else LONGEST_PAUSE_S
        self.restart_at = now + min(LONGEST_PAUSE_S, pause)

    def _listen(self, seen: Seen) -> Order:
        if seen.quiet_s > self.patience_s * PATIENCE.get(self.name, 1.0):
            self._stuck = f"stuck for {seen.quiet_s:.0f} s{_at(seen.beat)}, killed"
            self.state, self.why = State.SILENT, self._stuck
            return Order.KILL
        if seen.heard_s > SILENT_AFTER_S or (seen.quiet_s > self.patience_s / 4):
            self.state, self.why = State.SILENT, f"for {seen.quiet_s:.0f} s{_at(seen.beat)}"
        elif seen.beat is not None and seen.beat.ready:
            self.state, self.why = State.WORKING, ""
        else:
            self.state, self.why = State.STARTING, ""
        return Order.NOTHING

    @property
    def may_come_back(self) -> bool:
        """Not gone for good."""
        return self.state not in (State.GIVEN_UP, State.ENDED)

    def __str__(self) -> str:
        return f"{self.name} {self.state}{f' ({self.why})' if self.why else ''}"


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code == 0:
        return "ended before the run did"
    return f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _at(beat: Beat | None) -> str:
    return "" if beat is None or beat.sequence is None else f" on frame {beat.sequence}"
