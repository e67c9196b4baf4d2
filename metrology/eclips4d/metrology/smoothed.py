"""Drift that was found afterwards, from all frames of a run, beside the one that was found live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eclips4d.core.results import Drift, Status
from eclips4d.metrology.drift import DriftSeries


def with_drifts(live: DriftSeries, frames: Sequence[int], drifts: Sequence[Drift]) -> DriftSeries:
    """The same frames with other drifts.

    Parameters
    ----------
    live : DriftSeries
        As it was found live.
    frames : sequence of int
        The frames that have another drift; those beyond the series are left out.
    drifts : sequence of Drift
        Theirs. All other frames then have none.
    """
    px, u_px, rate = (np.full_like(live.px, np.nan) for _ in range(3))
    status, reference = live.status & ~int(Status.DONE), np.full_like(live.reference, -1)
    unaligned = int(Status.NOT_ALIGNED)
    for frame, drift in zip(frames, drifts, strict=True):
        if frame < len(live):
            px[frame], u_px[frame], rate[frame] = drift.start, drift.sd, drift.rate
            reference[frame] = drift.reference
            # Deferred frames have no result of their own, but pixels that could be followed.
            status[frame] = (status[frame] & ~unaligned) | int(Status.DONE) | (0 if drift.aligned else unaligned)
    return replace(live, status=status, reference=reference, px=px, u_px=u_px, rate_px=rate)
