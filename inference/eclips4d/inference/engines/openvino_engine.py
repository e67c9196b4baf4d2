"""Networks on processors, by OpenVINO.

Each image size is compiled for itself, which takes a tenth of a second and is then faster than one program for all
sizes; the last few are kept. Threads are not pinned to cores: other stages run beside this one.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.inference.engines.network import F32, MOST_SIZES, Precision, check_planes

_NAMES: Final[dict[str, Precision]] = {"bf16": "bf16", "f16": "f16", "f32": "f32"}
_TELEMETRY: Final = "openvino_telemetry"
HALF: Final = ".half"
"""Ends the names of weights that are stored in half precision."""


class OpenVinoNetwork:
    """A `Network` on the processor.

    Parameters
    ----------
    onnx
        The network's file.
    where
        What it is called in errors.
    precision
        `f32`, or None for what this processor is fastest in: bf16 where it has instructions for that.
    threads
        None for as many as this process may use cores.

    Raises
    ------
    InputError
        Not a network from one image to one image that OpenVINO can read.
    """

    engine: Final = "openvino"

    def __init__(
        self, onnx: bytes, where: str, *, precision: Precision | None = None, threads: int | None = None
    ) -> None:
        self._where = where
        self._core = import_openvino().Core()
        try:
            self._model = self._core.read_model(onnx)
        except RuntimeError as error:
            raise _unreadable(error, where) from error
        self.channels = _channels(self._model, where)
        self._settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads or len(os.sched_getaffinity(0)),
            "ENABLE_CPU_PINNING": False,
        }
        if precision is not None:
            self._settings["INFERENCE_PRECISION_HINT"] = precision
        self.precision: Precision = precision or processor_precision()
        self._requests: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def __call__(self, planes: F32) -> F32:
        """As `Network`; the first image of a size takes longer."""
        check_planes(planes, self.channels[0], self._where)
        request = self._requests.get(planes.shape) or self._compile(planes.shape)
        self._requests.move_to_end(planes.shape)
        batch = np.ascontiguousarray(planes, dtype=np.float32)[None]
        outputs: F32 = request.infer([batch], share_inputs=True, share_outputs=True)[0][0]
        return outputs

    def _compile(self, shape: tuple[int, ...]) -> Any:
        def compiled() -> Any:
            self._model.reshape([1, *shape])
            return self._core.compile_model(self._model, "CPU", self._settings).create_infer_request()

        try:
            request = _aside(compiled)
        except RuntimeError as error:
            raise InputError(
                f"takes no images of {shape[1]} × {shape[2]}: {_reason(error)}", where=self._where
            ) from error
        self._requests[shape] = request
        while len(self._requests) > MOST_SIZES:
            self._requests.popitem(last=False)
        return request


def _aside(work: Callable[[], Any]) -> Any:
    """The result of `work`, done by a thread that ends with it.

    Where a processor has AMX, OpenVINO gives the thread that first compiles a stack of its own for signals, too small
    for a signal that arrives in the midst of AMX work: Ctrl-C would then be a segmentation fault.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="openvino") as thread:
        return thread.submit(work).result()


def import_openvino() -> Any:
    """OpenVINO without its telemetry, which otherwise calls home whenever the package is imported.

    Raises
    ------
    InputError
        It is not installed.
    """
    silenced = "openvino" not in sys.modules and _TELEMETRY not in sys.modules
    if silenced:
        # Python's own way to make one import fail; OpenVINO then falls back to a stand-in that sends nothing.
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise InputError(f"OpenVINO cannot be imported: {error}", cure="pip install openvino") from error
    finally:
        if silenced:
            del sys.modules[_TELEMETRY]
    return openvino


def constants_of(onnx: bytes, where: str) -> dict[str, F32]:
    """What a file holds in weights, by name, in single precision: for networks that are computed elsewhere.

    Raises
    ------
    InputError
        Not a network that OpenVINO can read.
    """
    try:
        model = import_openvino().Core().read_model(onnx)
    except RuntimeError as error:
        raise _unreadable(error, where) from error
    held = {op.get_friendly_name(): op.data for op in model.get_ops() if op.get_type_name() == "Constant"}
    return {name.removesuffix(HALF): np.array(values, dtype=np.float32) for name, values in held.items()}


def processor_precision() -> Precision:
    """What OpenVINO computes in on this processor unless told otherwise."""
    kind = _aside(lambda: import_openvino().Core().get_property("CPU", "INFERENCE_PRECISION_HINT"))
    return _NAMES.get(kind.to_string(), "f32")


def _channels(model: Any, where: str) -> tuple[int, int]:
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InputError(
            f"has {len(model.inputs)} inputs and {len(model.outputs)} outputs, not one of each", where=where
        )
    shapes = [port.get_partial_shape() for port in (model.inputs[0], model.outputs[0])]
    if any(shape.rank.is_dynamic or len(shape) != 4 or shape[1].is_dynamic for shape in shapes):
        raise InputError(f"maps {shapes[0]} to {shapes[1]}, not [1, C, Y, X] to [1, K, Y, X]", where=where)
    return shapes[0][1].get_length(), shapes[1][1].get_length()


def _unreadable(error: RuntimeError, where: str) -> InputError:
    return InputError(f"not a network that OpenVINO can read: {_reason(error)}", where=where)


def _reason(error: RuntimeError) -> str:
    """The last line: OpenVINO names places in its source first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".")[:200] if lines else "no reason given"
