"""Small networks as ONNX files, built node by node, and the cards that go with them."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from eclips4d.inference.networks import features, heads
from eclips4d.inference.networks.card import Card, Trained, card_text

PLANES, OUTPUTS = len(features.PLANES), heads.OUTPUTS
LOG_SD = features.PLANES.index("logarithm of slope_sd over the noise unit")


class Graph:
    """A graph under construction; every method adds one node and returns the name of its result."""

    def __init__(self, inputs: int, outputs: int, seed: int = 0) -> None:
        self.channels, self.random = (inputs, outputs), np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Any, kind: type = np.int64) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype=kind), name))
        return name

    def weights(self, *shape: int) -> str:
        return self.constant(self.random.normal(0.0, np.prod(shape[1:]) ** -0.5, shape), np.float32)

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [name], **attributes))
        return name

    def file(self, last: str, *, opset: int = 18, blocks: bool = False) -> bytes:
        """The network from the input `x` to `last`, for images of any size; `last` has a number per block or pixel."""
        sides = (["y", "x"], ["y/2", "x/2"] if blocks else ["y", "x"])
        ports = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, count, *of])
            for name, count, of in zip(("x", last), self.channels, sides, strict=True)
        ]
        graph = helper.make_graph(self.nodes, "made", ports[:1], ports[1:], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
        onnx.checker.check_model(model)
        return model.SerializeToString()


def small_unet(inputs: int = PLANES, outputs: int = OUTPUTS, *, scale: float = 1.0, seed: int = 0) -> bytes:
    """A network of one halving with a way around it, random weights, and what an export may add: casts, shuffles."""
    g = Graph(inputs, outputs, seed)
    first = g.add("Relu", g.add("Conv", "x", g.weights(8, inputs, 3, 3), g.weights(8), pads=[1, 1, 1, 1]))
    down = g.add("Relu", g.add("Conv", first, g.weights(16, 8, 2, 2), g.weights(16), strides=[2, 2]))
    half = g.constant(g.random.normal(0.0, 0.1, (16, 8, 2, 2)), np.float16)
    up = g.add("ConvTranspose", down, g.add("Cast", half, to=TensorProto.FLOAT), strides=[2, 2])
    joined = g.add("Conv", g.add("Add", up, first), g.weights(outputs, 8, 2, 2), strides=[2, 2])
    return g.file(g.add("Mul", joined, g.constant(scale, np.float32)), blocks=True)


def keeping_all(**numbers: float) -> NDArray[np.float64]:
    """Outputs of a block that keep all octaves; `x`, `y` and `v` are those of its pixels."""
    turn, fine, *octaves = (1.0 - start for start in heads.START)
    told = [*(numbers.get(name, 0.0) for name in ("x", "y", "v")), turn, fine, fine]
    return np.array([*np.repeat(told, heads.FOLD**2), *np.repeat(octaves, 2)])


def silent_network(**numbers: float) -> bytes:
    """Keeps everything: no correction, the closed form's own sd; `x`, `y` and `v` are added to these outputs."""
    g, area = Graph(PLANES, OUTPUTS), heads.FOLD**2
    weight = np.zeros((OUTPUTS, PLANES, heads.FOLD, heads.FOLD))
    for pixel in range(area):
        weight[2 * area + pixel, LOG_SD, pixel // heads.FOLD, pixel % heads.FOLD] = 1.0
    bias = g.constant(keeping_all(**numbers), np.float32)
    strides = [heads.FOLD, heads.FOLD]
    return g.file(g.add("Conv", "x", g.constant(weight, np.float32), bias, strides=strides), blocks=True)


def made_card(onnx_file: bytes, name: str, **changes: Any) -> Card:
    """The card of a slopes network, unless told otherwise."""
    trained = Trained(
        date=date(2026, 1, 2), command="made by a test", commit="none", recipe="none", seed=0, cores=1, minutes=0.0
    )
    values: dict[str, Any] = {
        "name": name,
        "kind": "slopes",
        "features": features.VERSION,
        "inputs": PLANES,
        "outputs": OUTPUTS,
        "parameters": 1,
        "sha256": hashlib.sha256(onnx_file).hexdigest(),
        "data": "none",
        "trained": trained,
    }
    return Card(**(values | changes))


def write_network(folder: Path, onnx_file: bytes, name: str = "made", **changes: Any) -> Path:
    """The file with its card beside it."""
    path = folder / f"{name}.onnx"
    path.write_bytes(onnx_file)
    path.with_suffix(".toml").write_text(card_text(made_card(onnx_file, name, **changes)), encoding="utf-8")
    return path
