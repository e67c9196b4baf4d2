"""What one spiral's slopes should be.

The surface of a spiral with N arms of height H, sense s (+1 clockwise on the screen) and core x0, y0 is a helicoid cut
by risers: h = H·(s·N·θ/2π + staircase(u)), u = c + ν·t − F(r) − s·N·θ/2π, so that

    grad h = H·(s·N/2π·grad θ + δ(u)·grad u) + plane,

δ the periodic Gaussian of standard deviation σ·|grad u|: risers of profile width σ, one after the other.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.winding import inlined

F64 = NDArray[np.float64]

X, Y, PHASE, SPACING, BEND, HEIGHT, RISER, PASSAGE, PLANE_X, PLANE_Y = range(10)
"""Places of the parameters: x0, y0 (nm), c (arms), λ, ρ (nm), H, σ (nm), ν (arms/s), dh/dx, dh/dy of the plane."""
COUNT = 10
CUT = 5.0
"""Standard deviations beyond which a riser is over: of its height less than a millionth lies there."""
_PER_ROOT = 1.0 / math.sqrt(2.0 * math.pi)


@inlined  # type: ignore[untyped-decorator]
def comb_at(f: float, sd: float) -> tuple[float, float, float]:
    """Periodic Gaussian of period one at −0.5 ≤ f ≤ 0.5, its derivatives by f and by sd."""
    if sd > 0.3:
        q = math.exp(-2.0 * math.pi * math.pi * min(sd, 3.0) ** 2)
        a = 2.0 * math.pi * f
        by_sd = -4.0 * math.pi * math.pi * sd * 2.0 * q * math.cos(a)
        return 1.0 + 2.0 * q * math.cos(a), -4.0 * math.pi * q * math.sin(a), by_sd
    total, by_u, by_sd, far = 0.0, 0.0, 0.0, CUT * sd
    if far < abs(f):
        return total, by_u, by_sd
    per_sd, beside = 1.0 / sd, 1 if far > 0.5 else 0
    for k in range(-beside, beside + 1):
        z = (f - k) * per_sd
        if abs(z) < CUT:
            g = math.exp(-0.5 * z * z) * (_PER_ROOT * per_sd)
            total += g
            by_u -= g * z * per_sd
            by_sd += g * (z * z - 1.0) * per_sd
    return total, by_u, by_sd
