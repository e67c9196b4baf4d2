"""The integrators under test: networks with their weights, as the chain runs them; the paper's network, alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.inference.engines.choose import load_network
from eclips4d.inference.engines.network import Network
from eclips4d.inference.integrator import features
from eclips4d.inference.integrator.borders import sanitised
from eclips4d.inference.integrator.pinn import Integrator
from eclips4d.inference.networks.features import MULTIPLE
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
        `live`, `best`, or an ONNX file with its card beside it: that of an integrator, of slopes whose card names one,
        or of a mapper.

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
    if weights.card.kind == "mapper":
        return Contender(model, _mapper(load_network(weights.onnx, where=weights.where)))
    check_fit(weights, kind="integrator", features=features.VERSION)
    network = load_network(weights.onnx, where=weights.where)
    known: dict[tuple[float, float], Integrator] = {}

    def integrate(slopes: Slopes) -> F64:
        pixel = slopes.pixel_nm
        ready = known.get(pixel) or known.setdefault(pixel, Integrator(pixel, network, weights.card.iterations or 0))
        slope, slope_sd = slopes.slope.astype(np.float32), slopes.slope_sd.astype(np.float32)
        return ready(slope, slope_sd, valid=slopes.valid).astype(np.float64)

    return Contender(model, integrate)


def _mapper(network: Network) -> Callable[[Slopes], F64]:
    """Slopes to height by a plain U-Net: nothing tells it what integration is."""

    def mapped(slopes: Slopes) -> F64:
        finite, _, _ = sanitised(slopes.slope.astype(np.float32), slopes.slope_sd.astype(np.float32), slopes.valid)
        rows, columns = finite.shape[1:]
        margins = [(0, 0), *((0, -side % MULTIPLE) for side in (rows, columns))]
        height = network(np.pad(finite, margins, mode="symmetric"))[0, :rows, :columns].astype(np.float64)
        return np.asarray((height - height.mean()) * slopes.pixel_nm[0])

    return mapped
