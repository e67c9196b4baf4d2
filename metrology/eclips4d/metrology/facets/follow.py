"""Facets over time: one table for a run, every facet with an identity from frame to frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eclips4d.metrology.facets.assign import USUAL as BELIEF
from eclips4d.metrology.facets.assign import Belief, assign
from eclips4d.metrology.facets.facet import Facet, Facets, azimuths_deg, tilts_deg
from eclips4d.metrology.facets.find import USUAL, find_facets
from eclips4d.metrology.facets.lattice import Planes
from eclips4d.metrology.facets.orientation import Orientation
from eclips4d.metrology.facets.propagate import Systematic, systematic_of
from eclips4d.metrology.facets.segment import Flatness
from eclips4d.metrology.facets.sphere import angle_rad, normals_of
from eclips4d.metrology.facets.sums import Labels
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame

F64 = NDArray[np.float64]
Numbers = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

_LEAST_OVERLAP = 0.3
"""Of the smaller of two facets, that they have in common if they are one."""
_SAME = float(np.radians(6.0))
"""By how much its orientation may change from frame to frame."""


@dataclass(slots=True)
class _Identities:
    """Who is who: the last frame's label map and the names of its facets."""

    facets: Facets | None = None
    names: dict[int, int] = field(default_factory=dict)
    next_name: int = 1

    def name(self, facets: Facets) -> dict[int, int]:
        """Identities by number of the facets of the next frame."""
        names: dict[int, int] = {}
        taken: set[int] = set()
        if self.facets is not None:
            for before, now in _partners(self.facets, facets):
                name = self.names[before]
                if now not in names and name not in taken:
                    names[now] = name
                    taken.add(name)
        for facet in facets.found:
            if facet.number not in names:
                names[facet.number] = self.next_name
                self.next_name += 1
        self.facets, self.names = facets, names
        return names


def follow(
    movie: Movie,
    *,
    planes: Planes | None = None,
    orientation: Orientation | None = None,
    systematic: Systematic | None = None,
    flatness: Flatness = USUAL,
    belief: Belief = BELIEF,
) -> pd.DataFrame:
    """Facets of every frame of a movie; only one frame is kept at a time.

    Parameters
    ----------
    movie
    planes, orientation
        Give both to have planes named.
    systematic
        Shared uncertainties; from the movie's grid when not given.

    Returns
    -------
    pandas.DataFrame
        One row per frame and facet: `frame, time_s` (of the row of its centre), `facet_id, x_nm, y_nm`; `tilt_deg` and
        `azimuth_deg`, each with `_random_u_deg` and `_systematic_u_deg`; `area_nm2, pixels, spread_deg, at_border`;
        `born`, whether this is its first frame (never in the first of all). With planes also `family, plane, posterior,
        posterior_none`.
    """
    shared = systematic_of(movie.grid) if systematic is None else systematic
    tables = list(_tables(movie, movie.grid, planes, orientation, shared, flatness, belief))
    # One table from whole columns: a table for every frame would take longer than finding its facets.
    return pd.DataFrame({name: np.concatenate([t[name] for t in tables]) for name in (tables[0] if tables else ())})


def _tables(
    frames: Iterable[SurfaceFrame],
    grid: Grid,
    planes: Planes | None,
    orientation: Orientation | None,
    systematic: Systematic,
    flatness: Flatness,
    belief: Belief,
) -> Iterator[Columns]:
    """Columns of every frame that has facets."""
    known, first = _Identities(), True
    for frame in frames:
        facets = find_facets(frame, grid, flatness)
        newest = known.next_name
        names = known.name(facets)
        if facets.found:
            table = _columns(frame, grid, facets.found, names, systematic)
            table["born"] = (table["facet_id"] >= newest) & (not first)
            if planes is not None and orientation is not None:
                done = assign(facets.found, planes, orientation, systematic, belief).table
                for column in ("family", "plane", "posterior", "posterior_none"):
                    table[column] = done[column].to_numpy()
            yield table
        first = False


def _columns(
    frame: SurfaceFrame, grid: Grid, found: tuple[Facet, ...], names: dict[int, int], systematic: Systematic
) -> Columns:
    spread = np.array([facet.slope for facet in found]), np.array([facet.covariance for facet in found])
    tilt, azimuth = tilts_deg(*spread, systematic), azimuths_deg(*spread, systematic)
    x, y = np.array([facet.centre_nm for facet in found]).T
    row = np.rint((y - grid.origin_nm[1]) / grid.pixel_size_nm[1]).astype(np.int64)
    return {
        "frame": np.full(len(found), frame.frame),
        "time_s": frame.row_time_s[np.clip(row, 0, len(frame.row_time_s) - 1)],
        "facet_id": np.array([names[facet.number] for facet in found]),
        "x_nm": x,
        "y_nm": y,
        "tilt_deg": tilt.value,
        "tilt_random_u_deg": tilt.random_u,
        "tilt_systematic_u_deg": tilt.systematic_u,
        "azimuth_deg": azimuth.value,
        "azimuth_random_u_deg": azimuth.random_u,
        "azimuth_systematic_u_deg": azimuth.systematic_u,
        "area_nm2": np.array([facet.area_nm2 for facet in found]),
        "pixels": np.array([facet.pixels for facet in found]),
        "spread_deg": np.array([facet.spread_deg for facet in found]),
        "at_border": np.array([facet.at_border for facet in found]),
    }


def _partners(before: Facets, now: Facets) -> list[tuple[int, int]]:
    """Pairs of numbers that can be one facet, those with the largest overlap first."""
    earlier, later = _normals(before), _normals(now)
    common = np.zeros((len(earlier), len(later)), np.int64)
    _overlap(before.labels, now.labels, common)
    smaller = np.minimum(common.sum(axis=1)[:, None], common.sum(axis=0))
    a, b = np.nonzero((common > 0) & (common >= _LEAST_OVERLAP * smaller))
    real = (a > 0) & (b > 0)
    a, b = a[real], b[real]
    alike = angle_rad(earlier[a], later[b]) < _SAME
    a, b = a[alike], b[alike]
    order = np.lexsort((b, a, common[a, b]))[::-1]
    return list(zip(a[order].tolist(), b[order].tolist(), strict=True))


def _normals(facets: Facets) -> F64:
    """Of the facets by number [number, 3], for all numbers up to the largest; 0 where there is none."""
    numbers = [facet.number for facet in facets.found]
    out = np.zeros((max(numbers, default=0) + 1, 3))
    if numbers:
        out[numbers] = normals_of(np.array([facet.slope for facet in facets.found]))
    return out


@_compiled  # type: ignore[untyped-decorator]
def _overlap(a: Labels, b: Labels, out: Numbers) -> None:
    """Add the numbers of pixels that every two labels of two maps share."""
    rows, columns = a.shape
    for y in range(rows):
        start = 0
        for x in range(1, columns + 1):
            if x == columns or a[y, x] != a[y, start] or b[y, x] != b[y, start]:
                out[a[y, start], b[y, start]] += x - start
                start = x
