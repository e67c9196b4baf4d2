"""Engines against ONNX's own reference implementation, and against each other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from made_networks import Graph, small_unet
from onnx.reference import ReferenceEvaluator
from structlog.testing import capture_logs

from eclips4d.core.errors import InputError
from eclips4d.inference.engines import openvino_engine, tensorrt_engine
from eclips4d.inference.engines.choose import choose_engine, described, load_network
from eclips4d.inference.engines.network import MOST_SIZES
from eclips4d.inference.engines.openvino_engine import OpenVinoNetwork
from eclips4d.inference.engines.torch_ops import OPERATIONS

HERE = ("openvino", "torch")
SHAPES = ((32, 48), (64, 32), (2, 6))


def planes(count: int, shape: tuple[int, int], seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, *shape)).astype(np.float32)


def reference(file: bytes, x: np.ndarray) -> np.ndarray:
    return np.asarray(ReferenceEvaluator(onnx.load_from_string(file)).run(None, {"x": x[None]})[0])[0]


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_engine_computes_what_the_graph_says(engine: str, shape: tuple[int, int]) -> None:
    file, x = small_unet(5, 3), planes(5, shape)
    network = load_network(file, engine, precision="f32")
    assert network.channels == (5, 3)
    np.testing.assert_allclose(network(x), reference(file, x), atol=2e-5)


def test_what_the_processor_is_fastest_in_is_close_enough() -> None:
    file, x = small_unet(5, 3), planes(5, (64, 64))
    exact, fast = reference(file, x), load_network(file, "openvino")(x)
    assert np.abs(fast - exact).max() < 0.03 * np.abs(exact).max()


def test_a_processor_computes_in_what_openvino_would_choose() -> None:
    own = openvino_engine.import_openvino().Core().get_property("CPU", "INFERENCE_PRECISION_HINT").to_string()
    assert load_network(small_unet(5, 3), "openvino").precision == openvino_engine.processor_precision() == own


def around(g: Graph, name: str) -> str:
    """Channels [1, 4, y, x] after the operation `name`, undone where it changes the shape."""
    if name in ("Relu", "Sigmoid", "Tanh", "Exp", "Softplus", "Identity"):
        return g.add(name, "x")
    if name in ("Add", "Sub", "Mul", "Div"):
        return g.add(name, "x", g.constant([[[1.5]], [[2.0]], [[-3.0]], [[0.5]]], np.float32))
    return CASES[name](g)


def blocks(g: Graph, *, mode: str | None) -> str:
    deep = g.add("SpaceToDepth", "x", blocksize=2)
    mixed = g.add("Conv", deep, g.weights(16, 16, 1, 1))
    return g.add("DepthToSpace", mixed, blocksize=2, **({"mode": mode} if mode else {}))


def folded(g: Graph) -> str:
    """Pixels to channels by a change of shape, as exporters write it."""
    tall = g.add("Unsqueeze", "x", g.constant([3]))
    split = g.add("Reshape", tall, g.constant([0, 4, -1, 2, 1, 8]))
    turned = g.add("Transpose", split, perm=[0, 1, 4, 2, 3, 5])
    flat = g.add("Squeeze", turned, g.constant([2]))
    return g.add("Reshape", flat, g.constant([1, 4, -1, 8]))


CASES: dict[str, Callable[[Graph], str]] = {
    "Cast": lambda g: g.add("Add", "x", g.add("Cast", g.constant([0.1], np.float16), to=1)),
    "Clip": lambda g: g.add("Clip", "x", g.constant(-0.5, np.float32), g.constant(0.25, np.float32)),
    "Concat": lambda g: g.add("Conv", g.add("Concat", "x", g.add("Relu", "x"), axis=1), g.weights(4, 8, 1, 1)),
    "Conv": lambda g: g.add("Conv", "x", g.weights(4, 2, 3, 3), group=2, dilations=[2, 2], pads=[3, 1, 1, 3]),
    "ConvTranspose": lambda g: g.add(
        "ConvTranspose",
        g.add("Conv", "x", g.weights(6, 4, 2, 2), strides=[2, 2]),
        g.weights(6, 4, 4, 4),
        g.weights(4),
        strides=[2, 2],
        pads=[1, 1, 1, 1],
    ),
    "DepthToSpace": lambda g: blocks(g, mode="CRD"),
    "LeakyRelu": lambda g: g.add("LeakyRelu", "x", alpha=0.2),
    "PRelu": lambda g: g.add("PRelu", "x", g.constant([[[0.1]], [[0.2]], [[0.3]], [[0.4]]], np.float32)),
    "Pad": lambda g: g.add("Slice", g.add("Pad", "x", g.constant([0, 0, 1, 2, 0, 0, 3, 4]), mode="reflect"), *cut(g)),
    "Reshape": folded,
    "Slice": lambda g: g.add("Concat", *(g.add("Slice", "x", *part(g, k)) for k in (2, 0, 3, 1)), axis=1),
    "SpaceToDepth": lambda g: blocks(g, mode=None),
    "Squeeze": folded,
    "Transpose": folded,
    "Unsqueeze": folded,
}


def cut(g: Graph) -> tuple[str, str, str]:
    """The image again out of what a padding of 4 rows and 6 columns made of it."""
    return g.constant([4, 0]), g.constant([1000, -6]), g.constant([2, 3])


def part(g: Graph, channel: int) -> tuple[str, str, str]:
    return g.constant([channel]), g.constant([channel + 1]), g.constant([1])


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_is_that_of_the_specification(engine: str, name: str) -> None:
    g = Graph(4, 4)
    file, x = g.file(around(g, name)), planes(4, (8, 8))
    assert name in {node.op_type for node in g.nodes}
    np.testing.assert_allclose(load_network(file, engine, precision="f32")(x), reference(file, x), atol=1e-5)


@pytest.mark.parametrize("engine", HERE)
def test_the_result_is_the_same_whatever_came_before(engine: str) -> None:
    file = small_unet(5, 3)
    x, other = planes(5, (64, 48)), planes(5, (64, 48), seed=2)
    fresh = load_network(file, engine)(x).copy()
    used = load_network(file, engine)
    for taken in (other, planes(5, (32, 32)), x, other):
        used(taken)
    np.testing.assert_array_equal(used(x), fresh)


def test_the_number_of_threads_changes_no_bit() -> None:
    file, x = small_unet(5, 3), planes(5, (160, 96))
    one, two = (load_network(file, "openvino", threads=n)(x) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_a_result_stands_until_the_next_call_and_the_planes_are_left_alone() -> None:
    network, x = load_network(small_unet(5, 3), "openvino"), planes(5, (32, 32))
    before = x.copy()
    kept = network(x).copy()
    network(planes(5, (32, 32), seed=2))
    np.testing.assert_array_equal(network(x), kept)
    np.testing.assert_array_equal(x, before)


def test_planes_need_not_lie_in_order() -> None:
    network, x = load_network(small_unet(5, 3), "openvino"), planes(5, (32, 48))
    turned = np.asfortranarray(x)
    np.testing.assert_array_equal(network(x).copy(), network(turned))


def test_few_sizes_are_kept() -> None:
    network = OpenVinoNetwork(small_unet(5, 3), "made", threads=1)
    first = network(planes(5, (32, 32))).copy()
    for k in range(MOST_SIZES + 2):
        network(planes(5, (32, 64 + 32 * k)))
    assert len(network._programs) == MOST_SIZES
    np.testing.assert_array_equal(network(planes(5, (32, 32))), first)


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("wrong", [b"", b"no network at all", small_unet()[:3000]])
def test_a_damaged_file_is_one_clear_line(engine: str, wrong: bytes) -> None:
    with pytest.raises(InputError, match=r"^made\.onnx: not a ") as caught:
        load_network(wrong, engine, where="made.onnx")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", HERE)
def test_wrong_planes_are_refused_and_right_ones_still_work(engine: str) -> None:
    network, x = load_network(small_unet(5, 3), engine, where="made.onnx"), planes(5, (32, 32))
    with pytest.raises(InputError, match="takes 5 planes"):
        network(planes(4, (32, 32)))
    with pytest.raises(InputError, match=r"made\.onnx: .*(no images of 31 × 33|cannot be computed)"):
        network(planes(5, (31, 33)))
    assert network(x).shape == (3, 16, 16)


def test_a_graph_of_other_form_is_refused() -> None:
    g = Graph(4, 4)
    flat = g.add("Reshape", "x", g.constant([-1]))
    model = onnx.load_from_string(g.file(g.add("Relu", "x")))
    model.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info(flat, onnx.TensorProto.FLOAT, ["n"]))
    for engine in HERE:
        with pytest.raises(InputError, match=r"\[1, C, Y, X\]"):
            load_network(model.SerializeToString(), engine)


def test_an_operation_that_torch_lacks_is_named() -> None:
    g = Graph(4, 4)
    with pytest.raises(InputError, match="contains Cos"):
        load_network(g.file(g.add("Cos", "x")), "torch")


def test_auto_says_why_it_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    for lacking, chosen in (("no GPU in this test", "openvino"), ("", "tensorrt")):
        monkeypatch.setattr(tensorrt_engine, "missing", lambda said=lacking: said)
        with capture_logs() as lines:
            assert choose_engine("auto") == chosen
        assert [line["engine"] for line in lines] == [chosen]
        assert lacking in lines[0]["because"]


def test_an_engine_that_is_not_here_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorrt_engine, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"tensorrt is not installed; pip install 'eclips4d\[gpu\]'"):
        load_network(small_unet(), "tensorrt")
    monkeypatch.setattr("eclips4d.inference.engines.choose.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"torch is not installed; pip install 'eclips4d\[train\]'"):
        load_network(small_unet(), "torch")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InputError, match=r"OpenVINO cannot be imported.*pip install openvino"):
        load_network(small_unet(), "openvino")
    assert not any(usable for usable, _ in described().values())


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(InputError, match="choose one of auto, openvino, tensorrt, torch"):
        load_network(small_unet(), "abacus")


def test_openvino_neither_calls_home_nor_warns() -> None:
    """Importing it would start a thread that reports to its makers; a microscope's computer calls nobody."""
    code = """
import socket, sys, threading
def refused(*_, **__): raise AssertionError("a socket was opened")
socket.socket.connect = socket.getaddrinfo = refused
from eclips4d.inference.engines.openvino_engine import OpenVinoNetwork
import eclips4d.inference.models
assert "openvino" not in sys.modules
OpenVinoNetwork(sys.stdin.buffer.read(), "made")
assert not [name for name in sys.modules if name.startswith("openvino_telemetry")]
assert threading.active_count() == 1, threading.enumerate()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], input=small_unet(), capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()


ALTERNATIVE_STACK = """
import ctypes, numpy as np, sys
from made_networks import small_unet
from eclips4d.inference.engines.choose import load_network
network = load_network(small_unet(5, 3), "openvino")
network(np.zeros((5, 64, 64), np.float32))
class Stack(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t)]
stack = Stack()
assert ctypes.CDLL(None).sigaltstack(None, ctypes.byref(stack)) == 0
sys.exit(f"signals have a stack of {stack.size} bytes" if stack.size else 0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the stack of signals")
def test_signals_keep_the_stack_of_the_program() -> None:
    """On a stack of the engine's own, Ctrl-C in the midst of AMX work would be a segmentation fault."""
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", ALTERNATIVE_STACK],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
