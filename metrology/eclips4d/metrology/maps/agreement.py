"""How well two height maps of one place agree: bias, scatter, limits of agreement, ratio of the height scales.

J. M. Bland and D. G. Altman, Lancet 327, 307 (1986) and Stat. Methods Med. Res. 8, 135 (1999), for the limits and how
they change with the height. Every uncertainty counts the errors' own covariance over distance, see `correlated`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.maps.correlated import Covariance, covariance
from eclips4d.metrology.maps.levelling import Leveller
from eclips4d.metrology.maps.ratio import Ratio, ratio_of
from eclips4d.metrology.quantity import UNKNOWN, Quantity

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

WITHIN = 1.96
"""Standard deviations within which 95 % of Gaussian differences lie."""
FEWEST = 100
"""Pixels to be compared."""
BINS = 10
BY_LEVELLING = 1e-9
"""Of the scatter: a bias known as well as this is none, because levelling has made it so."""
ABSOLUTE = math.sqrt(math.pi / 2.0)
"""Standard deviation of a Gaussian over its mean absolute value."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Differences of the pixels within a range of heights.

    Attributes
    ----------
    height_nm : float
        Mean of the pixels' heights, each the mean of both maps.
    pixels : int
    bias_nm : Quantity
    sd_nm : float
    """

    height_nm: float
    pixels: int
    bias_nm: Quantity
    sd_nm: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Run less map, over the pixels compared.

    Attributes
    ----------
    pixels : int
    independent : float
        Independent pixels that would tell a mean as well.
    correlation_length_nm : float
        Distance at which the differences' covariance has come down to 1/e.
    bias_nm : Quantity
        Mean difference; 0 ± 0 where levelling makes it so.
    rms_nm, sd_nm : Quantity
        Of the differences, about zero and about their mean.
    robust_sd_nm : float
        1.4826 times the median absolute deviation: the scatter without a few places that are far off.
    lower_nm, upper_nm : Quantity
        Limits of agreement, bias ± 1.96 sd.
    bias_per_nm, sd_per_nm : Quantity
        By how much bias and sd grow per nm of height.
    sd_at_mean_nm : float
        What `sd_per_nm` starts from, at the pixels' mean height `mean_height_nm`.
    mean_height_nm : float
    ratio : Ratio
        A height by the run over the same height by the map.
    correlation : float
        Of both maps' heights.
    bins : tuple of Bin
        By ranges of height with equally many pixels.
    """

    pixels: int
    independent: float
    correlation_length_nm: float
    bias_nm: Quantity
    rms_nm: Quantity
    sd_nm: Quantity
    robust_sd_nm: float
    lower_nm: Quantity
    upper_nm: Quantity
    bias_per_nm: Quantity
    sd_per_nm: Quantity
    sd_at_mean_nm: float
    mean_height_nm: float
    ratio: Ratio
    correlation: float
    bins: tuple[Bin, ...]


def agreement(
    run: F64,
    chart: F64,
    compared: Mask,
    leveller: Leveller,
    pixel_nm: tuple[float, float],
    map_sd_nm: float | None = None,
) -> Agreement:
    """Of two levelled images.

    Parameters
    ----------
    run, chart : float64 [y, x]
        nm, levelled.
    compared : bool [y, x]
        Pixels that count.
    leveller : Leveller
        What levelled them.
    pixel_nm : (float, float)
    map_sd_nm : float, optional
        Standard deviation of the map's own noise at this pixel size; None where nobody knows it.

    Raises
    ------
    InputError
        Too few pixels.
    """
    count = int(compared.sum())
    if count < FEWEST:
        raise InputError(f"{count} pixels are too few to compare", cure="choose a larger overlap, or a lower --trust")
    difference, height = run - chart, (run + chart) / 2
    d, h = difference[compared], height[compared]
    bias, sd = float(d.mean()), float(d.std())
    errors = covariance(difference - bias, compared)
    bias_u = _bias_u(errors, compared, leveller)
    if bias_u < BY_LEVELLING * sd:
        bias = bias_u = 0.0
    sd_u = math.sqrt(errors.of_mean_square()) / (2 * sd) if sd > 0 else 0.0
    rms = math.hypot(bias, sd)
    limit_u = math.hypot(bias_u, WITHIN * sd_u)
    tilt = line(height, difference, compared)
    spread = line(height, np.abs(tilt.rest) * ABSOLUTE, compared)
    return Agreement(
        pixels=count,
        independent=errors.independent,
        correlation_length_nm=errors.length_px * math.sqrt(pixel_nm[0] * pixel_nm[1]),
        bias_nm=Quantity(bias, bias_u),
        rms_nm=Quantity(rms, math.hypot(bias * bias_u, sd * sd_u) / rms if rms > 0 else 0.0),
        sd_nm=Quantity(sd, sd_u),
        robust_sd_nm=1.4826 * float(np.median(np.abs(d - np.median(d)))),
        lower_nm=Quantity(bias - WITHIN * sd, limit_u),
        upper_nm=Quantity(bias + WITHIN * sd, limit_u),
        bias_per_nm=tilt.slope,
        sd_per_nm=spread.slope,
        sd_at_mean_nm=spread.at_mean,
        mean_height_nm=float(h.mean()),
        ratio=ratio_of(run, chart, compared, map_sd_nm),
        correlation=float(np.corrcoef(run[compared], chart[compared])[0, 1]),
        bins=_bins(height, difference, compared, errors, leveller),
    )


def _bias_u(errors: Covariance, compared: Mask, leveller: Leveller) -> float:
    wanted = compared / compared.sum()
    return math.sqrt(errors.of_sum(leveller.weights(np.asarray(wanted, np.float64))))


def _bins(height: F64, difference: F64, compared: Mask, errors: Covariance, leveller: Leveller) -> tuple[Bin, ...]:
    edges = np.quantile(height[compared], np.linspace(0.0, 1.0, BINS + 1))
    which = np.clip(np.searchsorted(edges, height, side="right") - 1, 0, BINS - 1)
    made = []
    for k in range(BINS):
        members = compared & (which == k)
        if not members.any():
            continue
        d = difference[members]
        bias = Quantity(float(d.mean()), _bias_u(errors, members, leveller))
        made.append(Bin(float(height[members].mean()), int(members.sum()), bias, float(d.std())))
    return tuple(made)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A straight line through values over heights: its slope, its value at the mean height, what lies off it."""

    slope: Quantity
    at_mean: float
    rest: F64


def line(height: F64, values: F64, compared: Mask) -> Line:
    """Least squares; the slope's uncertainty counts the covariance of what is left."""
    h, v = height[compared], values[compared]
    centred = np.where(compared, height - h.mean(), 0.0)
    power = float((centred**2).sum())
    if power == 0.0:
        return Line(UNKNOWN, float(v.mean()), np.where(compared, values - v.mean(), 0.0))
    slope = float((centred[compared] * v).sum()) / power
    rest = np.where(compared, values - v.mean() - slope * centred, 0.0)
    u = math.sqrt(covariance(rest, compared).of_sum(centred)) / power
    return Line(Quantity(slope, u), float(v.mean()), rest)
