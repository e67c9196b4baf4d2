"""All triggers of a run over its frames; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eclips4d.pipeline.triggers.condition import Condition
from eclips4d.pipeline.triggers.moved_steps import MovedSteps
from eclips4d.pipeline.triggers.seen_frames import Seen
from eclips4d.pipeline.triggers.trigger import Change, Trigger


class Judge:
    """Remembers where each trigger stands.

    Parameters
    ----------
    conditions : sequence of Condition
    """

    def __init__(self, conditions: Sequence[Condition]) -> None:
        # Each counts the ways of steps from where it has told of them itself.
        self._watched = [(Trigger(c), MovedSteps() if c.quantity == "step" else None) for c in conditions]

    @property
    def on(self) -> list[str]:
        """The triggers that are on, by their words."""
        return [trigger.condition.words for trigger, _ in self._watched if trigger.on]

    def take(self, seen: Seen) -> list[Change]:
        """What the next frame changes."""
        changes = []
        for trigger, moved in self._watched:
            change = trigger.take(seen.frame, seen.time_s, _value(trigger.condition.quantity, moved, seen))
            if change is None:
                continue
            changes.append(change)
            if moved is not None and change.on:
                moved.begin_anew()
        return changes


def _value(quantity: str, moved: MovedSteps | None, seen: Seen) -> float:
    if moved is None:
        return seen.values.get(quantity, math.nan)
    return math.nan if seen.edges is None else moved.take(seen.edges, seen.place_sd_nm)
