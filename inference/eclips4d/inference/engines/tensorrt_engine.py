"""Networks on NVIDIA GPUs, by TensorRT; torch holds the arrays on the GPU.

Written to the Python API of TensorRT 10.13 as its own bindings define it. The project has run neither the library nor
such a GPU: what is said of this engine is read, not measured.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from eclips4d.core.cache import cache_folder
from eclips4d.core.errors import InputError
from eclips4d.inference.engines.network import F32, MOST_SIZES, Blocks, Precision, check_planes
from eclips4d.inference.engines.tensorrt_plan import Parsed, Target, kept_plan, loaded

INSTALL: Final = "pip install 'eclips4d[gpu]' on a machine with an NVIDIA GPU, or use --engine openvino"
_AMPERE: Final = (8, 0)
"""Compute capability from which bf16 is fast."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One image size: what runs it and its arrays on the GPU."""

    context: Any
    inputs: Any
    outputs: Any
    host: Any


class TensorRtNetwork:
    """A `Network` on an NVIDIA GPU.

    Parameters
    ----------
    onnx
        The network's file.
    where
        What it is called in errors.
    precision
        None for the fastest that the GPU has: bf16, and f16 before the Ampere generation.

    Raises
    ------
    InputError
        TensorRT, torch or a GPU is missing, or the network is not one that TensorRT can read.
    """

    engine: Final = "tensorrt"

    def __init__(self, onnx: bytes, where: str, *, precision: Precision | None = None) -> None:
        if reason := missing():
            raise InputError(f"the engine tensorrt cannot be used: {reason}", cure=INSTALL)
        import tensorrt
        import torch

        self._trt, self._torch, self._onnx, self._where = tensorrt, torch, onnx, where
        self._parsed = Parsed(tensorrt, onnx, where)
        network = self._parsed.network
        self._names = (network.get_input(0).name, network.get_output(0).name)
        self.channels = (int(network.get_input(0).shape[1]), int(network.get_output(0).shape[1]))
        capability = torch.cuda.get_device_capability()
        self.precision: Precision = precision or ("bf16" if capability >= _AMPERE else "f16")
        self._gpu = f"{torch.cuda.get_device_name()}-{capability[0]}.{capability[1]}"
        self._runs: OrderedDict[tuple[int, ...], _Run] = OrderedDict()

    def blocks(self, shape: tuple[int, int]) -> Blocks | None:
        """None: planes as they are."""
        return None

    def __call__(self, planes: F32 | Blocks) -> F32:
        """As `Network`; the first image of a size takes minutes, once per machine."""
        planes = check_planes(planes, self.channels[0], self._where)
        run = self._runs.get(planes.shape) or self._prepare(planes.shape)
        self._runs.move_to_end(planes.shape)
        torch = self._torch
        stream = torch.cuda.current_stream()
        run.inputs.copy_(torch.from_numpy(np.ascontiguousarray(planes, dtype=np.float32)[None]))
        if not run.context.execute_async_v3(stream.cuda_stream):
            raise InputError("TensorRT failed to run it", where=self._where)
        run.host.copy_(run.outputs, non_blocking=True)
        stream.synchronize()
        result: F32 = run.host[0].numpy()
        return result

    def _prepare(self, shape: tuple[int, ...]) -> _Run:
        torch = self._torch
        target = Target(self._gpu, self._trt.__version__, self.precision, (shape[0], shape[1], shape[2]))
        plan = kept_plan(self._parsed, self._onnx, target, cache_folder() / "tensorrt")
        context = loaded(self._trt, self._parsed.logger, plan, self._where)
        inputs = torch.empty((1, *shape), dtype=torch.float32, device="cuda")
        context.set_input_shape(self._names[0], tuple(inputs.shape))
        outputs = torch.empty(tuple(context.get_tensor_shape(self._names[1])), dtype=torch.float32, device="cuda")
        for name, tensor in zip(self._names, (inputs, outputs), strict=True):
            context.set_tensor_address(name, tensor.data_ptr())
        run = _Run(context, inputs, outputs, torch.empty_like(outputs, device="cpu", pin_memory=True))
        self._runs[shape] = run
        while len(self._runs) > MOST_SIZES:
            self._runs.popitem(last=False)
        return run


def missing() -> str:
    """Why networks cannot run by TensorRT here; empty where they can."""
    for module in ("tensorrt", "torch"):
        if find_spec(module) is None:
            return f"{module} is not installed"
    import torch

    return "" if torch.cuda.is_available() else "torch finds no NVIDIA GPU"
