"""How a step looks across: compiled profiles, and which steps a crystal has."""

from __future__ import annotations

import math
from typing import Any

import numba

ELEMENTARY_STEPS_NM = {
    "Cu2O {100}": 0.2135,
    "Cu2O {111}": 0.2465,
    "Cu {111}": 0.2087,
    "Cu {100}": 0.1808,
}
"""Spacing of the planes one step apart: a/2 and a/sqrt(3) of a = 0.427 nm, a/sqrt(3) and a/2 of a = 0.3615 nm."""
_SAME = 0.02

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
_inlined: Any = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")


def step_label(height_nm: float) -> str:
    """What a step of this height is: one lattice plane of which crystal, or a bunch of how many on copper (111)."""
    for name, plane_nm in ELEMENTARY_STEPS_NM.items():
        if abs(height_nm / plane_nm - 1.0) < _SAME:
            return f"elementary, {name}"
    return f"bunch of {height_nm / ELEMENTARY_STEPS_NM['Cu {111}']:.0f} Cu {{111}} steps"


@_compiled  # type: ignore[untyped-decorator]
def sawtooth(at: float, sd: float) -> float:
    """`at` minus the staircase that rises by one at every integer, each riser an error function.

    The mean is zero and the steepest rise 1/(sqrt(2 pi)·sd) less one. Where risers overlap three Fourier terms are
    exact to 1e-8; for very wide ones nothing is left: that is how a spiral's step fades into its core.
    """
    f = at - math.floor(at + 0.5)
    if sd > 0.25:
        if sd > 1.2:
            return 0.0
        q = math.exp(-2.0 * math.pi * math.pi * sd * sd)
        a = 2.0 * math.pi * f
        waves = q * math.sin(a) + 0.5 * q**4 * math.sin(2.0 * a) + q**9 * math.sin(3.0 * a) / 3.0
        return -float(waves / math.pi)
    scale = 1.0 / (math.sqrt(2.0) * sd)
    rise = _erf(f * scale)
    if sd > 0.08:
        rise += _erf((f - 1.0) * scale) + _erf((f + 1.0) * scale)
    return float(f - 0.5 * rise)


@_inlined  # type: ignore[untyped-decorator]
def _erf(x: float) -> float:
    """Most risers are far away, where it is ±1 to 3e-9."""
    if x > 4.2:
        return 1.0
    if x < -4.2:
        return -1.0
    return math.erf(x)


@_inlined  # type: ignore[untyped-decorator]
def upper(a: float, b: float, soft: float) -> float:
    """Maximum of two heights with a rounded corner of width `soft`."""
    gap = abs(a - b)
    top = max(a, b)
    return top if gap >= soft else top + (soft - gap) * (soft - gap) / (4.0 * soft)
