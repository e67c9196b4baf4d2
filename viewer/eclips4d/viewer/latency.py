"""How long after a frame was acquired each stage was done with it, from the store; knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.viewer.outline import MOST_POINTS, outline

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run

Values = NDArray[np.float64]
Reach: TypeAlias = tuple[float, float, float, int]
"""Median, 99th percentile and worst since the last pixel, ms, and the frame of the worst."""
COLUMN = "latency_ms"
WORDS = ("p50_ms", "p99_ms", "worst_ms", "worst_frame")
RECENT = 100
"""Frames whose usual latency is told while a run goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class Latency:
    """Of all committed frames.

    Attributes
    ----------
    stages : tuple of str
        In the order in which a frame passes them.
    ms : float64 [frame, stage]
        From the moment the frame was acquired; NaN where nobody knows: gaps, frames that were deferred.
    frames : int64 [point]
        What is drawn: frames that tell it.
    drawn_ms : float64 [stage, point]
    """

    stages: tuple[str, ...]
    ms: Values
    frames: NDArray[np.int64]
    drawn_ms: Values

    def worst(self, stage: int) -> tuple[float, int] | None:
        """The longest that any frame took, ms, and its number; None where no frame tells."""
        told = np.where(np.isfinite(self.ms[:, stage]), self.ms[:, stage], -np.inf)
        if not told.size or not np.isfinite(told.max()):
            return None
        return float(told.max()), int(told.argmax())

    def usual_ms(self, stage: int, newest: int | None = RECENT) -> tuple[float, float] | None:
        """Median and 99th percentile over the newest frames that tell it, or over all (None); None without any."""
        told = self.ms[:, stage]
        told = told[np.isfinite(told)][-newest if newest else None :]
        if not told.size:
            return None
        middle, high = np.percentile(told, [50, 99])
        return float(middle), float(high)

    def of(self, frame: int) -> Values | None:
        """What one frame tells, [stage]; None where it tells nothing."""
        if not 0 <= frame < len(self.ms) or not np.isfinite(self.ms[frame]).any():
            return None
        return np.asarray(self.ms[frame])


class LatencyMemory:
    """The latencies of a growing run; of each frame they are read once, when it is committed."""

    def __init__(self) -> None:
        self._run_id = ""
        self._made: Latency | None = None

    def read(self, run_id: str, run: Run) -> Latency | None:
        """Of all committed frames; the very same object as before when nothing is new, None where they are not told.

        Parameters
        ----------
        run_id : str
            What is known of another run is forgotten.
        run : Run
            What is committed at this moment.
        """
        if COLUMN not in run.variables or not run.sizes["time"]:
            return None
        stages = tuple(str(name) for name in run[COLUMN].attrs.get("stages", ()))
        count, known = run.sizes["time"], np.empty((0, len(stages)))
        if self._made is not None and (run_id, stages) == (self._run_id, self._made.stages):
            known = self._made.ms[:count]
        if self._made is None or len(known) != count or self._made.ms.shape != known.shape:
            fresh = run[COLUMN][len(known) :].values.astype(np.float64)
            self._run_id, self._made = run_id, latency(stages, np.concatenate([known, fresh]))
        return self._made


def latency(stages: tuple[str, ...], ms: Values, most: int = MOST_POINTS) -> Latency:
    """With what is drawn of it in about so many points per curve."""
    told = np.flatnonzero(np.isfinite(ms).any(axis=1))
    last = ms[None, told, -1] if stages else np.empty((1, 0))
    drawn = told[outline(last, most)] if told.size else told
    return Latency(stages, ms, drawn, ms[drawn].T)


def reaches_of(stored: object) -> tuple[tuple[str, Reach], ...]:
    """What an ended store says of each step; nothing where it says something else."""
    found = []
    for step, told in stored.items() if isinstance(stored, Mapping) else ():
        values = [told.get(name) for name in WORDS] if isinstance(told, Mapping) else []
        numbers = [float(value) for value in values if isinstance(value, (int, float))]
        if len(numbers) == len(WORDS):
            middle, late, worst, frame = numbers
            found.append((str(step), (middle, late, worst, int(frame))))
    return tuple(found)
