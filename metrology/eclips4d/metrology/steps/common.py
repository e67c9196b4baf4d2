"""Frames in which all steps of a line are displaced together: registration that failed for a moment.

Each step is expected where a straight line through the sights around (near the ends of its life a parabola) takes it,
itself left out. What the steps of a frame are off by together, and much more than is usual, is none of their motion,
which is smooth: it is added to the uncertainty of every position in that frame. Nothing is subtracted, so that steps
that speed up together are not straightened out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.track import Track

F64 = NDArray[np.float64]

AROUND = 11
"""Sights through which the motion of a step is laid."""
FEWEST_SIGHTS, FEWEST_STEPS = 6, 2
UNUSUAL = 3.0
"""Robust standard deviations of the common displacement beyond which a frame counts as displaced."""
ROUNDS = 4
LOPSIDED = 0.1


def common_jumps(tracks: Sequence[Track], frames: int) -> F64:
    """Standard uncertainty of all positions of a frame because all were displaced together, nm, [frame]; mostly 0.

    Parameters
    ----------
    tracks : sequence of Track
        Of one line.
    frames : int
        How many were looked at.
    """
    long = [track for track in tracks if track.seen.size >= FEWEST_SIGHTS]
    jump = np.zeros(frames)
    if len(long) < FEWEST_STEPS:
        return jump
    for _ in range(ROUNDS):
        off = np.full((len(long), frames), np.nan)
        for row, track in zip(off, long, strict=True):
            u = np.hypot(track.column("position_u_nm"), jump[track.seen])
            row[track.seen] = _off(track.column("time_s"), track.column("position_nm"), u)
        found = _unusual(off)
        if np.array_equal(found, jump):
            break
        jump = found
    return jump


def _unusual(off: F64) -> F64:
    """Common displacements [frame] where steps agree on them and they are larger than usual, from [step, frame]."""
    count = np.isfinite(off).sum(axis=0)
    enough = count >= FEWEST_STEPS
    if not enough.any():
        return np.zeros(off.shape[1])
    common = np.zeros(off.shape[1])
    common[enough] = np.nanmedian(off[:, enough], axis=0)
    usual = 1.4826 * float(np.median(np.abs(common[enough])))
    own = 1.4826 * float(np.nanmedian(np.abs(off[:, enough] - common[enough])))
    least = UNUSUAL * np.hypot(usual, own / np.sqrt(np.maximum(count, 1)))
    return np.where(enough & (np.abs(common) > least), np.abs(common), 0.0)


def _off(time: F64, place: F64, u: F64) -> F64:
    """How far each place is off where those around it lead to, [k]."""
    k = time.size
    size = min(AROUND, k)
    first = np.clip(np.arange(k) - size // 2, 0, k - size)
    around = first[:, None] + np.arange(size)
    t = time[around] - time[:, None]
    weight = np.where(around == np.arange(k)[:, None], 0.0, 1.0 / u[around] ** 2)
    lopsided = np.abs(t.mean(axis=1)) > LOPSIDED * np.ptp(t, axis=1)
    unit = t / np.abs(t).max(axis=1, keepdims=True)
    # The column that makes it a parabola is zero where a straight line does.
    basis = np.stack([np.ones_like(unit), unit, np.where(lopsided[:, None], unit**2, 0.0)], axis=-1)
    normal = np.einsum("kn,kna,knb->kab", weight, basis, basis)
    normal[:, 2, 2] += np.where(lopsided, 0.0, 1.0)
    moment = np.einsum("kn,kna,kn->ka", weight, basis, place[around] - place[:, None])
    return np.asarray(-np.linalg.solve(normal, moment[..., None])[:, 0, 0], np.float64)
