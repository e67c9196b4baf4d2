"""The integrators under test: networks with their weights, as the chain runs them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.inference.engines.choose import load_network
from eclips4d.inference.integrator import features
from eclips4d.inference.integrator.pinn import Integrator
from eclips4d.inference.networks.pair import SIZES
from eclips4d.inference.networks.weights import check_fit, read_weights
from eclips4d.pipeline.bench.networks.integration.contenders import Contender
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes

F64 = NDArray[np.float64]


def integrator(model: str) -> Contender:
    """A network's integrator.

    Parameters
    ----------
    model
        `live`, `best`, or an ONNX file with its card beside it: that of an integrator, or of slopes whose card names
        one.

    Raises
    ------
    InputError
        Weights that are missing, damaged, or of no integrator.
    """
    weights = read_weights(f"integrator-{model}" if model in SIZES else model)
    if weights.card.kind == "slopes":
        if weights.card.integrator is None:
            raise InputError("its card names no integrator", where=weights.where, cure="give one that does")
        return integrator(weights.card.integrator)
    check_fit(weights, kind="integrator", features=features.VERSION)
    network = load_network(weights.onnx, where=weights.where)
    known: dict[tuple[float, float], Integrator] = {}

    def integrate(slopes: Slopes) -> F64:
        pixel = slopes.pixel_nm
        ready = known.get(pixel) or known.setdefault(pixel, Integrator(pixel, network, weights.card.iterations or 0))
        slope, slope_sd = slopes.slope.astype(np.float32), slopes.slope_sd.astype(np.float32)
        return ready(slope, slope_sd, valid=slopes.valid).astype(np.float64)

    return Contender(model, integrate)
