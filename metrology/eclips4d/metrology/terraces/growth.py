"""Growth by edges that pass: what they left behind, over an area in which edges can be found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.terraces.all_edges import AllEdges
from eclips4d.metrology.terraces.blocks import Columns, Followed
from eclips4d.metrology.terraces.comings import Coming, hidden_nm3
from eclips4d.metrology.terraces.motion import EdgeMotion
from eclips4d.metrology.terraces.segmentation import Terraces

F64 = NDArray[np.float64]

MOST_RIM = 6
"""The rim is at most one in so many parts of the image's shorter side wide."""
JITTER_PX = 0.1
"""Common displacement of all edges, uphill or downhill, between two frames that neither noise nor scatter explains."""
_USED = ("height_nm", "length_nm", "normal_x", "normal_y", "velocity_nm_s", "drift_u_nm_s")


@dataclass(frozen=True, slots=True)
class Growth:
    """Growth since the frame before.

    Attributes
    ----------
    growth_nm_s, growth_u_nm_s : float
        Mean over the image without its rim, and its standard uncertainty.
    growth_rim_px : int
        Width of the rim: risers along the border show one terrace only, so that their edges are not found.
    growth_area_nm2 : float
        Of the terraces inside that rim.
    followed_share : float
        Share of the edges' length, weighted with their steps, that was found in both frames.
    """

    growth_nm_s: float
    growth_u_nm_s: float
    growth_rim_px: int
    growth_area_nm2: float
    followed_share: float


@dataclass(frozen=True, slots=True)
class _Passed:
    """Steps times lengths times velocities of the edges that were followed, and the share of these."""

    swept_nm3_s: float
    followed_share: float


def growth(
    terraces: Terraces, frame: SurfaceFrame, grid: Grid, followed: Followed, moved: Columns, seconds: float
) -> Growth:
    """Sum of step times velocity times length over the area that belongs to terraces, the image's rim left out.

    What was not measured, edges that were not found again and area without terraces, is taken to grow like the rest,
    each by anything from not at all to twice as fast: a rectangular distribution, whose standard deviation is
    1/sqrt(3) of its mean.

    Parameters
    ----------
    terraces : Terraces
    frame : SurfaceFrame
    grid : Grid
    followed : Followed
        After it took the frame.
    moved : dict of str to array
        What it told then: `blocks.COLUMNS`.
    seconds : float
        Since the frame before.

    Returns
    -------
    Growth
        By edges that both frames show; `with_hidden` adds islands and pits that came or went. With the uncertainty of
        noise and roughness from the scatter of the pieces' velocities; drift moves opposite edges against each other
        and cancels.
    """
    rim = _rim_px(terraces)
    inner = (slice(rim, terraces.label.shape[0] - rim), slice(rim, terraces.label.shape[1] - rim))
    pixel_nm2 = float(np.prod(grid.pixel_size_nm))
    seen = np.count_nonzero(np.isfinite(frame.height[inner])) * pixel_nm2
    area = float(np.count_nonzero(terraces.label[inner])) * pixel_nm2
    if not moved or not len(moved["block"]) or not area or not seconds > 0.0:
        return Growth(float("nan"), float("nan"), rim, area, float("nan"))
    passed = _passed(
        followed.points,
        followed.motion,
        followed.born,
        _inside(followed.points.points, terraces.label.shape, grid, rim),
    )
    if not passed.followed_share > 0.0:
        return Growth(float("nan"), float("nan"), rim, area, 0.0)
    swept = passed.swept_nm3_s / passed.followed_share
    rate = swept / area
    of = {name: moved[name] for name in _USED}
    weight = of["height_nm"] * of["length_nm"]
    whole = float(weight @ of["velocity_nm_s"])
    everywhere = np.count_nonzero(terraces.label) * pixel_nm2
    parts = (
        rate * _scattered(weight, of["velocity_nm_s"]) / max(abs(whole), 1e-300),
        float(np.hypot(weight @ of["normal_x"], weight @ of["normal_y"]) * of["drift_u_nm_s"].mean()) / everywhere,
        rate * (1.0 - passed.followed_share) / np.sqrt(3.0),
        rate * (1.0 - area / seen) / np.sqrt(3.0),
        rate * float(np.hypot(grid.height_scale_u, terraces.feet_u)),
        JITTER_PX * float(np.sqrt(pixel_nm2)) / seconds * float(weight.sum()) / everywhere,
    )
    return Growth(rate, float(np.linalg.norm(parts)), rim, area, passed.followed_share)


def with_hidden(
    found: Sequence[Growth], comings: Iterable[Coming], seconds: F64, grid: Grid, shape: tuple[int, int]
) -> list[Growth]:
    """With what islands and pits gained while nobody saw their edges, spread over the frames in which they did.

    Parameters
    ----------
    found
        By edges, of each frame.
    comings
        Of all frames; what lies on the rim is left out with it.
    seconds : float64 [frame]
        Since the frame before.
    grid, shape
        Of the frames.
    """
    inside = [c for c in comings if bool(_inside(np.array([c.at_nm]), shape, grid, found[c.pair].growth_rim_px)[0])]
    gain, u = hidden_nm3(inside, seconds)
    return [
        one
        if not (one.growth_area_nm2 > 0.0 and more_u > 0.0)
        else replace(
            one,
            growth_nm_s=one.growth_nm_s + more / every / one.growth_area_nm2,
            growth_u_nm_s=float(np.hypot(one.growth_u_nm_s, more_u / every / one.growth_area_nm2)),
        )
        for one, more, more_u, every in zip(found, gain.tolist(), u.tolist(), seconds.tolist(), strict=True)
    ]


def _rim_px(terraces: Terraces) -> int:
    """As far as the places lie apart where the terraces of a riser are read."""
    length = terraces.pair_length_px
    usual = float(length @ terraces.pair_width_px / length.sum()) if length.sum() > 0.0 else 0.0
    return int(min(np.ceil(usual), min(terraces.label.shape) // MOST_RIM))


def _inside(points: F64, shape: tuple[int, ...], grid: Grid, rim: int) -> NDArray[np.bool_]:
    place = (points - grid.origin_nm) / grid.pixel_size_nm
    rows, columns = shape
    last = np.array([columns, rows]) - rim - 0.5
    return np.asarray(((place >= rim - 0.5) & (place < last)).all(axis=1))


def _passed(of: AllEdges, moved: EdgeMotion, born: NDArray[np.bool_], within: NDArray[np.bool_]) -> _Passed:
    weight = np.where(within, of.height * np.repeat(of.spacing, of.lengths), 0.0)
    moving = np.isfinite(moved.velocity_nm_s)
    counted = float(weight[~np.repeat(born, of.lengths)].sum())
    swept = float(weight[moving] @ moved.velocity_nm_s[moving])
    return _Passed(swept, float(weight[moving].sum()) / counted if counted else 0.0)


def _scattered(weight: F64, velocity: F64) -> float:
    """Standard uncertainty of a weighted sum of velocities, from their own scatter about the weighted mean."""
    off = velocity - weight @ velocity / weight.sum()
    count = len(weight)
    return float(np.linalg.norm(weight * off)) * float(np.sqrt(count / max(count - 1, 1)))
