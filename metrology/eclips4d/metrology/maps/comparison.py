"""A run's surface against a height map of the same place by another instrument: put in place, levelled, compared.

An atomic force microscope shows the surface dilated by its tip: a pit narrower than the tip comes out shallow, a step
wider, a side steeper than the tip's flank as the flank. Where the tip's radius is known the run's surface can be
dilated likewise before both are compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.maps.agreement import Agreement, agreement
from eclips4d.metrology.maps.blunt import blunted
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.levelling import Box, Level, Leveller, inside
from eclips4d.metrology.maps.placement import Placement
from eclips4d.metrology.maps.refine import Refined, refine
from eclips4d.metrology.maps.sampling import Sampler, mean_sigma, smoothed
from eclips4d.metrology.maps.search import candidates, search
from eclips4d.metrology.movie import Grid, SurfaceFrame

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST_SIGNIFICANCE = 8.0
"""Standard deviations: the search tries thousands of places, and the best of them agree a little by chance."""


class Align(StrEnum):
    """What is fitted to put the map in place: its shift; its turn too; and its lateral scale."""

    SHIFT = "shift"
    TURN = "turn"
    SCALE = "scale"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a map is compared.

    Attributes
    ----------
    align : Align
    turn_deg : float or None
        By which the map is turned counter-clockwise on the screen, to some 8 degrees; None: look all around, and for
        its mirror image.
    level : Level
        What is taken off both maps.
    reference : Box, optional
        x0, y0, x1, y1 in nm of the run: level on this area; figures then count the others.
    map_sd_nm : float, optional
        The map's own noise.
    map_scale_u : float
        Relative standard uncertainty of the map's height scale.
    tip_radius_nm : float
        Dilate the run's surface by such a tip first.
    trust : int
        Leave out the run's pixels with less trust.
    """

    align: Align = Align.SCALE
    turn_deg: float | None = 0.0
    level: Level = Level.PLANE
    reference: Box | None = None
    map_sd_nm: float | None = None
    map_scale_u: float = 0.0
    tip_radius_nm: float = 0.0
    trust: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What came out.

    Attributes
    ----------
    frame : int
        Of the run.
    grid : Grid
        The run's.
    chart : HeightMap
        The map as read.
    settings : Settings
    refined : Refined
        Where it lies.
    resolution_nm : float
        Pixel size whose means are compared: the coarser of both.
    run_nm, map_nm : float64 [y, x]
        Levelled, on the run's grid; NaN where not both are known.
    compared : bool [y, x]
        Pixels that count.
    agreement : Agreement
    """

    frame: int
    grid: Grid
    chart: HeightMap
    settings: Settings
    refined: Refined
    resolution_nm: float
    run_nm: F64
    map_nm: F64
    compared: Mask
    agreement: Agreement

    @property
    def expected_ratio_u(self) -> float:
        """By how much the ratio of the height scales may differ from 1 by what is known of both calibrations."""
        known = math.hypot(self.grid.height_scale_u, self.settings.map_scale_u)
        return known if self.grid.calibrated else math.inf

    @property
    def normalised_ratio_error(self) -> float:
        """|ratio - 1| over twice its own uncertainty and that of both calibrations; above 1 one of them is doubtful."""
        ratio = self.agreement.ratio.value
        return abs(ratio.value - 1.0) / (2.0 * math.hypot(ratio.u, self.expected_ratio_u))


def compare(surface: SurfaceFrame, grid: Grid, chart: HeightMap, settings: Settings | None = None) -> Comparison:
    """Put the map onto the run's grid, level both, and compare pixel by pixel.

    Parameters
    ----------
    surface : SurfaceFrame
        One frame, or a mean of several.
    grid : Grid
        The run's.
    chart : HeightMap
        Of the same place.
    settings : Settings, optional

    Raises
    ------
    InputError
        They hardly overlap, or do not resemble each other.
    """
    wanted = settings or Settings()
    pixel = grid.pixel_size_nm
    height, resolution = _at_one_resolution(surface, grid, chart, wanted)
    rough = search(
        height, pixel, chart, candidates(wanted.turn_deg, wanted.align != Align.SHIFT, wanted.align == Align.SCALE)
    )
    sampler = Sampler.of(chart, resolution)
    free = {"turn": wanted.align != Align.SHIFT, "scale": wanted.align == Align.SCALE}
    try:
        refined = refine(height, pixel, sampler, _prior(rough.placement, wanted), **free)
    except InputError as error:
        raise InputError(error.what, where=chart.source, cure=error.cure) from error
    if not refined.significance >= LEAST_SIGNIFICANCE:
        raise InputError(
            f"does not resemble the run's surface anywhere (correlation of the slopes {refined.correlation:.2f})",
            where=chart.source,
            cure="check that it shows the same place, or give --turn any",
        )
    placed = sampler.on_grid(refined.placement, (height.shape[0], height.shape[1]), pixel)
    both = np.isfinite(height) & np.isfinite(placed) & _trusted(surface, wanted.trust)
    region = inside(wanted.reference, both.shape, pixel, grid.origin_nm) & both
    leveller, compared = _leveller(both, region, wanted, pixel)
    run, other = (np.where(both, leveller.levelled(image), np.nan) for image in (height, placed))
    found = agreement(run, other, compared, leveller, pixel, wanted.map_sd_nm)
    return Comparison(surface.frame, grid, chart, wanted, refined, resolution, run, other, compared, found)


def _at_one_resolution(surface: SurfaceFrame, grid: Grid, chart: HeightMap, wanted: Settings) -> tuple[F64, float]:
    dx, dy = grid.pixel_size_nm
    height = blunted(surface.height.astype(np.float64), wanted.tip_radius_nm, (dx, dy))
    coarser = max(dx, dy, *chart.pixel_size_nm)
    return smoothed(height, (mean_sigma(coarser / dy), mean_sigma(coarser / dx))), coarser


def _prior(rough: Placement, wanted: Settings) -> Placement:
    # Without a fit of the turn, the turn that was said is meant exactly.
    if wanted.align == Align.SHIFT and wanted.turn_deg is not None:
        return Placement(rough.shift_nm, wanted.turn_deg, 1.0, rough.mirrored)
    return rough


def _trusted(surface: SurfaceFrame, least: int) -> Mask:
    if surface.trust is None or least <= 0:
        return np.ones(surface.height.shape, np.bool_)
    return np.asarray(surface.trust >= least, np.bool_)


def _leveller(both: Mask, region: Mask, wanted: Settings, pixel_nm: tuple[float, float]) -> tuple[Leveller, Mask]:
    if wanted.reference is None:
        return Leveller.of(both, wanted.level, pixel_nm), both
    if int(region.sum()) < 10:
        raise InputError("hardly any pixel of the reference area is known to both", where="--reference")
    return Leveller.of(region, wanted.level, pixel_nm), both & ~region
