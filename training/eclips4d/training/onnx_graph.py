"""A torch module as an ONNX graph, layer by layer.

Written out here instead of by torch's exporters: those wrap changes of axes into shape arithmetic, note the source
lines of the machine they run on, and take seconds. This one knows what every engine documents, and refuses the rest.
"""

from __future__ import annotations

import operator
from typing import Any, Final

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import fx, nn

from eclips4d.core.errors import EclipsError

OPSET: Final = 18
"""Understood by every OpenVINO and TensorRT 10."""
IR_VERSION: Final = 9
INPUT: Final = "planes"
OUTPUT: Final = "output"

Node = tuple[str, dict[str, Any]]
"""Operation and attributes."""


def onnx_graph(network: nn.Module, inputs: int, outputs: int, block: int = 1) -> onnx.ModelProto:
    """ONNX of a network from [1, inputs, y, x] to [1, outputs, y, x]; y and x are free.

    Parameters
    ----------
    network
        Of convolutions, plain and transposed, ReLU, pixel shuffles, sums and concatenations; on the CPU.
    block
        Side of the blocks of pixels of which the output has one number each.

    Raises
    ------
    EclipsError
        It contains something else.
    """
    traced = fx.symbolic_trace(network)
    nodes: list[onnx.NodeProto] = []
    arrays: list[TensorProto] = []
    for node in traced.graph.nodes:
        if node.op == "placeholder":
            node.meta["name"] = INPUT
        elif node.op == "output":
            nodes[-1].output[0] = OUTPUT
        else:
            node.meta["name"] = node.name
            operation, attributes = _of_layer(traced, node) if node.op == "call_module" else _of_function(node)
            weights = _weights(traced, node) if node.op == "call_module" else []
            arrays += weights
            names = [*(source.meta["name"] for source in _sources(node)), *(held.name for held in weights)]
            nodes.append(helper.make_node(operation, names, [node.name], name=node.name, **attributes))
    ports = [_port(INPUT, inputs), _port(OUTPUT, outputs, "" if block == 1 else f"/{block}")]
    graph = helper.make_graph(nodes, "network", ports[:1], ports[1:], arrays)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def _port(name: str, planes: int, of: str = "") -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, planes, f"y{of}", f"x{of}"])


def _weights(traced: fx.GraphModule, node: fx.Node) -> list[TensorProto]:
    layer = traced.get_submodule(str(node.target))
    named = layer.named_parameters(recurse=False)
    return [numpy_helper.from_array(value.detach().cpu().numpy(), f"{node.target}.{name}") for name, value in named]


def _of_layer(traced: fx.GraphModule, node: fx.Node) -> Node:
    layer = traced.get_submodule(str(node.target))
    if isinstance(layer, nn.ReLU):
        return "Relu", {}
    if isinstance(layer, nn.PixelShuffle):
        return "DepthToSpace", {"blocksize": layer.upscale_factor, "mode": "CRD"}
    if isinstance(layer, nn.Conv2d) and layer.padding_mode == "zeros" and not isinstance(layer.padding, str):
        return "Conv", _window(layer)
    if isinstance(layer, nn.ConvTranspose2d):
        return "ConvTranspose", {**_window(layer), "output_padding": list(layer.output_padding)}
    raise EclipsError(f"the layer {node.target} has no counterpart in our ONNX files: {layer}")


def _window(layer: nn.Conv2d | nn.ConvTranspose2d) -> dict[str, Any]:
    return {
        "kernel_shape": list(layer.kernel_size),
        "strides": list(layer.stride),
        "pads": [int(pad) for pad in layer.padding] * 2,
        "dilations": list(layer.dilation),
        "group": layer.groups,
    }


_FUNCTIONS: Final[dict[Any, str]] = {
    torch.relu: "Relu",
    nn.functional.relu: "Relu",
    torch.add: "Add",
    operator.add: "Add",
    torch.cat: "Concat",
}
_SOURCES: Final = {"Relu": 1, "Add": 2}


def _of_function(node: fx.Node) -> Node:
    operation = _FUNCTIONS.get(node.target, "")
    if operation == "Concat" and (node.args[1:], node.kwargs) in (((1,), {}), ((), {"dim": 1})):
        return operation, {"axis": 1}
    if not node.kwargs and len(_sources(node)) == len(node.args) == _SOURCES.get(operation):
        return operation, {}
    raise EclipsError(f"{node.format_node()} has no counterpart in our ONNX files")


def _sources(node: fx.Node) -> list[fx.Node]:
    """Where its inputs come from, in order; those in a list as well."""
    listed = [one for given in node.args for one in (given if isinstance(given, (list, tuple)) else [given])]
    return [one for one in listed if isinstance(one, fx.Node)]
