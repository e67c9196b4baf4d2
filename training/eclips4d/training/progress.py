"""How far a training is, as it tells whoever watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from eclips4d.training.recipe import Budget


@dataclass(frozen=True, slots=True)
class Progress:
    """After one step.

    Attributes
    ----------
    share
        Of the budget, 0 to 1.
    loss
        Of this step.
    elapsed_s
        Time trained, earlier sittings included.
    measures
        Whatever else is worth seeing, by name.
    """

    step: int
    share: float
    loss: float
    elapsed_s: float
    measures: Mapping[str, float] = field(default_factory=dict)


OnProgress = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Nobody watches."""


class BudgetClock:
    """Tells which share of a budget is used; time trained before counts, time in between does not.

    Parameters
    ----------
    elapsed_s
        Trained in earlier sittings.
    """

    def __init__(self, budget: Budget, elapsed_s: float = 0.0, now: Callable[[], float] = time.monotonic):
        self._budget = budget
        self._now = now
        self._start = now() - elapsed_s

    @property
    def elapsed_s(self) -> float:
        """Time trained."""
        return self._now() - self._start

    def share(self, step: int) -> float:
        """Of the budget that is used after `step` steps; 1 when training ends."""
        used = [0.0]
        if self._budget.steps is not None:
            used.append(step / self._budget.steps)
        if self._budget.minutes is not None:
            used.append(self.elapsed_s / (60.0 * self._budget.minutes))
        return min(max(used), 1.0)
