"""Lambert's cosine law, the one of the ECLIPS paper, as two separable terms."""

from __future__ import annotations

import numpy as np

from eclips4d.physics.emission.law import EmissionLaw

_STEEPEST_DEG = 89.0
_STEP_DEG = 0.05


def lambert_law(atomic_number: float | None = None) -> EmissionLaw:
    """`cos(angle to the facet's normal)/π`, times the facet's relative yield.

    The cosine is `cos(tilt)·cos(theta) − sin(tilt)·sin(theta)·cos(phi − psi)`.

    Parameters
    ----------
    atomic_number
        When given, a tilted facet emits `((1 + cos tilt)/2)^(−9/sqrt(Z))` times as much as a flat one (Arnal 1969);
        without it all facets emit alike.
    """
    tilt = np.radians(np.arange(0.0, _STEEPEST_DEG + _STEP_DEG, _STEP_DEG))
    theta = np.radians(np.arange(0.0, 90.0 + _STEP_DEG / 2, _STEP_DEG))
    grown = (
        np.ones_like(tilt) if atomic_number is None else ((1.0 + np.cos(tilt)) / 2.0) ** (-9.0 / np.sqrt(atomic_number))
    )
    return EmissionLaw(
        name="lambert" if atomic_number is None else f"lambert, Arnal yield of Z = {atomic_number:g}",
        order=np.array([0, 1]),
        theta=theta,
        polar=np.stack([np.cos(theta), np.sin(theta)]) / np.pi,
        tilt=tilt,
        amplitude=np.stack([np.cos(tilt), -np.sin(tilt)]) * grown,
    )
