"""Networks by torch, operation by operation in float32: slow, and what the other engines are checked against.

Runs on the GPU where torch finds one, without the shortcuts that round (TF32) or that vary from call to call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor

from eclips4d.core.errors import InputError
from eclips4d.inference.engines.network import F32, Blocks, Precision, check_planes
from eclips4d.inference.engines.torch_ops import OPERATIONS


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation of the graph."""

    operation: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


class TorchNetwork:
    """A `Network` by torch.

    Parameters
    ----------
    onnx_file
        The network's file.
    where
        What it is called in errors.

    Raises
    ------
    InputError
        Not a network from one image to one image, or with an operation that is not in `torch_ops`.
    """

    engine: Final = "torch"
    precision: Final[Precision] = "f32"

    def __init__(self, onnx_file: bytes, where: str) -> None:
        self._where = where
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        graph = _graph(onnx_file, where)
        self.channels = _channels(graph, where)
        self._input, self._output = graph.input[0].name, graph.output[0].name
        self._constants = {held.name: self._tensor(held) for held in graph.initializer}
        self._steps = [self._step(node) for node in graph.node if not self._is_constant(node)]

    def blocks(self, shape: tuple[int, int]) -> Blocks | None:
        """None: planes as they are."""
        return None

    def __call__(self, planes: F32 | Blocks) -> F32:
        """As `Network`."""
        planes = check_planes(planes, self.channels[0], self._where)
        values = dict(self._constants)
        values[self._input] = torch.from_numpy(np.ascontiguousarray(planes, dtype=np.float32)[None]).to(self.device)
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), exact:
            for step in self._steps:
                values[step.output] = self._run(step, values)
        result: F32 = values[self._output][0].cpu().numpy()
        return result

    def _run(self, step: _Step, values: dict[str, Tensor]) -> Tensor:
        inputs = [values[name] if name else None for name in step.inputs]
        try:
            return OPERATIONS[step.operation](*inputs, **step.attributes)
        except (RuntimeError, TypeError, ValueError) as error:
            reason = str(error).splitlines()[0][:200]
            raise InputError(f"{step.operation} cannot be computed: {reason}", where=self._where) from error

    def _step(self, node: onnx.NodeProto) -> _Step:
        if node.op_type not in OPERATIONS or len(node.output) != 1:
            raise InputError(
                f"contains {node.op_type}, which the torch engine does not have",
                where=self._where,
                cure="use --engine openvino",
            )
        attributes = {held.name: _attribute(held) for held in node.attribute}
        return _Step(node.op_type, tuple(node.input), node.output[0], attributes)

    def _is_constant(self, node: onnx.NodeProto) -> bool:
        """Whether the node only holds a value, which is kept."""
        if node.op_type != "Constant":
            return False
        self._constants[node.output[0]] = self._tensor(onnx.helper.get_attribute_value(node.attribute[0]))
        return True

    def _tensor(self, held: onnx.TensorProto) -> Tensor:
        values = torch.from_numpy(np.array(numpy_helper.to_array(held)))
        # Shapes and axes are read on the processor; only what is computed with goes to the device.
        return values.to(self.device) if values.is_floating_point() else values


def _graph(onnx_file: bytes, where: str) -> onnx.GraphProto:
    try:
        model = onnx.load_from_string(onnx_file)
        onnx.checker.check_model(model)
    except (DecodeError, onnx.checker.ValidationError) as error:
        reason = str(error).splitlines()[0][:200]
        raise InputError(f"not a valid ONNX file: {reason}", where=where) from error
    return model.graph


def _channels(graph: onnx.GraphProto, where: str) -> tuple[int, int]:
    ports = (graph.input, graph.output)
    if any(len(port) != 1 or len(port[0].type.tensor_type.shape.dim) != 4 for port in ports):
        raise InputError("does not map one array [1, C, Y, X] to one [1, K, Y, X]", where=where)
    inputs, outputs = (port[0].type.tensor_type.shape.dim[1].dim_value for port in ports)
    return inputs, outputs


def _attribute(held: onnx.AttributeProto) -> Any:
    value = onnx.helper.get_attribute_value(held)
    return value.decode() if isinstance(value, bytes) else value
