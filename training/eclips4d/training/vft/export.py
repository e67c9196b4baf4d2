"""Vision field transformers as ONNX: any number of views, documented operations, weights in half precision."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from eclips4d.core.errors import EclipsError
from eclips4d.inference.engines.openvino_engine import OpenVinoNetwork
from eclips4d.physics.vft.attention import SCORES, Attention
from eclips4d.training.export import TOLERANCE, compressed
from eclips4d.training.vft.network import VisionFieldTransformer, as_arrays

OPSET: Final = 17
_VIEWS: Final = 256


def checked_file(network: VisionFieldTransformer) -> bytes:
    """What is shipped: exported, compressed, checked against the network it was made of.

    Raises
    ------
    EclipsError
        The file does not compute what the network does.
    """
    stored = compressed(to_onnx(as_arrays(network)))
    onnx.checker.check_model(onnx.load_from_string(stored), full_check=True)
    planes = np.random.default_rng(0).uniform(-1.0, 1.0, (3, network.rings + 2, _VIEWS)).astype(np.float32)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(planes)[None])[0].numpy()
    found = OpenVinoNetwork(stored, "the exported network", precision="f32", threads=1)(planes)
    off = float(np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2)))
    if not off < TOLERANCE:
        raise EclipsError(f"the exported network is off by {off:.2g} of its output")
    return stored


def to_onnx(weights: Attention) -> bytes:
    """A file from [1, 3, rings + 2, views] to [1, 2, 1, views]; sums over rings are convolutions with ones."""
    heads, rings = len(weights.score), weights.embed_bias.shape[1]
    held: dict[str, NDArray[np.generic]] = {
        "embed": weights.embed[:, :, None, None],
        "embed_bias": weights.embed_bias[None, :, :, None],
        "score": weights.score[:, :, None, None],
        "hidden": weights.hidden[:, :, None, None],
        "hidden_bias": weights.hidden_bias,
        "head": weights.head[:, :, None, None],
        "head_bias": weights.head_bias,
        "lowest": np.array(-SCORES),
        "highest": np.array(SCORES),
        "sum": np.ones((heads, 1, rings, 1), np.float32),
        "axis_ways": np.array([1]),
        "axis_rows": np.array([2]),
        **{f"at_{i}": np.array([i]) for i in (0, 1, 2, 3, rings, rings + 1, rings + 2)},
    }
    node = helper.make_node
    nodes = [
        node("Slice", ["views", "at_0", f"at_{rings}", "axis_rows"], ["query"]),
        node("Slice", ["views", f"at_{rings}", f"at_{rings + 1}", "axis_rows"], ["largest"]),
        node("Slice", ["views", f"at_{rings + 1}", f"at_{rings + 2}", "axis_rows"], ["geometry"]),
        node("Conv", ["query", "embed"], ["told"]),
        node("Add", ["told", "embed_bias"], ["told_of_ring"]),
        node("Relu", ["told_of_ring"], ["embedded"]),
        node("Conv", ["embedded", "score"], ["scores"]),
        node("Clip", ["scores", "lowest", "highest"], ["clipped"]),
        node("Exp", ["clipped"], ["paid"]),
        node("Conv", ["paid", "sum"], ["total"], group=heads),
        node("Div", ["paid", "total"], ["share"]),
    ]
    for way in range(3):
        nodes += [
            node("Slice", ["query", f"at_{way}", f"at_{way + 1}", "axis_ways"], [f"query_{way}"]),
            node("Mul", ["share", f"query_{way}"], [f"weighed_{way}"]),
            node("Conv", [f"weighed_{way}", "sum"], [f"value_{way}"], group=heads),
        ]
    nodes += [
        node("Concat", ["value_0", "value_1", "value_2", "largest"], ["values"], axis=1),
        node("Concat", ["values", "geometry"], ["seen"], axis=1),
        node("Conv", ["seen", "hidden", "hidden_bias"], ["before_relu"]),
        node("Relu", ["before_relu"], ["between"]),
        node("Concat", ["between", "values"], ["read"], axis=1),
        node("Conv", ["read", "head", "head_bias"], ["horizons"]),
    ]
    for i, one in enumerate(nodes):
        one.name = f"{one.op_type}_{i}"
    graph = helper.make_graph(
        nodes,
        "vision_field_transformer",
        [helper.make_tensor_value_info("views", TensorProto.FLOAT, [1, 3, rings + 2, "N"])],
        [helper.make_tensor_value_info("horizons", TensorProto.FLOAT, [1, 2, 1, "N"])],
        [numpy_helper.from_array(np.array(value, order="C"), name) for name, value in held.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="eclips4d")
    model.ir_version = 8
    return bytes(model.SerializeToString(deterministic=True))
