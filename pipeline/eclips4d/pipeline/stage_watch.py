"""What the hub knows of the state of every stage, and of the clock, for notices and events."""

from __future__ import annotations

import time
from collections.abc import Callable

from eclips4d.core.errors import WireError
from eclips4d.core.messages import Stages
from eclips4d.pipeline.lifecycle import SILENT_AFTER_S, State
from eclips4d.pipeline.peers import Peers

MOST_STAGES = 256
MOST_SUPERVISORS = 64
MOST_LETTERS = 200
CLOCK_STEP_S = 0.5
STATES = frozenset(State)


class StageWatch:
    """States told by supervisors, of which every host of a run may have one; else, what can be heard.

    Parameters
    ----------
    wall, monotonic
        Clocks, for tests.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._told_by: dict[bytes, dict[str, str]] = {}
        self._wall, self._monotonic = wall, monotonic
        self._offset = wall() - monotonic()

    def told(self, stages: Stages, sender: bytes = b"") -> list[str]:
        """Take a supervisor's word; returns what is worth an event.

        Raises
        ------
        WireError
            Names, states or their number cannot be.
        """
        words = [*stages.states, *stages.whys, *stages.whys.values()]
        if len(words) > MOST_STAGES or any(len(word) > MOST_LETTERS or not word.isprintable() for word in words):
            raise WireError("states of too many stages, or in too many words")
        if not STATES.issuperset(stages.states.values()):
            raise WireError("an unknown state of a stage")
        before = self._told_by.get(sender, {})
        if sender not in self._told_by and len(self._told_by) >= MOST_SUPERVISORS:
            raise WireError(f"a supervisor more than {MOST_SUPERVISORS}")
        changed = [name for name, state in stages.states.items() if _matters(before.get(name), state)]
        self._told_by[sender] = dict(stages.states)
        return [_event(name, stages.states[name], stages.whys.get(name, "")) for name in changed]

    def states(self, peers: Peers) -> dict[str, str]:
        """The state of each stage, by name."""
        quiet = {name.decode() for name in peers.unheard(SILENT_AFTER_S, ("acquisition", "inference", "registration"))}
        heard = {name.decode() for name in peers.names() if peers[name].hello.role != "supervisor"}
        known: dict[str, str] = {name: State.SILENT if name in quiet else State.WORKING for name in sorted(heard)}
        for told in self._told_by.values():
            known |= told
        return known

    def clock_step(self) -> float | None:
        """By how many seconds the clock was set since the last time, if it was."""
        offset = self._wall() - self._monotonic()
        step = offset - self._offset
        if abs(step) < CLOCK_STEP_S:
            return None
        self._offset = offset
        return round(step, 3)


def _matters(before: str | None, now: str) -> bool:
    """A stage that starts or works for the first time is no event."""
    return now != before and not (before in (None, State.STARTING) and now in (State.STARTING, State.WORKING))


def _event(name: str, state: str, why: str) -> str:
    return f"{name}: {state}{f' ({why})' if why else ''}"
