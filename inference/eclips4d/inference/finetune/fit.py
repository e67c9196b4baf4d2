"""The module fitted to unlabelled frames, in closed form: no steps, no random numbers.

A height explains what has no curl, brightness what all segments share. What is left, the curl of the slopes that are
read and what lies beside all slopes, is linear in the module's weights, so least squares finds them; heights and
brightness need not be known. A scale of all slopes has neither curl nor anything beside: nothing here sees it, and the
lock holds it. Frames of few faces leave more unseen: of all modules that explain them, the one is taken that turns
facets least over all azimuths; the more azimuths frames show, the less that has to hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.finetune.azimuths import azimuths_seen, mean_over_segments
from eclips4d.inference.finetune.compared import Compared, held_to
from eclips4d.inference.finetune.lock import DIRECTIONS, directions, taken
from eclips4d.inference.finetune.module import FineTune
from eclips4d.inference.finetune.reading import reading_of
from eclips4d.inference.finetune.terms import TERMS, said

F64 = NDArray[np.float64]

AROUND: Final = 0.45
"""How much a turn of facets counts at all azimuths, beside what is unexplained of as many pixels; both in units of
counting noise. Where frames show faces at one azimuth; less by as many as they show."""
ALIKE: Final = 6.0
"""The same of turns that faces a segment's width apart have in common, which are a scale."""
RIDGE: Final = 0.03
"""Added to every gain's own sum of squares, as a share of it: what is not seen stays 0."""
_TINY: Final = 1e-4
"""The same of weights, for what turns no facet."""
CURL: Final = 5.0
"""How much more the curl counts than what lies beside all slopes: heights are made of slopes alone, and shadows and
laws that are not quite right leave more beside."""
STEEPEST_SHARE: Final = 0.998
"""Of pixels: what the few steepest show is mostly what a pixel cannot resolve."""
_PIXELS: Final = 2**16
"""Of a frame that enter, about: the weights are few."""


def fit(frames: Sequence[Compared]) -> FineTune:
    """The module that leaves least of these frames unexplained.

    Parameters
    ----------
    frames
        Of one instrument, each compared with the surface that a model made of it.
    """
    steepest = float(
        np.quantile(np.concatenate([np.hypot(*frame.seen.slope).ravel() for frame in frames]), STEEPEST_SHARE)
    )
    frames = [held_to(frame, steepest) for frame in frames]
    segments = len(frames[0].left)
    units = np.eye(segments * TERMS).reshape(-1, segments, TERMS)
    free = taken([frame.seen.some(_step(frame)) for frame in frames], units)
    normal, known, held = [], [], []
    for frame in frames:
        columns, left = _columns(frame, units, free)
        normal.append(columns @ columns.T)
        known.append(columns @ left)
        turns = _turns_around(frame, units, free)
        held.append(columns.shape[1] / (2 + segments) * turns @ turns.T)
    of_all = np.sum(normal, axis=0)
    own = np.diag(of_all)
    ridge = np.diag(np.repeat((_TINY, RIDGE), (len(units), segments)) * own + 1e-9 * own.max() + 1e-30)
    azimuths = azimuths_seen([frame.seen.slope for frame in frames], segments)
    ridge[: len(units), : len(units)] += np.sum(held, axis=0) / azimuths
    weight = np.linalg.solve(of_all + ridge, np.sum(known, axis=0))[: len(units)]
    return FineTune(weight.reshape(segments, TERMS), weight @ free, steepest)


def _columns(frame: Compared, units: F64, free: F64) -> tuple[F64, F64]:
    """What every weight, and then every gain, would explain; and what there is to explain."""
    step = _step(frame)

    def explained(change: F64) -> F64:
        found = frame.unexplained(change)[:, ::step, ::step]
        found[:2] *= CURL
        return found.ravel()

    of_locked = np.stack([explained(one) for one in directions(frame.seen, frame.reading)])
    of_weights = np.stack([explained(said(frame.seen, unit)) for unit in units]) - free @ of_locked
    gains = of_locked[DIRECTIONS::2]
    return np.concatenate([of_weights, gains]), explained(frame.left)


def _turns_around(frame: Compared, units: F64, free: F64) -> F64:
    """What every weight turns facets by at all azimuths, and what is alike of it; squares sum up to what it counts."""
    reading = reading_of(frame.around)
    of_locked = directions(frame.around, reading)
    turns = np.stack(
        [
            reading.read(said(frame.around, unit) - np.tensordot(one, of_locked, 1))[1:]
            for unit, one in zip(units, free, strict=True)
        ]
    )
    alike = mean_over_segments(turns, len(frame.left))
    facets, sets = turns[0, 0].size, alike[0].size
    parts = [
        np.sqrt(AROUND / facets) * turns.reshape(len(units), -1),
        np.sqrt(ALIKE / sets) * alike.reshape(len(units), -1),
    ]
    return np.concatenate(parts, axis=1) / frame.slope_sd


def _step(frame: Compared) -> int:
    return max(1, round(float(np.sqrt(frame.left[0].size / _PIXELS))))
