"""A surface taken apart into terraces and risers; risers are split where they have half their height.

Nothing depends on the plane by which a height is off: flat is the slope that terraces share, and heights are compared
across each riser only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.connected import connected
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.seen import finite
from eclips4d.metrology.terraces import lenders, rays, risers
from eclips4d.metrology.terraces.attitude import Attitude, attitude
from eclips4d.metrology.terraces.feet import NO_FEET, feet_of
from eclips4d.metrology.terraces.hysteresis import usual_above, with_sure
from eclips4d.metrology.terraces.inside import slope_inside

Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
F64 = NDArray[np.float64]

BORROW_PX = 12
"""At the image's border a riser takes its terraces from as far along as this."""
HALF = 0.5
MISSED_PX, LEAST_LENDERS = 3, 5
"""A way that passes a small terrace by takes the ends of others, if so many lie as near as this."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """What counts as a riser and as a terrace.

    Attributes
    ----------
    smoothing_px : float or None
        Standard deviation of the Gaussian through which slopes are looked at; None: 1 to 2.5 px, from the noise.
    sure : float
        Somewhere a riser's slope lies off the terraces' by so many standard deviations of theirs, …
    joined : float
        … and from there as far as it lies off by so many, …
    least_of_peak : float
        … and by this share of the steepest nearby, else a steep riser would take its neighbourhood along.
    least_terrace_px : int
        Flat patches of fewer pixels are no terraces.
    widest_riser_px : int
        How far from the middle of a riser its terraces may begin.
    plateau_px : int
        Radius of the disc of terrace over which its height beside a riser is averaged; its middle lies at least as far
        behind the riser's foot, and as far as the riser is wide if the terrace has room.
    least_step_sd : float
        Height differences below so many standard deviations of their noise are no steps.
    """

    smoothing_px: float | None = None
    sure: float = 4.0
    joined: float = 2.0
    least_of_peak: float = 0.15
    least_terrace_px: int = 24
    widest_riser_px: int = 96
    plateau_px: int = 3
    least_step_sd: float = 5.0


DEFAULT = Sieve()


@dataclass(frozen=True, slots=True, eq=False)
class Terraces:
    """One frame, taken apart.

    Attributes
    ----------
    label : int32 [y, x]
        Terrace of every pixel, from 1; a riser's pixel belongs to the terrace above or below it, whichever is nearer in
        height. 0 where there is none: particles, cores, unseen.
    flat : bool [y, x]
        Where the terrace itself is seen, risers and a rim around them left out.
    middle : float32 [y, x]
        On risers: height over that halfway between both terraces, in units of the step: -1/2 below to 1/2 above, 0 on
        the edge. NaN elsewhere.
    step_nm, width_px : float32 [y, x]
        On risers: height difference of both terraces, and how far apart the places are where they were read.
    height : float32 [y, x]
        nm, without the plane in which terraces lie; NaN where unseen.
    attitude : Attitude
    pairs : int32 [k, 2]
        Terraces (below, above) that share an edge; the same twice where a terrace winds up to itself.
    pair_step_nm, pair_width_px, pair_length_px : float64 [k]
        Of each such edge: mean step and width, and about its length.
    feet_u : float
        Relative standard uncertainty of all steps where risers follow so closely that nothing between them is flat.
    """

    label: Labels
    flat: Mask
    middle: FloatArray
    step_nm: FloatArray
    width_px: FloatArray
    height: FloatArray
    attitude: Attitude
    pairs: Labels
    pair_step_nm: F64
    pair_width_px: F64
    pair_length_px: F64
    feet_u: float = 0.0

    @property
    def count(self) -> int:
        """Number of terraces."""
        return int(self.label.max(initial=0))


def segment(frame: SurfaceFrame, grid: Grid, sieve: Sieve = DEFAULT) -> Terraces:
    """Take a surface apart into terraces and risers.

    Parameters
    ----------
    frame : SurfaceFrame
    grid : Grid
    sieve : Sieve
        What counts as a riser and as a terrace.

    Returns
    -------
    Terraces
        Without any where nothing flat was found. Risers that run into each other with nothing flat between them are
        one riser of the heights of both.
    """
    found = attitude(frame.slope, frame.slope_sd, grid.noise_correlation_px, sieve.smoothing_px)
    seen = finite(frame.height, found.excess[0])
    plateau = connected(risers.apart_from(_steep(found, seen, sieve), seen), sieve.least_terrace_px)[0]
    found = _refined(found, plateau)
    height = levelled(frame.height, found.slope, grid.pixel_size_nm)
    if not seen.all():
        plateau[~seen] = -1
    # Noise of a height difference over a few pixels is about that of one slope over one pixel.
    noise_nm = found.slope_noise * float(np.sqrt(np.prod(grid.pixel_size_nm)))
    split = _split(found, height, plateau.copy(), sieve, sieve.least_step_sd * noise_nm, grid)
    feet = feet_of(split.middle, split.step_nm, found.excess, float(split.pair_length_px.sum()), grid.pixel_size_nm)
    if feet is NO_FEET:
        return split
    found = _shifted(found, feet.slope)
    height = levelled(frame.height, found.slope, grid.pixel_size_nm)
    return _with_feet(_split(found, height, plateau, sieve, sieve.least_step_sd * noise_nm, grid), feet.u, grid)


def _refined(found: Attitude, plateau: Labels) -> Attitude:
    """The attitude once terraces are known."""
    return _shifted(found, slope_inside(plateau, found.excess))


def _shifted(found: Attitude, more: tuple[float, float]) -> Attitude:
    excess = found.excess - np.asarray(more, np.float32)[:, None, None]
    return replace(found, slope=(found.slope[0] + more[0], found.slope[1] + more[1]), excess=excess)


def _with_feet(split: Terraces, slope_u: float, grid: Grid) -> Terraces:
    length, pixel = split.pair_length_px, float(np.sqrt(np.prod(grid.pixel_size_nm)))
    steps = float(length @ split.pair_step_nm)
    off = slope_u * pixel * float(length @ split.pair_width_px)
    return replace(split, feet_u=off / steps if steps > 0.0 else 0.0)


def levelled(height: FloatArray, slope: tuple[float, float], pixel_size_nm: tuple[float, float]) -> FloatArray:
    """A height without a plane of given slopes, around the middle of the image."""
    rows, columns = height.shape
    x = (np.arange(columns) - (columns - 1) / 2) * (slope[0] * pixel_size_nm[0])
    y = (np.arange(rows) - (rows - 1) / 2) * (slope[1] * pixel_size_nm[1])
    return np.asarray(height - x.astype(np.float32) - y.astype(np.float32)[:, None])


def _steep(found: Attitude, seen: Mask, sieve: Sieve) -> Labels:
    """Where slopes lie off the terraces', specks of chance and roughness left out."""
    sd = max(found.sd, found.noise_sd)
    around_px, speck_px = int(np.ceil(3.0 * found.smoothing_px)) + 1, 2.0 * np.pi * found.smoothing_px**2
    sure = sieve.sure * sd
    joined = float(np.clip(HALF * usual_above(found.excess, sure), sieve.joined * sd, sure))
    mask = risers.steep(found.excess, seen, joined, sieve.least_of_peak, around_px)
    return with_sure(*connected(mask, speck_px, corners=True), found.excess, sure, speck_px)


