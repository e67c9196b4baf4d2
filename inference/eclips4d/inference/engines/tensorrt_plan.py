"""TensorRT's compiled networks ("plans"): built once per network, GPU, library, precision and size, then kept.

Building times the candidates of every layer, which takes minutes and may choose differently the next time: keeping the
plan saves the minutes and keeps the bits. Written to the Python API of TensorRT 10.13; not run by this project.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from eclips4d.core.errors import InputError
from eclips4d.core.log import get_logger
from eclips4d.inference.engines.network import Precision

WORKSPACE_BYTES: Final = 2 << 30
"""Most GPU memory that a layer may use for itself."""
_FLAGS: Final[dict[Precision, str]] = {"bf16": "BF16", "f16": "FP16"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a plan is valid for besides the network.

    Attributes
    ----------
    gpu : str
        Name and compute capability.
    version : str
        Of TensorRT.
    precision : str
    shape : (int, int, int)
        Planes, rows, columns.
    """

    gpu: str
    version: str
    precision: Precision
    shape: tuple[int, int, int]

    def file_name(self, onnx: bytes) -> str:
        """Name of the kept plan; other networks and targets have other names."""
        words = (self.gpu, self.version, self.precision, "x".join(map(str, self.shape)))
        target = "-".join(re.sub(r"[^A-Za-z0-9.]+", "_", word) for word in words)
        return f"{hashlib.sha256(onnx).hexdigest()[:16]}-{target}.plan"


class Parsed:
    """A network in TensorRT's own form.

    Parameters
    ----------
    trt
        The module `tensorrt`.
    onnx, where
        The network's file, and what it is called in errors.

    Raises
    ------
    InputError
        TensorRT's parser does not take it.
    """

    def __init__(self, trt: ModuleType, onnx: bytes, where: str) -> None:
        self._trt, self._where = trt, where
        self.logger = trt.Logger(trt.Logger.ERROR)
        self._builder = trt.Builder(self.logger)
        # Since TensorRT 10 the batch is always a dimension of its own ("explicit batch"), and 0 asks for nothing else.
        self.network = self._builder.create_network(0)
        # The parser owns the weights that the network points to.
        self._parser = trt.OnnxParser(self.network, self.logger)
        if not self._parser.parse(onnx):
            told = [self._parser.get_error(i).desc() for i in range(self._parser.num_errors)]
            raise InputError(f"TensorRT cannot read it: {'; '.join(told)[:200]}", where=where)
        if self.network.num_inputs != 1 or self.network.num_outputs != 1:
            raise InputError("does not map one array to one", where=where)

    def build(self, target: Target) -> bytes:
        """The plan for one size; takes minutes.

        Raises
        ------
        InputError
            TensorRT finds no way to compute the network.
        """
        config = self._builder.create_builder_config()
        config.set_memory_pool_limit(self._trt.MemoryPoolType.WORKSPACE, WORKSPACE_BYTES)
        if target.precision in _FLAGS:
            config.set_flag(getattr(self._trt.BuilderFlag, _FLAGS[target.precision]))
        else:
            config.clear_flag(self._trt.BuilderFlag.TF32)
        profile = self._builder.create_optimization_profile()
        size = (1, *target.shape)
        profile.set_shape(self.network.get_input(0).name, size, size, size)
        config.add_optimization_profile(profile)
        plan = self._builder.build_serialized_network(self.network, config)
        if plan is None:
            raise InputError(f"TensorRT cannot compile it for {target.gpu}", where=self._where)
        return bytes(plan)


def kept_plan(parsed: Parsed, onnx: bytes, target: Target, folder: Path) -> bytes:
    """The plan from `folder`, built and put there if it is not."""
    file = folder / target.file_name(onnx)
    if file.exists():
        return file.read_bytes()
    get_logger().info("TensorRT compiles a network, once", gpu=target.gpu, shape=target.shape, kept=str(file))
    plan = parsed.build(target)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(plan)
    unfinished.replace(file)
    return plan


def loaded(trt: ModuleType, logger: Any, plan: bytes, where: str) -> Any:
    """A context that runs the plan.

    Raises
    ------
    InputError
        The plan is damaged.
    """
    engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
    if engine is None:
        raise InputError("a kept TensorRT plan is damaged", where=where, cure="delete eclips4d's cache folder")
    return engine.create_execution_context()
