"""Terraces and edges of a whole run as tables, one frame in memory at a time (and the reference frame)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from eclips4d.core.results import FloatArray
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.metrology.terraces.blocks import COLUMNS, Columns, Followed
from eclips4d.metrology.terraces.contours import POSITION_SYSTEMATIC_PX, EdgeContour, edges_of
from eclips4d.metrology.terraces.growth import PairDrift, growth, with_hidden
from eclips4d.metrology.terraces.levels import COLUMNS as LEVEL_COLUMNS
from eclips4d.metrology.terraces.levels import Levels, levels_of
from eclips4d.metrology.terraces.segmentation import DEFAULT, Sieve, Terraces, segment
from eclips4d.metrology.terraces.volume import volume_change

RATES = 4
"""Frames that tell how fast the specimen drifts during a scan."""


@dataclass(frozen=True, slots=True, eq=False)
class TerraceSeries:
    """What the edges and terraces of a run did.

    Attributes
    ----------
    frames : pandas.DataFrame
        One row per frame: `frame, time_s, edges, edge_length_nm, step_density_per_nm, step_density_u_per_nm,
        terraces, mean_step_nm, wound, area_nm2`, `growth_nm_s, growth_u_nm_s, growth_rim_px, growth_area_nm2,
        followed_share` and `volume_change_nm3, volume_change_u_nm3, volume_observable`. Step density is length of edge
        per area that belongs to terraces. Growth is what moving edges added since the frame before (`growth.growth`),
        and what islands and pits that came or went gained while they were not seen (`comings`); it needs no datum, but
        misses what is no edge in any frame.
    levels : pandas.DataFrame
        One row per frame and level, columns of `Levels.table` and `frame, time_s`.
    blocks : pandas.DataFrame
        One row per pair of frames and piece of edge: `blocks.COLUMNS`.
    """

    frames: pd.DataFrame
    levels: pd.DataFrame
    blocks: pd.DataFrame


def terraces_over_time(movie: Movie, sieve: Sieve = DEFAULT) -> TerraceSeries:
    """Take every frame of a run apart and follow its edges."""
    followed, references = Followed(movie.grid.pixel_scale_u), _References(movie)
    frames, levels, blocks, grown, seconds = [], [], [], [], []
    last_s, creep_nm, before = float("inf"), _creep_nm(movie), PairDrift()
    for frame in movie:
        found = segment(frame, movie.grid, sieve)
        edges = edges_of(found, frame, movie.grid)
        stood = levels_of(found, frame, movie.grid)
        own = PairDrift(_rms_nm([frame.drift.sd], movie.grid), creep_nm if frame.crept else 0.0)
        # A frame whose drift during the scan is not known lies off by half of it in the mean.
        moved = followed.columns(frame.frame, edges, float(np.hypot(own.place_nm, 0.5 * own.creep_nm)))
        blocks.append(moved)
        count = len(stood.columns["level"])
        levels.append({"frame": np.full(count, frame.frame), "time_s": np.full(count, frame.time_s)} | stood.columns)
        seconds.append(frame.time_s - last_s)
        last_s = frame.time_s
        both = PairDrift(float(np.hypot(own.place_nm, before.place_nm)), float(np.hypot(own.creep_nm, before.creep_nm)))
        grown.append(growth(found, frame, movie.grid, followed, moved, seconds[-1], both))
        before = own
        frames.append(_row(frame, found, edges, stood, movie.grid) | references.volume(frame))
    grown = with_hidden(grown, followed.comings.all(), np.array(seconds), movie.grid, movie.shape)
    return TerraceSeries(
        pd.DataFrame([row | asdict(growing) for row, growing in zip(frames, grown, strict=True)]),
        _table(levels, ("frame", "time_s", *LEVEL_COLUMNS)),
        _table([columns for columns in blocks if columns], COLUMNS),
    )


def _table(parts: list[Columns], names: Sequence[str]) -> pd.DataFrame:
    """One table of many, from whole columns: a table for each would take longer.

    Parts are taken apart on the way, and columns not copied once more, so that no more than one of them is there twice.
    """
    if not parts:
        return pd.DataFrame(columns=list(names))
    return pd.DataFrame({name: np.concatenate([part.pop(name) for part in parts]) for name in names}, copy=False)


class _References:
    """The reference frame's height, kept while frames refer to it."""

    def __init__(self, movie: Movie) -> None:
        self._movie = movie
        self._number = -1
        self._height: FloatArray | None = None

    def volume(self, frame: SurfaceFrame) -> dict[str, float | bool]:
        reference = frame.drift.reference
        if self._height is None or reference != self._number:
            self._number = reference
            self._height = self._movie.read(reference).height if reference in self._movie.frames else None
        found = None if self._height is None else volume_change(frame, self._height, self._movie.grid)
        return {
            "volume_change_nm3": found.volume_nm3.value if found else float("nan"),
            "volume_change_u_nm3": found.volume_nm3.u if found else float("nan"),
            "volume_observable": bool(found and found.observable),
        }


def _row(
    frame: SurfaceFrame, found: Terraces, edges: list[EdgeContour], stood: Levels, grid: Grid
) -> dict[str, float | bool]:
    area = float(np.count_nonzero(found.label)) * float(np.prod(grid.pixel_size_nm))
    lengths = np.array([edge.length_nm for edge in edges])
    steps = np.array([edge.usual_height_nm for edge in edges])
    return {
        "frame": frame.frame,
        "time_s": frame.time_s,
        "edges": len(edges),
        "edge_length_nm": float(lengths.sum()),
        "step_density_per_nm": float(lengths.sum()) / area if area else float("nan"),
        "step_density_u_per_nm": float(np.hypot(length_u_nm(edges), grid.pixel_scale_u * lengths.sum())) / area
        if area
        else float("nan"),
        "terraces": found.count,
        "mean_step_nm": float(lengths @ steps / lengths.sum()) if len(edges) else float("nan"),
        "wound": stood.wound,
        "area_nm2": area,
    }


def _creep_nm(movie: Movie) -> float:
    """By how much the specimen typically moves during a scan, of the first frames that tell; rms of both components."""
    first = (movie.read(frame) for frame in movie.frames[: RATES + 1])
    return _rms_nm([frame.drift.rate for frame in first if not frame.crept], movie.grid)


def _rms_nm(pairs_px: Sequence[tuple[float, float]], grid: Grid) -> float:
    """Of (row, column) pairs in px; 0 of none."""
    if not pairs_px:
        return 0.0
    row, column = np.mean(np.square(pairs_px), axis=0)
    return float(np.sqrt((row * grid.pixel_size_nm[1] ** 2 + column * grid.pixel_size_nm[0] ** 2) / 2.0))


def length_u_nm(edges: list[EdgeContour]) -> float:
    """Standard uncertainty of the length of all edges: an edge that lies off by e is longer by e times its turn.

    Noise displaces pieces of the correlation's length each for itself; what is systematic displaces all alike.
    """
    if not edges:
        return 0.0
    ends = np.cumsum([0, *(len(edge.points_nm) for edge in edges)])[:-1]
    bend = np.nan_to_num(np.concatenate([edge.curvature_per_nm for edge in edges]))
    moved = np.concatenate([edge.position_sd_nm for edge in edges]) ** 2 * bend**2
    spacing, shared = (np.array(v) for v in zip(*((e.spacing_nm, e.correlation_nm) for e in edges), strict=True))
    variance = np.add.reduceat(moved, ends) @ (spacing * shared)
    turn = np.add.reduceat(bend, ends) @ spacing**2
    return float(np.hypot(np.sqrt(variance), POSITION_SYSTEMATIC_PX * turn))
