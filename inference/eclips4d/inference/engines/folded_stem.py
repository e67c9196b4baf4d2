"""The first convolution of a network over blocks of pixels that are channels, where the file has it in steps.

A 3r × 3r kernel in steps of r pixels is a 3 × 3 kernel over blocks of r × r pixels, each pixel a channel. Processors
multiply matrices as long as there are channels: few of them, met by a large kernel, leave most of such a matrix empty.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


def fold_stem(openvino: Any, model: Any) -> tuple[Any, int]:
    """The same network for blocks of pixels, and the side of these blocks; 1 where its first layer takes no steps.

    Parameters
    ----------
    openvino
        The library; who imports it sees to its settings.
    model
        Of that library, from [1, C, Y, X]; it is changed.

    Returns
    -------
    model
        From [1, C·side², Y/side, X/side]; channels in the order of planes, then of rows and pixels in a block.
    side : int
    """
    stem = _first_convolution(model)
    side = 1 if stem is None else _steps(stem)
    values = None if stem is None else values_of(stem.input(1).get_source_output().get_node())
    if values is None or side == 1:
        return model, 1
    opset = openvino.opset13
    weights = folded(values, side)
    blocks = opset.parameter([1, weights.shape[1], -1, -1], np.float32)
    half = [weights.shape[2] // 2] * 2
    convolution = opset.convolution(blocks, opset.constant(weights), [1, 1], half, half, [1, 1])
    for target in list(stem.output(0).get_target_inputs()):
        target.replace_source_output(convolution.output(0))
    return openvino.Model(model.get_results(), [blocks], model.get_friendly_name()), side


def folded(weights: F32, side: int) -> F32:
    """Weights [K, C, side·k, side·k] as [K, C·side², k, k]."""
    outputs, inputs, reach, _ = weights.shape
    k = reach // side
    parts = weights.reshape(outputs, inputs, k, side, k, side).transpose(0, 1, 3, 5, 2, 4)
    return np.ascontiguousarray(parts).reshape(outputs, inputs * side**2, k, k)


def _first_convolution(model: Any) -> Any:
    """What alone takes the input, where that is a convolution."""
    takers = list(model.input(0).get_target_inputs())
    node = takers[0].get_node() if len(takers) == 1 else None
    return node if node is not None and node.get_type_name() == "Convolution" else None


def _steps(convolution: Any) -> int:
    """Its steps r, where its kernel covers an odd number of r × r blocks in the middle of which the centre lies."""
    down, across = convolution.get_strides()
    rows, columns = list(convolution.input(1).get_shape())[-2:]
    half = [rows // down // 2 * down] * 2
    fits = down == across and rows == columns and rows % down == 0 and rows // down % 2 == 1
    plain = list(convolution.get_pads_begin()) == half == list(convolution.get_pads_end())
    return int(down) if fits and plain and list(convolution.get_dilations()) == [1, 1] else 1


def values_of(node: Any) -> F32 | None:
    """Of a constant, which may be stored in half precision."""
    if node.get_type_name() == "Convert":
        return values_of(node.input(0).get_source_output().get_node())
    return np.array(node.data, dtype=np.float32) if node.get_type_name() == "Constant" else None
