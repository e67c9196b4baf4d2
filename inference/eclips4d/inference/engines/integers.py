"""Layers that compute in int8: a processor with instructions for sums of such products does four where it does one.

What goes into such a layer is rounded to 255 steps from zero, or to 127 on either side of it where it may be below; its
weights to 127 on either side, channel by channel. Sums are exact, and what comes out is no integer any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from eclips4d.inference.engines.folded_stem import F32, values_of

_STEPS: Final = 256
_BELOW: Final = np.float32(128.0 / 127.0)
"""Of 256 steps one more lies below zero than above."""
_CONVOLUTIONS: Final = {"Convolution": 0, "ConvolutionBackpropData": 1}
"""By the axis of their weights along which channels come out."""


def adds_products(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has such instructions (VNNI), and none for matrices: against those nobody has measured."""
    try:
        said = cpuinfo.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return False
    return "avx512_vnni" in said and "amx_bf16" not in said


def in_integers(openvino: Any, model: Any, largest: Mapping[str, float]) -> None:
    """Have convolutions compute in int8; the model is changed.

    Parameters
    ----------
    openvino
        The library; who imports it sees to its settings.
    model
        Of that library.
    largest
        Size up to which numbers are told apart, by the name of what goes into a convolution; others stay as they are.
    """
    opset = openvino.opset13
    rounded: dict[str, Any] = {}
    for layer in model.get_ordered_ops():
        axis = _CONVOLUTIONS.get(layer.get_type_name())
        source = None if axis is None else layer.input(0).get_source_output()
        name = "" if source is None else source.get_node().get_friendly_name()
        weights = values_of(layer.input(1).get_source_output().get_node()) if name in largest else None
        if axis is None or source is None or weights is None:
            continue
        if name not in rounded:
            most = np.full((1, 1, 1, 1), largest[name], np.float32)
            least = most * 0 if source.get_node().get_type_name() == "Relu" else -most * _BELOW
            rounded[name] = _rounded(opset, source, least, most)
        channels = tuple(k for k in range(weights.ndim) if k != axis)
        most = np.maximum(np.abs(weights).max(axis=channels, keepdims=True), np.finfo(np.float32).tiny)
        layer.input(0).replace_source_output(rounded[name].output(0))
        kernel = _rounded(opset, opset.constant(weights), -most * _BELOW, most)
        layer.input(1).replace_source_output(kernel.output(0))


def _rounded(opset: Any, source: Any, least: F32, most: F32) -> Any:
    low, high = opset.constant(least), opset.constant(most)
    return opset.fake_quantize(source, low, high, low, high, _STEPS)
