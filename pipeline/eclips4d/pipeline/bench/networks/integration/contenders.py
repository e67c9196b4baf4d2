"""All peers, each with the parameters among which the truth may choose for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.integration.peers.bilateral import bilateral
from eclips4d.pipeline.bench.networks.integration.peers.frankot_chellappa import frankot_chellappa
from eclips4d.pipeline.bench.networks.integration.peers.harker_oleary import harker_oleary
from eclips4d.pipeline.bench.networks.integration.peers.least_squares import least_squares, weighted_least_squares
from eclips4d.pipeline.bench.networks.integration.peers.total_variation import (
    total_variation_data,
    total_variation_prior,
)
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes

F64 = NDArray[np.float64]
Parameters = Mapping[str, object]
Ladder = tuple[Parameters, ...]


@dataclass(frozen=True, slots=True)
class Contender:
    """A way from slopes to height.

    Attributes
    ----------
    integrate
        (slopes, **parameters) -> height, nm [y, x].
    ladders
        Each an ordered list of parameters along which there is one best; empty where nothing can be chosen.
    lasting
        Whether its code and parameters are all that decides its heights, so that scores may be kept.
    """

    name: str
    integrate: Callable[..., F64]
    ladders: tuple[Ladder, ...] = ()
    lasting: bool = False

    def __call__(self, slopes: Slopes, parameters: Parameters) -> F64:
        """The height."""
        return self.integrate(slopes, **parameters)


def _ladder(name: str, values: tuple[float, ...], **fixed: object) -> Ladder:
    return tuple({name: value, **fixed} for value in values)


_WAYS: tuple[Parameters, ...] = ({}, {"weighting": "pixel"}, {"trusted": False})
_WEIGHTINGS = ("none", "border", "pixel")
_STRENGTHS = (0.03, 0.06, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0)

_WRITTEN: tuple[Contender, ...] = (
    Contender("least squares", least_squares, (({"trusted": False}, {"trusted": True}),)),
    Contender(
        "weighted least squares",
        weighted_least_squares,
        tuple(({"weighting": w, "trusted": t},) for w in _WEIGHTINGS for t in (True, False)),
    ),
    Contender("Frankot–Chellappa, periodic", frankot_chellappa, (({"mirrored": False},),)),
    Contender(
        "Frankot–Chellappa, mirrored", frankot_chellappa, (_ladder("smoothing", (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)),)
    ),
    Contender(
        "Harker–O'Leary", harker_oleary, (({"points": 3},), ({"points": 5},), ({"points": 3, "weighted": True},))
    ),
    Contender(
        "Harker–O'Leary, Tikhonov or spectral",
        harker_oleary,
        (
            _ladder("strength", (0.001, 0.003, 0.01, 0.03), degree=0),
            _ladder("strength", (0.03, 0.1, 0.3, 1.0), degree=1),
            _ladder("strength", (0.03, 0.1, 0.3, 1.0), degree=2),
            _ladder("strength", (0.03, 0.1, 0.3, 1.0), degree=2, weighted=True),
            _ladder("kept", (0.25, 0.5, 0.75)),
        ),
    ),
    Contender(
        "total variation of the misfit",
        total_variation_data,
        tuple(_ladder("threshold", (0.0, 0.5, 1.0, 2.0, 4.0), **chosen) for chosen in _WAYS),
    ),
    Contender(
        "total variation of the surface",
        total_variation_prior,
        (
            _ladder("strength", _STRENGTHS, order=1),
            *(_ladder("strength", _STRENGTHS, order=2, **chosen) for chosen in _WAYS),
        ),
    ),
    Contender(
        "bilateral",
        bilateral,
        tuple(
            _ladder("sharpness", (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0), **chosen)
            for chosen in ({}, {"weighted": True}, {"trusted": False})
        ),
    ),
)

PEERS = tuple(replace(contender, lasting=True) for contender in _WRITTEN)
"""What a network's integrator has to be as good as."""
