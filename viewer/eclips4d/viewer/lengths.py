"""Lengths and heights in the unit that keeps their numbers short: nm up to 10 µm, µm above."""

from __future__ import annotations

import math
from typing import NamedTuple

MICROMETRE_NM = 1000.0
_SWITCH_NM = 10_000.0


class Unit(NamedTuple):
    """A unit of length; values are divided by `nm`."""

    name: str
    nm: float


def unit_of(largest_nm: float) -> Unit:
    """The unit for numbers up to this size; nm when it is not finite."""
    wide = math.isfinite(largest_nm) and abs(largest_nm) > _SWITCH_NM
    return Unit("µm", MICROMETRE_NM) if wide else Unit("nm", 1.0)


def length_read_out(length_nm: float) -> str:
    """A length with its unit, 0.1 nm or 1 nm fine."""
    unit = unit_of(length_nm)
    return f"{length_nm / unit.nm:.{1 if unit.nm == 1 else 3}f} {unit.name}"


def with_uncertainty(value: float, u: float, unit: str, scale_u: float = 0.0) -> tuple[str, str]:
    """A value with its random part in digits that the uncertainty justifies, and the part that is common to all pixels.

    Parameters
    ----------
    value, u
        In `unit`; `u` NaN when nobody knows it.
    scale_u
        Relative; no second text when it is zero, infinite when the scale is not calibrated.
    """
    if not math.isfinite(value):
        return "–", ""
    known = math.isfinite(u) and u > 0
    digits = min(max(1 - math.floor(math.log10(u)), 0), 3 if unit in ("µm", "px") else 2) if known else 2
    number = f"{value:+.{digits}f}".replace("-", "−")
    spread = f" ± {u:.{digits}f}" if math.isfinite(u) else ""
    text = f"{number}{spread} {unit}".replace(" °", "°")
    if not scale_u > 0:
        return text, ""
    scale = f"± {percent(scale_u)} scale" if math.isfinite(scale_u) else "scale not calibrated"
    return text, f"random; {scale}" if spread else scale


def percent(share: float) -> str:
    """Two digits, such as 14 % or 1.2 %."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"
