"""How far a steadily turning arm has wound at each distance from its core: the radial part of a spiral's phase.

An arm is where N·s·θ/(2π) + F(r) − ν·t is a whole number. Burton, Cabrera and Frank's law V = v_inf·(1 − r_c·curvature)
gives F from the solved spiral Φ (physics: scenes/bcf/radial): F(r) = ρ/(λ·ω)·Φ(r/ρ), ω = 0.3309, which is r/λ far out
and differs from it by ρ/λ·ln r nearer by. Under the law ρ is the critical radius and λ = 2π·ρ/(ω·N); here both are
free, so that the law can be tested. ρ → 0 is the spiral of Archimedes; F goes on oddly to
ρ < 0, so that noise about 0 has no bias.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.scenes.bcf.radial import phase_at, steady_spiral

F64 = NDArray[np.float64]

TABLE_STEP = 0.02
_TABLE_END = 40.0

SPACING_MODEL_U, BEND_MODEL_U = 0.001, 0.04
"""Relative standard uncertainty of spacing and bend from the shape itself: by so much two solutions of the same law, a
level set on a grid and the differential equation, differ without any noise (0.03 to 0.16 % and 0.5 to 6 %)."""


class Excess(NamedTuple):
    """What the solved spiral winds beyond an Archimedean one, against r/ρ at multiples of `TABLE_STEP`.

    Attributes
    ----------
    value, slope : float64 [n]
        E = Φ − ω·r/ρ, radians, and its derivative.
    omega : float
        Rotation of the solved spiral in v_inf/r_c.
    """

    value: F64
    slope: F64
    omega: float


@cache
def excess() -> Excess:
    """The table; solved for once (0.1 s)."""
    radius = np.asarray(TABLE_STEP * np.arange(round(_TABLE_END / TABLE_STEP) + 1), np.float64)
    omega = steady_spiral().rotation
    value = phase_at(radius) - omega * radius
    return Excess(value, np.gradient(value, TABLE_STEP), omega)


def spacing_over_critical_radius() -> float:
    """Far spacing of one arm over the critical radius: 2π/ω = 18.99 ("about 19")."""
    return float(2.0 * np.pi / excess().omega)


def arms_within(r: F64, spacing: float, bend: float) -> F64:
    """F(r): arms between the core and a distance from it, nm, along one direction; odd in the bend."""
    table, omega = excess(), excess().omega
    at = np.asarray(r, np.float64) / max(abs(bend), 1e-9)
    inside = np.interp(np.minimum(at, _TABLE_END), TABLE_STEP * np.arange(len(table.value)), table.value)
    beyond = np.maximum(at, _TABLE_END)
    value = inside + omega * np.log(beyond / _TABLE_END) + (omega - 0.5 / omega) * (1.0 / _TABLE_END - 1.0 / beyond)
    return np.asarray(r / spacing + bend / (spacing * omega) * value)


def law_bend(spacing: float, wound: int) -> float:
    """Critical radius that the law gives to a spiral of |wound| arms with this spacing of neighbours."""
    return float(spacing) * abs(wound) / spacing_over_critical_radius()
