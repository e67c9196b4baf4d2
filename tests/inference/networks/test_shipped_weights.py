"""The weights that come with eclips4d: complete, small, and of operations that every engine documents."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from eclips4d.inference.engines.choose import load_network
from eclips4d.inference.engines.torch_ops import OPERATIONS
from eclips4d.inference.networks.pair import SIZES, load_pair
from eclips4d.inference.networks.weights import FOLDER, read_weights, shipped
from eclips4d.training.export import fixed_size

NAMES = tuple(f"{kind}-{size}" for kind in ("integrator", "slopes") for size in SIZES)
MOST_BYTES = 8_000_000

# Those of our networks' operations that the table in docs/operators.md of onnx/onnx-tensorrt, branch 10.1-GA, marks
# "Y" for FP32, FP16 and BF16. It says: "TensorRT 10.0 supports operators in the inclusive range of opset 9 to opset
# 20"; later releases of TensorRT 10 raise the upper end.
TENSORRT_OPERATIONS = {
    *("Add", "Cast", "Clip", "Concat", "Constant", "Conv", "ConvTranspose", "DepthToSpace", "Div", "Exp", "Identity"),
    *("LeakyRelu", "Mul", "PRelu", "Pad", "Relu", "Reshape", "Sigmoid", "Slice", "Softplus", "SpaceToDepth", "Squeeze"),
    *("Sub", "Tanh", "Transpose", "Unsqueeze"),
}
TENSORRT_OPSETS = range(9, 21)


def test_they_are_complete() -> None:
    assert shipped() == tuple(sorted(NAMES))


def test_together_they_are_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < MOST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_only_documented_operations(name: str) -> None:
    model = onnx.load_from_string(read_weights(name).onnx)
    onnx.checker.check_model(model, full_check=True)
    used = {node.op_type for node in model.graph.node}
    assert used <= TENSORRT_OPERATIONS
    assert used <= set(OPERATIONS) | {"Constant"}
    assert [(held.domain, held.version in TENSORRT_OPSETS) for held in model.opset_import] == [("", True)]
    assert not model.functions


@pytest.mark.parametrize("name", NAMES)
def test_any_size_or_one(name: str) -> None:
    """As shipped the sides are free; fixed, the same file computes the same."""
    weights = read_weights(name)
    assert weights.card.name == name
    for port in (p for ports in (graph_of(weights.onnx).input, graph_of(weights.onnx).output) for p in ports):
        batch, planes, *sides = port.type.tensor_type.shape.dim
        assert (batch.dim_value, bool(planes.dim_value)) == (1, True)
        assert all(side.dim_param and not side.dim_value for side in sides)
    x = np.random.default_rng(0).standard_normal((weights.card.inputs, 64, 32)).astype(np.float32)
    free, fixed = (load_network(file, "openvino")(x) for file in (weights.onnx, fixed_size(weights.onnx, 64, 32)))
    assert np.isfinite(free).all()
    np.testing.assert_array_equal(free, fixed)


@pytest.mark.parametrize("name", NAMES)
def test_openvino_and_torch_agree(name: str) -> None:
    weights = read_weights(name)
    x = np.random.default_rng(1).standard_normal((weights.card.inputs, 64, 64)).astype(np.float32)
    by_openvino, by_torch = (load_network(weights.onnx, engine, precision="f32")(x) for engine in ("openvino", "torch"))
    np.testing.assert_allclose(by_openvino, by_torch, atol=1e-4 * float(np.abs(by_torch).max()))


@pytest.mark.parametrize("size", SIZES)
def test_they_fit_together(size: str) -> None:
    pair = load_pair(size)
    assert pair.integrator is not None


def graph_of(file: bytes) -> onnx.GraphProto:
    return onnx.load_from_string(file).graph
