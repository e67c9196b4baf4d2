"""Round numbers along a scale."""

from __future__ import annotations

import math


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Multiples of 1, 2 or 5 · 10ⁿ within [low, high], at most this many; more where that would be fewer than two."""
    if not high > low:
        return [low]
    found: list[float] = []
    for parts in (max(1, most), 4, 8):
        found = _multiples(low, high, _round_step((high - low) / parts))
        if len(found) > 1:  # a scale with a single number says nothing
            break
    return found


def _multiples(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_texts(places: list[float]) -> list[str]:
    """Texts with just as many digits as tell neighbours apart."""
    if len(places) < 2:
        return [f"{place:.4g}" for place in places]
    digits = max(0, -math.floor(math.log10(places[1] - places[0]) + 1e-9))
    # Adding zero turns a minus zero into zero.
    return [f"{round(place, digits) + 0.0:.{digits}f}".replace("-", "−") for place in places]


def _round_step(least: float) -> float:
    decade = 10.0 ** math.floor(math.log10(least))
    return next(s * decade for s in (1, 2, 5, 10) if s * decade >= least * (1 - 1e-9))