def _split(
    found: Attitude, height: FloatArray, plateau: Labels, sieve: Sieve, least_step_nm: float, grid: Grid
) -> Terraces:
    places, uphill = risers.places_of(plateau, found.excess, *grid.pixel_size_nm)
    ends = np.zeros((len(places), 3), np.float32)
    beside = np.zeros((len(places), 2), np.int32)
    state = np.zeros(len(places), np.uint8)
    known = (sieve.widest_riser_px, sieve.plateau_px, max(least_step_nm, 1e-6))
    rays.walk(height, plateau, places, uphill, *known, ends, beside, state)
    index = lenders.lenders_of(plateau, places, state)
    lenders.borrow(places, index, uphill, rays.REJECTED, MISSED_PX, LEAST_LENDERS, ends, beside, state)
    lenders.borrow(places, index, uphill, rays.OUTSIDE, BORROW_PX, 1, ends, beside, state)
    label = np.maximum(plateau, 0)
    maps = np.full((3, *plateau.shape), np.nan, np.float32)
    runs = np.empty((len(places), 6))
    pixel = float(np.sqrt(np.prod(grid.pixel_size_nm)))
    count = risers.settled(height, found.excess, places, ends, beside, state, pixel, label, maps, runs)
    return Terraces(label, plateau > 0, maps[0], maps[1], maps[2], height, found, *_pairs(runs[:count]))


def _pairs(runs: F64) -> tuple[Labels, F64, F64, F64]:
    """Terraces on both sides of each edge, with mean step and width, and length."""
    base = int(runs[:, :2].max(initial=0.0)) + 1
    there, place = np.unique(runs[:, 0].astype(np.int64) * base + runs[:, 1].astype(np.int64), return_inverse=True)
    count, step, width, length = (np.bincount(place, weights=v, minlength=len(there)) for v in runs[:, 2:].T)
    pairs = np.column_stack([there // base, there % base]).astype(np.int32)
    return pairs, step / count, width / count, np.asarray(length, np.float64)
