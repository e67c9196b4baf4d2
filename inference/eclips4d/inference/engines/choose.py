"""Which engine runs a network: the one asked for, or the fastest that this machine has."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final

from eclips4d.core.errors import InputError
from eclips4d.core.log import get_logger
from eclips4d.inference.engines import tensorrt_engine
from eclips4d.inference.engines.integers import adds_products
from eclips4d.inference.engines.network import Network, Precision
from eclips4d.inference.engines.openvino_engine import OpenVinoNetwork, processor_precision
from eclips4d.inference.engines.tiles import TiledNetwork

ENGINES: Final = ("auto", "openvino", "tensorrt", "torch")


def choose_engine(engine: str) -> str:
    """`auto` resolved: TensorRT where the library and a GPU are, else OpenVINO; the log says why.

    Raises
    ------
    InputError
        There is no such engine.
    """
    if engine not in ENGINES:
        raise InputError(f"no engine {engine!r}", cure=f"choose one of {', '.join(ENGINES)}")
    if engine != "auto":
        return engine
    lacking = tensorrt_engine.missing()
    chosen, because = ("openvino", lacking) if lacking else ("tensorrt", "the library and a GPU are here")
    get_logger().info("engine chosen", engine=chosen, because=because)
    return chosen


def load_network(
    onnx: bytes,
    engine: str = "auto",
    *,
    where: str = "network",
    precision: Precision | None = None,
    threads: int | None = None,
    largest: Mapping[str, float] | None = None,
) -> Network:
    """A network ready to be called; images beyond `tiles.MOST_PIXELS` pass in tiles.

    Parameters
    ----------
    onnx
        Its file: one input [1, C, Y, X], one output [1, K, Y, X], float32.
    engine
        One of `ENGINES`.
    where
        What the network is called in errors.
    precision
        Compute in this instead of what the engine is fastest in.
    threads
        Of OpenVINO; None for as many as this process may use cores.
    largest
        Of OpenVINO: of what goes into layers that may compute in int8.

    Raises
    ------
    InputError
        There is no such engine, it is not installed, or it cannot read the network.
    """
    match choose_engine(engine):
        case "tensorrt":
            return TiledNetwork(tensorrt_engine.TensorRtNetwork(onnx, where, precision=precision))
        case "torch":
            return TiledNetwork(_torch_network(onnx, where))
        case _:
            made = OpenVinoNetwork(onnx, where, precision=precision, threads=threads, largest=largest)
            return TiledNetwork(made)


def _torch_network(onnx: bytes, where: str) -> Network:
    for module in ("torch", "onnx"):
        if find_spec(module) is None:
            raise InputError(
                f"the engine torch cannot be used: {module} is not installed",
                cure="pip install 'eclips4d[train]', or use --engine openvino",
            )
    from eclips4d.inference.engines.torch_engine import TorchNetwork

    return TorchNetwork(onnx, where)


def _shortest() -> str:
    return "int8 where networks allow, else " if adds_products() else ""


def described() -> dict[str, tuple[bool, str]]:
    """Every engine: whether it can be used here, and its version and precision or what is missing."""
    found = {"openvino": (False, "not installed"), "torch": (False, "not installed")}
    if find_spec("openvino") is not None:
        found["openvino"] = True, f"{version('openvino')}, computes in {_shortest()}{processor_precision()}"
    if find_spec("torch") is not None and find_spec("onnx") is not None:
        found["torch"] = True, f"{version('torch')}, computes in f32: slow, for comparison"
    lacking = tensorrt_engine.missing()
    found["tensorrt"] = not lacking, lacking or f"{version('tensorrt')}, computes in bf16 or f16"
    return found
