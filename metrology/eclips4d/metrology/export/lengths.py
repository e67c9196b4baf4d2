"""How long a scale bar is and what stands beside it, as in the window."""

from __future__ import annotations

import math

from eclips4d.core.units import NM_PER_UNIT

SHARE = 0.25
STEPS = (1, 2, 5)
SHOWN = ("mm", "µm", "nm", "pm")


def bar_length_nm(visible_nm: float) -> float:
    """The longest of 1, 2, 5 · 10ⁿ nm within a quarter of the visible width."""
    most = visible_nm * SHARE
    decade = 10.0 ** math.floor(math.log10(most))
    return max(step * d for step in STEPS for d in (decade, decade / 10) if step * d <= most * (1 + 1e-9))


def length_text(length_nm: float) -> str:
    """A length with the unit that keeps its number short."""
    unit = next((name for name in SHOWN if length_nm >= NM_PER_UNIT[name] * (1 - 1e-9)), SHOWN[-1])
    return f"{length_nm / NM_PER_UNIT[unit]:.4g} {unit}"
