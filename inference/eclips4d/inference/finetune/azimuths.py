"""Facets of a frame's tilts at all azimuths, most of which no face of the frame may have.

A frame of few large faces tells a module what to do with these. What it does with all others has to be held by
something else, or faces that another frame shows at other azimuths are turned by what nothing has told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.inference.finetune.rendered import Rendered, facets

F64 = NDArray[np.float64]

TILTS: Final = 256
AZIMUTHS: Final = 24
"""Parted evenly by three segments and by four."""


def at_all_azimuths(instrument: Instrument, calibration: Calibration, slope: NDArray[np.floating]) -> Rendered:
    """Facets that stand alone, as steep as those of a frame [2, y, x] and as often, [TILTS, AZIMUTHS]."""
    steep = np.quantile(np.hypot(*slope), (np.arange(TILTS) + 0.5) / TILTS)[:, None]
    azimuth = 2.0 * np.pi * np.arange(AZIMUTHS) / AZIMUTHS
    turned = np.stack([steep * np.cos(azimuth), steep * np.sin(azimuth)])
    return facets(instrument, calibration, turned.astype(np.float32))


def mean_over_segments(turn: F64, segments: int) -> F64:
    """Mean change of tilt of faces that lie a segment's width apart, each as much to one segment as to the next.

    Of faces at one azimuth alone this is what a moved detector does, of all of them together it is a scale: that of the
    contrast, at that tilt and azimuth.

    Parameters
    ----------
    turn : float64 [..., 2, TILTS, AZIMUTHS]
        Change of their slopes.

    Returns
    -------
    float64 [..., TILTS, AZIMUTHS / segments]
    """
    azimuth = 2.0 * np.pi * np.arange(AZIMUTHS) / AZIMUTHS
    steeper = turn[..., 0, :, :] * np.cos(azimuth) + turn[..., 1, :, :] * np.sin(azimuth)
    return np.asarray(steeper.reshape(*steeper.shape[:-1], segments, -1).mean(axis=-2))


def azimuths_seen(slopes: Sequence[NDArray[np.floating]], segments: int) -> float:
    """How many azimuths frames show, those a segment's width apart taken as one; 1 to AZIMUTHS / segments.

    By how evenly their squared slopes are spread over that many sectors: one over the sum of squared shares.

    Parameters
    ----------
    slopes : sequence of [2, y, x]
    """
    sectors, share = AZIMUTHS // segments, np.zeros(AZIMUTHS // segments)
    for slope in slopes:
        around = np.arctan2(slope[1], slope[0]) * segments / (2.0 * np.pi) % 1.0
        sector = np.minimum((around * sectors).astype(int), sectors - 1)
        share += np.bincount(sector.ravel(), (slope**2).sum(axis=0).ravel(), minlength=sectors)
    total = float(share.sum())
    return total**2 / float((share**2).sum()) if total > 0.0 else 1.0
