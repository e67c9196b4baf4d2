"""Whether a velocity that was drawn by hand goes farther from frame to frame than eyes can follow.

Steps that are alike and evenly spaced look the same again once each has come to the place of its neighbour. Who draws
a line through them that moves by more than half of their spacing from frame to frame may have followed another one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eclips4d.metrology.steps.alias import aliased
from eclips4d.viewer.measuring.answers import LineSeries, TrackRead
from eclips4d.viewer.measuring.kymograph import Drawn, Place


def drawn_aliased(drawn: Drawn, series: LineSeries) -> bool:
    """Whether this velocity can be that of a neighbour, or the other way round; False where nothing repeats.

    Parameters
    ----------
    drawn : Drawn
    series : LineSeries
        With the steps that were found on the line it was drawn for.
    """
    spacing = min(spacing_near(series.tracks, place) for place in (drawn.start, drawn.end))
    velocity = drawn.velocity(series.spacing_nm, series.frame_s).value
    return series.frame_s > 0.0 and aliased(velocity, None, spacing, series.frame_s)


def spacing_near(tracks: Sequence[TrackRead], place: Place) -> float:
    """From the step nearest to a place to the nearest one alike, nm; infinite where there is none.

    Alike are steps of the same sense, as they were at that moment.
    """
    x, t = place
    there = [(_at(track, t), track.rises) for track in tracks]
    seen = [(position, rises) for position, rises in there if math.isfinite(position)]
    if not seen:
        return math.inf
    nearest, sense = min(seen, key=lambda one: abs(one[0] - x))
    gaps = [abs(position - nearest) for position, rises in seen if rises == sense]
    return min((gap for gap in gaps if gap > 0.0), default=math.inf)


def _at(track: TrackRead, t: float) -> float:
    """Where a step was, nm; NaN before and after it was seen."""
    times = track.time_s
    if not times.size:
        return math.nan
    margin = float(np.median(np.diff(times))) if times.size > 1 else math.inf
    if not times[0] - margin <= t <= times[-1] + margin:
        return math.nan
    return float(np.interp(t, times, track.position_nm))
