"""A step read off a profile: height, place, angle and width, each with what noise and what ignorance leaves of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid
from eclips4d.metrology.profiles.angles import best_beginning, opened, over_angles
from eclips4d.metrology.profiles.detector import usual_detector
from eclips4d.metrology.profiles.fit import Riser, Samples, fit_riser
from eclips4d.metrology.profiles.optics import optics_of
from eclips4d.metrology.profiles.profile import PointSpread, Profile
from eclips4d.metrology.profiles.response import USUAL, Response
from eclips4d.metrology.profiles.riser import Shape, shown_slopes
from eclips4d.metrology.quantity import UNKNOWN, Quantity

F64 = NDArray[np.float64]
Interval: TypeAlias = tuple[float, float]
"""From where to where along a profile, nm."""
LEAST_SAMPLES = 6
ROUNDED_FROM = 6.0
"""By how much chi² must be lower for a riser to count as rounded."""
HOPELESS = 3.0
"""By how much the predicted chi² must be lower for a rounded riser to be fitted to the end."""
ROUNDED_PX = 1.5
"""Width, in samples, from which its shape can be told."""
MIXING_U = 0.3
"""Relative standard uncertainty of what is corrected for pixels that are partly riser."""
TEN_TO_NINETY = {Shape.PLANE: 0.8, Shape.ROUNDED: 2.5631 / 6.0}
"""Distance between 10 and 90 % of the height over `Riser` width."""
WIDTH_VARIANCE = {Shape.PLANE: 1.0 / 12.0, Shape.ROUNDED: 1.0 / 36.0}
"""Variance of where the height rises over the square of `Riser` width."""
MOST_BLURRED = 0.5
SEVERAL_PX = 4.0
"""Width, in samples, below which several angles may fit."""
OPEN = 0.01
"""Share of the height from which on what an unknown angle leaves of it is worth a word."""
ALIKE = math.sqrt(WIDTH_VARIANCE[Shape.PLANE] / WIDTH_VARIANCE[Shape.ROUNDED])
"""Width of a rounded riser over that of a plane one of the same variance."""


@dataclass(frozen=True, slots=True)
class StepReading:
    """What a step measures; `UNKNOWN` where it was not seen.

    Attributes
    ----------
    position_nm : Quantity
        Of half the height, along the profile.
    height_nm : Quantity
        Of the upper terrace over the lower, both continued to the middle of the riser.
    angle_deg : Quantity
        Between the riser, where it is steepest, and the terraces.
    width_nm : Quantity
        From 10 to 90 % of the height, along the profile.
    wall_u_nm, wall_u_deg : float
        The part of the systematic uncertainty of height and angle that is left because pixels do not tell how steep
        the riser is.
    wall_open : bool
        Whether that is much of the height and nobody has said how steep risers are: `wall.Wall` would help.
    """

    position_nm: Quantity
    height_nm: Quantity
    angle_deg: Quantity
    width_nm: Quantity
    wall_u_nm: float = 0.0
    wall_u_deg: float = 0.0
    wall_open: bool = False


UNSEEN = StepReading(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


def read_step(
    profile: Profile,
    lower: Interval,
    riser: Interval,
    upper: Interval,
    grid: Grid,
    *,
    response: Response = USUAL,
) -> StepReading:
    """Height, place, angle and width of the step between two terraces.

    Parameters
    ----------
    profile : Profile
    lower, riser, upper : (float, float)
        Where the terraces and the riser between them lie along the profile, nm; the lower terrace may come after.
    grid : Grid
        Of the frame: how uncertain slope scale and pixel size are.
    response : Response
        What is known of specimen, beam and detector.

    Returns
    -------
    StepReading
        Random parts from the noise of the slopes, and larger where the terraces are rougher than that. Systematic
        parts: slope scale, pixel size, blur, what pixels that are partly riser are corrected for, and what they and
        shades leave open.
    """
    fitted = fitted_riser(profile, lower, riser, upper, response)
    if fitted is None:
        return UNSEEN
    rising = 1.0 if upper[0] >= lower[0] else -1.0
    return _reading(profile, riser, fitted, rising, grid, response)


def fitted_riser(
    profile: Profile, lower: Interval, riser: Interval, upper: Interval, response: Response = USUAL
) -> Riser | None:
    """The riser behind a reading; None where too little was seen."""
    inside = _within(profile, lower) | _within(profile, riser) | _within(profile, upper)
    seen = np.isfinite(profile.slope_along + profile.slope_sd) & (profile.slope_sd > 0)
    used = np.flatnonzero(inside & seen)
    if used.size < LEAST_SAMPLES or not (_within(profile, riser) & seen).any():
        return None
    samples = _samples(profile, used, 0.0, response)
    first = fit_riser(samples, _guess(profile, riser, used), Shape.PLANE)
    if narrow := bool(first.theta[3] < SEVERAL_PX * profile.spacing_nm):
        first = best_beginning(samples, profile.distance_nm[used], first)
    # A riser that crosses the width aslant is smeared by it; noise may only pretend so, and then it fits worse.
    upright = _fit(profile, used, {Shape.PLANE: first.theta}, 0.0, response)
    best, lean = _chosen(upright), _lean(profile, riser)
    if lean != 0.0:
        aslant = _fit(profile, used, {found.shape: found.theta for found in upright}, lean, response)
        best = min((best, _chosen(aslant)), key=lambda found: found.chi2)
    return opened(best, over_angles(samples, first)) if narrow and best.shape is Shape.PLANE else best


def _fit(
    profile: Profile, used: NDArray[np.int64], start: dict[Shape, F64], lean: float, response: Response
) -> list[Riser]:
    """The plane riser, and the rounded one where it can be told from that."""
    samples = _samples(profile, used, lean, response)
    plane = replace(fit_riser(samples, start[Shape.PLANE], Shape.PLANE), lean=lean)
    if plane.theta[3] <= ROUNDED_PX * profile.spacing_nm:
        return [plane]
    alike = start.get(Shape.ROUNDED, plane.theta * [1.0, 1.0, 1.0, ALIKE, 1.0])
    return [plane, replace(fit_riser(samples, alike, Shape.ROUNDED, plane.cost - HOPELESS), lean=lean)]


def _chosen(found: list[Riser]) -> Riser:
    plane, rounded = found[0], found[-1]
    return rounded if rounded.chi2 < plane.chi2 - ROUNDED_FROM else plane


def _within(profile: Profile, interval: Interval) -> NDArray[np.bool_]:
    low, high = min(interval), max(interval)
    return np.asarray((profile.distance_nm >= low) & (profile.distance_nm <= high), np.bool_)


def _samples(profile: Profile, used: NDArray[np.int64], lean: float, response: Response) -> Samples:
    spread = PointSpread(profile.spread.offset_nm, profile.spread.weight[used], profile.spread.pixel_nm)
    azimuth_deg = math.degrees(math.atan2(profile.direction[1], profile.direction[0]) + math.atan(lean))
    optics = optics_of(
        profile.distance_nm[used],
        spread,
        (response.detector or usual_detector()).towards(azimuth_deg),
        yield_power=response.yield_power,
        aside_nm=abs(lean) * profile.width_nm,
        blur_nm=response.blur_px * profile.spacing_nm,
        oblique=math.hypot(1.0, lean),
    )
    return Samples(profile.slope_along[used], profile.slope_sd[used], optics, response)


def _guess(profile: Profile, riser: Interval, used: NDArray[np.int64]) -> F64:
    at, slope = profile.distance_nm[used], profile.slope_along[used]
    on = (at >= min(riser)) & (at <= max(riser))
    tilt = float(np.median(slope[~on])) if (~on).any() else 0.0
    excess = slope[on] - tilt
    height = float(excess.sum()) * profile.spacing_nm
    middle = 0.5 * (riser[0] + riser[1])
    width = max(abs(riser[1] - riser[0]), profile.spacing_nm)
    if abs(height) > 0.0:
        share = np.clip(excess * math.copysign(1.0, height), 0.0, None)
        middle = float((share * at[on]).sum() / share.sum())
        width = math.sqrt(12.0 * float((share * (at[on] - middle) ** 2).sum() / share.sum()))
    # One pixel of that is the pixel's own.
    return np.array([tilt, height or 1e-6, middle, max(width - profile.spacing_nm, 0.5 * profile.spacing_nm)])


def _lean(profile: Profile, riser: Interval) -> float:
    """Slope across over slope along of the riser, 0 where noise hides it."""
    on = _within(profile, riser) & np.isfinite(profile.slope_along + profile.slope_sd)
    off = np.isfinite(profile.slope_along) & ~_within(profile, riser)
    along, across = (
        float((v[on] - (np.median(v[off]) if off.any() else 0.0)).sum())
        for v in (profile.slope_along, profile.slope_across)
    )
    sd = math.sqrt(float((profile.slope_sd[on] ** 2).sum()))
    if abs(across) <= 3.0 * sd or along == 0.0:
        return 0.0
    return across / along


def _reading(
    profile: Profile,
    riser: Interval,
    fitted: Riser,
    rising: float,
    grid: Grid,
    response: Response,
) -> StepReading:
    _, height, middle, width = (float(v) for v in fitted.theta[:4])
    rough = max(1.0, fitted.chi2 / max(fitted.samples - 4, 1))
    random, open_ = fitted.random * rough, fitted.prior
    scale_u, mixing = grid.height_scale_u, MIXING_U * _mixing(profile, riser, fitted)

    def known(gradient: list[float], *shared: float) -> tuple[float, float]:
        return _of(random, [*gradient, 0.0]), math.hypot(_of(open_, [*gradient, 0.0]), *shared)

    angle, to_angle = _angle(fitted)
    wall_nm, wall_deg = (_of(fitted.angle, [*gradient, 0.0]) for gradient in ([0.0, 1.0, 0.0, 0.0], to_angle))
    scale_deg = math.degrees(0.5 * math.sin(2.0 * math.radians(angle))) * grid.slope_scale_u
    tenth = TEN_TO_NINETY[fitted.shape]
    blur = _blurred(profile, fitted, response)
    # What is left of the correction of the height stretches the slope alike.
    blur_deg, mixing_deg = blur * abs(to_angle[3]) * width, abs(to_angle[1]) * mixing
    return StepReading(
        position_nm=Quantity(middle, *known([0.0, 0.0, 1.0, 0.0], grid.pixel_scale_u * middle)),
        height_nm=Quantity(rising * height, *known([0.0, 1.0, 0.0, 0.0], scale_u * height, mixing)),
        angle_deg=Quantity(
            angle * math.copysign(1.0, rising * height), *known(to_angle, scale_deg, blur_deg, mixing_deg)
        ),
        width_nm=Quantity(
            tenth * width, *known([0.0, 0.0, 0.0, tenth], grid.pixel_scale_u * tenth * width, blur * tenth * width)
        ),
        wall_u_nm=wall_nm,
        wall_u_deg=wall_deg,
        wall_open=not response.riser_told and wall_nm > OPEN * abs(height),
    )


def _of(covariance: F64, gradient: list[float]) -> float:
    """Standard uncertainty of what has this gradient by `Riser.theta`."""
    g = np.array(gradient)
    return math.sqrt(max(float(g @ covariance @ g), 0.0))


def _angle(fitted: Riser) -> tuple[float, list[float]]:
    """Degrees, positive, and its derivatives by `Riser.theta`."""
    tilt, height, _, width = (float(v) for v in fitted.theta[:4])
    steep = fitted.steepest * math.hypot(1.0, fitted.lean)
    flat = math.atan(tilt)
    by_slope = math.degrees(1.0 / (1.0 + (tilt + steep) ** 2))
    angle = math.degrees(math.atan(tilt + steep) - flat)
    derivatives = [0.0, by_slope * steep / height, 0.0, -by_slope * steep / width]
    return abs(angle), derivatives


def _mixing(profile: Profile, riser: Interval, fitted: Riser) -> float:
    """How much of the height is corrected for pixels that are partly riser, nm."""
    on = _within(profile, riser) & np.isfinite(profile.slope_along)
    shown = float((profile.slope_along[on] - fitted.theta[0]).sum()) * profile.spacing_nm
    return abs(float(fitted.theta[1])) - abs(shown)


def _blurred(profile: Profile, fitted: Riser, response: Response) -> float:
    """Relative standard uncertainty of the width because what smears it is not known."""
    variance = WIDTH_VARIANCE[fitted.shape] * (float(fitted.theta[3]) / profile.spacing_nm) ** 2
    return min(0.5 * response.variance_u_px2 / variance, MOST_BLURRED)


def shown_by(profile: Profile, fitted: Riser, response: Response = USUAL) -> F64:
    """Slopes along the profile that a fitted riser should show, [n]."""
    optics = _samples(profile, np.arange(profile.distance_nm.size), fitted.lean, response).optics
    return np.asarray(shown_slopes(optics, fitted.theta, int(fitted.shape)), np.float64)
