"""How long a scale bar is, and what stands beside it."""

from __future__ import annotations

import math

_STEPS = (1, 2, 5)
_UNITS = ((1e6, "mm"), (1e3, "µm"), (1.0, "nm"), (1e-3, "pm"))


def bar_length(visible_nm: float, share: float = 0.25) -> float:
    """The longest of 1, 2, 5 · 10ⁿ nm within this share of the visible width."""
    most = max(visible_nm * share, 1e-9)
    decade = 10.0 ** math.floor(math.log10(most))
    return max(s * d for s in _STEPS for d in (decade, decade / 10) if s * d <= most * (1 + 1e-9))


def length_text(length_nm: float) -> str:
    """A length with the unit that keeps its number short."""
    for nm, unit in _UNITS:
        if length_nm >= nm * (1 - 1e-9):
            return f"{length_nm / nm:.4g} {unit}"
    return f"{length_nm:.3g} nm"
