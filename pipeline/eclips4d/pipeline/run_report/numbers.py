"""Numbers in words, with as many digits as their uncertainty justifies."""

from __future__ import annotations

import math

from eclips4d.metrology.quantity import Quantity

UNKNOWN = "–"
_MOST_DIGITS = 6
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def number(value: float, digits: int = 3) -> str:
    """Significant digits, with a minus sign that is one."""
    if not math.isfinite(value):
        return UNKNOWN
    mantissa, _, exponent = f"{value + 0.0:.{digits}g}".partition("e")
    power = f"·10{str(int(exponent)).translate(_RAISED)}" if exponent else ""
    return mantissa.replace("-", "−") + power


def fixed(value: float, decimals: int) -> str:
    """So many decimals; a zero has no sign."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−") if math.isfinite(value) else UNKNOWN


def decimals_for(u: float) -> int:
    """Decimals that show two significant digits of an uncertainty."""
    if not (math.isfinite(u) and u > 0):
        return 2
    return min(max(1 - math.floor(math.log10(u)), 0), _MOST_DIGITS)


def with_u(value: float, u: float, unit: str = "") -> str:
    """`12.34 ± 0.05 nm`; without the second part where nobody knows it."""
    if not math.isfinite(value):
        return UNKNOWN
    if not math.isfinite(u):
        return _united(number(value), unit)
    decimals = decimals_for(u)
    return _united(f"{fixed(value, decimals)} ± {fixed(u, decimals)}", unit)


def quantity(of: Quantity, unit: str) -> str:
    """Value, random and systematic standard uncertainty, kept apart."""
    if not math.isfinite(of.value):
        return UNKNOWN
    if not (math.isfinite(of.systematic_u) and of.systematic_u > 0):
        return with_u(of.value, of.random_u, unit)
    known = [u for u in (of.random_u, of.systematic_u) if math.isfinite(u) and u > 0]
    # One digit more than both together justify, so that the smaller of them shows.
    decimals = min(decimals_for(min(known)), decimals_for(of.u if math.isfinite(of.u) else max(known)) + 1)
    random = f" ± {fixed(of.random_u, decimals)} (random)" if math.isfinite(of.random_u) else ""
    return _united(f"{fixed(of.value, decimals)}{random} ± {fixed(of.systematic_u, decimals)} (systematic)", unit)


def counted(count: int, one: str, many: str = "") -> str:
    """`1 frame`, `3 frames`."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, whichever is short."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{number(seconds / length)} {unit}"
    return f"{number(seconds)} s"


def _united(words: str, unit: str) -> str:
    return f"{words}{'' if unit.startswith('°') or not unit else ' '}{unit}"
