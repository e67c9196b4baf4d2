"""Multiplications of a network, counted on its graph."""

from __future__ import annotations

import math
from typing import Any

from eclips4d.inference.engines.openvino_engine import import_openvino

CONVOLUTIONS = {
    "Convolution": 1,
    "GroupConvolution": 1,
    "ConvolutionBackpropData": 0,
    "GroupConvolutionBackpropData": 0,
}
"""Whether each weight meets every output, or every input."""


def giga_products(onnx: bytes, shape: tuple[int, int, int]) -> float:
    """Multiplications with their additions of all convolutions for planes of `shape` [c, y, x], 10⁹."""
    model: Any = import_openvino().Core().read_model(onnx)
    model.reshape([1, *shape])
    return sum(_of(operation) for operation in model.get_ordered_ops()) / 1e9


def _of(operation: Any) -> float:
    by_output = CONVOLUTIONS.get(operation.get_type_name())
    if by_output is None:
        return 0.0
    weights = list(operation.input(1).get_shape())
    met = list(operation.output(0).get_shape() if by_output else operation.input(0).get_shape())
    # [out, in/groups, …] of a convolution, [in, out/groups, …] of a transposed one; grouped ones name the groups first.
    per_value = math.prod(weights[-3:])
    return float(math.prod(met) * per_value)
