"""Roughness of a frame and of a run: as it is seen, what noise adds, and what is left without it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import scipy.fft
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.roughness import sums
from eclips4d.metrology.roughness.filters import smoothed, without_form
from eclips4d.metrology.roughness.noise_bias import NoiseSpectrum, noise_spectrum
from eclips4d.metrology.roughness.parameters import Parameters, parameters
from eclips4d.metrology.seen import finite, mean_square

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

NOISE_KNOWN = 0.05
"""Relative standard uncertainty of the stated noise: what is taken out is uncertain by twice this share of itself."""


@dataclass(frozen=True, slots=True)
class Roughness:
    """Of one surface.

    Attributes
    ----------
    seen : Parameters
        Of the surface as measured, noise and all.
    sq_noise_nm, sdq_noise, sdr_noise : float
        What noise alone would show; Sdr: what it adds on this surface.
    sq_nm, sdq, sdr : Quantity
        With the noise taken out: sq² less the noise's, and so on; 0 where noise explains everything. Systematic: slope
        scale, twice for Sdr, and for Sq the pixel size.
    """

    seen: Parameters
    sq_noise_nm: float
    sdq_noise: float
    sdr_noise: float
    sq_nm: Quantity
    sdq: Quantity
    sdr: Quantity


def roughness(
    frame: SurfaceFrame,
    grid: Grid,
    *,
    degree: int = 1,
    s_nm: float | None = None,
    l_nm: float | None = None,
    where: Mask | None = None,
) -> Roughness:
    """Roughness of a surface, in the order of ISO 25178: S-filter, form, L-filter; relative heights are levelled first.

    Parameters
    ----------
    frame : SurfaceFrame
    grid : Grid
    degree : int
        Of the polynomial that is taken off as form; 1 levels. Relative heights always need it.
    s_nm, l_nm : float, optional
        Nesting indices of the S- and L-filter; without them nothing is filtered, and pixels set the shortest wave.
    where : bool [y, x], optional
        Part of the surface, such as terraces without risers. Needs `l_nm`: only then is the noise of a part that of
        the whole.

    Raises
    ------
    InputError
        A part without an L-filter.
    """
    if where is not None and l_nm is None:
        raise InputError("roughness of a part needs an L-filter", cure="give l_nm, shorter than the part")
    seen = finite(frame.height) if where is None else finite(frame.height) & where
    surface = prepared(frame.height, grid.pixel_size_nm, seen, degree, s_nm, l_nm)
    shape = (surface.shape[0], surface.shape[1])
    unit = noise_spectrum(shape, grid.pixel_size_nm, grid.noise_correlation_px, degree, s_nm, l_nm)
    variance = mean_square(frame.slope_sd, seen)
    return _without_noise(surface, seen, variance, unit, grid)


def prepared(
    height: NDArray[np.floating],
    pixel_size_nm: tuple[float, float],
    seen: Mask,
    degree: int = 1,
    s_nm: float | None = None,
    l_nm: float | None = None,
) -> F64:
    """The surface that is judged: S-filtered, without form, L-filtered; NaN where not seen.

    The plane goes before the S-filter, too: it is unobservable, and mirrored at the edges it would leave a rim.
    """
    surface = without_form(np.asarray(height, np.float64), min(degree, 1), seen)
    if s_nm is not None:
        surface = smoothed(surface, s_nm, pixel_size_nm, seen)
    if s_nm is not None or degree > 1:
        surface = without_form(surface, degree, seen)
    if l_nm is not None:
        surface = surface - smoothed(surface, l_nm, pixel_size_nm, seen)
    return surface


def roughness_over_time(
    movie: Movie, *, degree: int = 1, s_nm: float | None = None, l_nm: float | None = None
) -> pd.DataFrame:
    """One row per frame: `frame, time_s`, the parameters as seen, and `sq_corrected_nm`, `sdr_corrected` with `_u`."""
    rows = []
    for frame in movie:
        found = roughness(frame, movie.grid, degree=degree, s_nm=s_nm, l_nm=l_nm)
        row: dict[str, float] = {"frame": frame.frame, "time_s": frame.time_s} | asdict(found.seen)
        row |= {"sq_noise_nm": found.sq_noise_nm, "sdr_noise": found.sdr_noise}
        row |= {"sq_corrected_nm": found.sq_nm.value, "sq_corrected_u_nm": found.sq_nm.u}
        row |= {"sdr_corrected": found.sdr.value, "sdr_corrected_u": found.sdr.u}
        rows.append(row)
    return pd.DataFrame(rows)


def _without_noise(surface: F64, seen: Mask, variance: float, unit: NoiseSpectrum, grid: Grid) -> Roughness:
    found = parameters(surface, grid.pixel_size_nm)
    square = variance * unit.square
    gradient = variance * (unit.along_x + unit.along_y)
    added = variance * _added_area(surface, grid.pixel_size_nm, unit)
    sq = _root(found.sq**2 - square, _square_u(surface, seen, unit.modes, variance), NOISE_KNOWN * 2.0 * square)
    sdq = _root(found.sdq**2 - gradient, 0.0, NOISE_KNOWN * 2.0 * gradient)
    scale = grid.slope_scale_u  # Of gradients: heights and pixels grow alike.
    sdr = max(found.sdr - added, 0.0)
    return Roughness(
        seen=found,
        sq_noise_nm=float(np.sqrt(square)),
        sdq_noise=float(np.sqrt(gradient)),
        sdr_noise=added,
        sq_nm=Quantity(sq.value, sq.random_u, float(np.hypot(sq.systematic_u, sq.value * grid.height_scale_u))),
        sdq=Quantity(sdq.value, sdq.random_u, float(np.hypot(sdq.systematic_u, sdq.value * scale))),
        sdr=Quantity(sdr, 0.0, float(np.hypot(NOISE_KNOWN * 2.0 * added, 2.0 * sdr * scale))),
    )


def _root(square: float, random_u: float, systematic_u: float) -> Quantity:
    """Square root of a quantity that noise may have made negative."""
    value = float(np.sqrt(max(square, 0.0)))
    # Near zero a root has no slope; then the root of the uncertainty bounds it.
    per = max(2.0 * value, float(np.sqrt(random_u + systematic_u)), 1e-300)
    return Quantity(value, random_u / per, systematic_u / per)


def _square_u(surface: F64, seen: Mask, modes: F64, variance: float) -> float:
    """Of Sq²: noise against itself and against the surface, mode by mode."""
    # Single precision is enough for an uncertainty.
    filled = surface.astype(np.float32) if seen.all() else np.where(seen, surface, 0.0).astype(np.float32)
    waves = scipy.fft.dctn(filled, type=2, norm="ortho", overwrite_x=True)
    return float(np.sqrt(sums.power_variance(waves, max(int(seen.sum()), 1), modes, variance)))


def _added_area(surface: F64, pixel_size_nm: tuple[float, float], unit: NoiseSpectrum) -> float:
    """Sdr that slope noise of variance 1 adds: half the second derivative of sqrt(1 + p² + q²), cell by cell.

    Where noise is as steep as the surface this second order overestimates.
    """
    along_x, along_y, cells = sums.tilted(surface, *pixel_size_nm)
    return float(0.5 * (unit.along_x * along_x + unit.along_y * along_y) / cells) if cells else float("nan")
