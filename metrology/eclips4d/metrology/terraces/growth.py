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
RISER_SHARE = 1.0 / 6.0
"""Half a riser over that distance: terraces are read a riser's width behind either foot."""
KEPT = 0.4
"""Share of the stated uncertainty of their places by which two registered frames lie off each other."""
_USED = ("height_nm", "length_nm", "normal_x", "normal_y", "velocity_nm_s", "x_nm", "y_nm")


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
class PairDrift:
    """What drift may have left between two frames, nm, rms of both components.

    Attributes
    ----------
    place_nm : float
        Standard uncertainty of both frames' places.
    creep_nm : float
        By how much the specimen may have moved during the scan of one that still has this in it; 0 where none has.
    """

    place_nm: float = 0.0
    creep_nm: float = 0.0


NO_PAIR_DRIFT = PairDrift()


@dataclass(frozen=True, slots=True)
class _Passed:
    """Steps times lengths times velocities of the edges that were followed, without velocities, and their share."""

    swept_nm3_s: float
    moving_nm2: float
    followed_share: float


def growth(
    terraces: Terraces,
    frame: SurfaceFrame,
    grid: Grid,
    followed: Followed,
    moved: Columns,
    seconds: float,
    drift: PairDrift = NO_PAIR_DRIFT,
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
    drift : PairDrift
        Of both frames.

    Returns
    -------
    Growth
        By edges that both frames show; `with_hidden` adds islands and pits that came or went. With the uncertainty of
        noise and roughness from the scatter of the pieces' velocities; drift moves opposite edges against each other
        and cancels.
    """
    apart_px = _apart_px(terraces)
    rim = int(min(np.ceil(apart_px), min(terraces.label.shape) // MOST_RIM))
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
    of = _pieces_inside(moved, terraces.label.shape, grid, rim)
    weight = of["height_nm"] * of["length_nm"]
    # Whole pieces are not exactly what lies inside.
    weight *= passed.moving_nm2 / passed.followed_share / float(weight.sum())
    parts = (
        _scattered(weight, of["velocity_nm_s"]) / area,
        _drifted_nm3(weight, of, drift, grid, terraces.label.shape[0]) / seconds / area,
        rate * (1.0 - passed.followed_share) / np.sqrt(3.0),
        rate * (1.0 - area / seen) / np.sqrt(3.0),
        rate * float(np.hypot(grid.height_scale_u, terraces.feet_u)),
        _on_border_nm3_s(moved, terraces.label.shape, grid, rim, RISER_SHARE * apart_px) / area,
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


def _drifted_nm3(weight: F64, of: Columns, drift: PairDrift, grid: Grid, rows: int) -> float:
    """What a displacement of all edges sweeps, standard uncertainty; opposite edges cancel each other.

    A frame with its drift in it is displaced the more, the later a row was scanned: it is sheared and stretched, and of
    that opposite edges sweep the volume between them. Of registered frames most of what their places are off by is
    common to all.
    """
    place_nm = drift.place_nm if drift.creep_nm else KEPT * drift.place_nm
    share = (of["y_nm"] - grid.origin_nm[1]) / grid.pixel_size_nm[1] / max(rows - 1, 1)
    normal = np.stack([of["normal_x"], of["normal_y"]])
    return float(np.hypot(place_nm * np.hypot(*normal @ weight), drift.creep_nm * np.hypot(*normal @ (weight * share))))


def _apart_px(terraces: Terraces) -> float:
    """How far the places usually lie apart where the terraces of a riser are read."""
    length = terraces.pair_length_px
    return float(length @ terraces.pair_width_px / length.sum()) if length.sum() > 0.0 else 0.0


def _inside(points: F64, shape: tuple[int, ...], grid: Grid, rim: int) -> NDArray[np.bool_]:
    place = (points - grid.origin_nm) / grid.pixel_size_nm
    rows, columns = shape
    last = np.array([columns, rows]) - rim - 0.5
    return np.asarray(((place >= rim - 0.5) & (place < last)).all(axis=1))


def _pieces_inside(moved: Columns, shape: tuple[int, ...], grid: Grid, rim: int) -> Columns:
    """Those whose middle is; all of them where none is, or one."""
    inside = _inside(np.column_stack([moved["x_nm"], moved["y_nm"]]), shape, grid, rim)
    used = inside if np.count_nonzero(inside) > 1 else np.ones(inside.shape, np.bool_)
    return {name: moved[name][used] for name in _USED}


def _on_border_nm3_s(moved: Columns, shape: tuple[int, ...], grid: Grid, rim: int, riser_px: float) -> float:
    """Pieces along the rim count whole or not at all, by their middle, and their risers are partly on either side."""
    rows, columns = shape
    place = (np.column_stack([moved["x_nm"], moved["y_nm"]]) - grid.origin_nm) / grid.pixel_size_nm
    beyond = np.maximum(rim - 0.5 - place, place - (np.array([columns, rows]) - rim - 0.5)).max(axis=1)
    near = np.abs(beyond) <= riser_px
    swept = moved["height_nm"] * moved["length_nm"] * moved["velocity_nm_s"]
    return float(np.linalg.norm(swept[near]) / np.sqrt(12.0))


def _passed(of: AllEdges, moved: EdgeMotion, born: NDArray[np.bool_], within: NDArray[np.bool_]) -> _Passed:
    weight = np.where(within, of.height * np.repeat(of.spacing, of.lengths), 0.0)
    moving = np.isfinite(moved.velocity_nm_s)
    counted = float(weight[~np.repeat(born, of.lengths)].sum())
    swept = float(weight[moving] @ moved.velocity_nm_s[moving])
    followed = float(weight[moving].sum())
    return _Passed(swept, followed, followed / counted if counted else 0.0)


def _scattered(weight: F64, velocity: F64) -> float:
    """Standard uncertainty of a weighted sum of velocities, from their own scatter about the weighted mean."""
    off = velocity - weight @ velocity / weight.sum()
    count = len(weight)
    return float(np.linalg.norm(weight * off)) * float(np.sqrt(count / max(count - 1, 1)))
