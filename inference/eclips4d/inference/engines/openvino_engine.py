"""Networks on processors, by OpenVINO.

Each image size is compiled for itself, which takes a tenth of a second and is then faster than one program for all
sizes; the last few are kept. Threads are not pinned to cores: other stages run beside this one. Programs take and leave
channels beside each other, in bf16 where they compute in it: `channels_last` turns planes into them and back in less
time than OpenVINO does, and whoever makes planes may fill a program's own memory.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.inference.engines.channels_last import to_blocks, to_planes
from eclips4d.inference.engines.folded_stem import fold_stem
from eclips4d.inference.engines.integers import adds_products, in_integers
from eclips4d.inference.engines.network import F32, MOST_SIZES, Blocks, Precision, check_planes

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
        None for what this processor is fastest in: int8 for layers of which `largest` tells, bf16 for the others,
        where it has instructions for these.
    threads
        None for as many as this process may use cores.
    largest
        Of what goes into layers that may compute in int8; see `integers`.

    Raises
    ------
    InputError
        Not a network from one image to one image that OpenVINO can read.
    """

    engine: Final = "openvino"

    def __init__(
        self,
        onnx: bytes,
        where: str,
        *,
        precision: Precision | None = None,
        threads: int | None = None,
        largest: Mapping[str, float] | None = None,
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
        self.precision: Precision = precision or ("int8" if largest and adds_products() else processor_precision())
        others = processor_precision() if self.precision == "int8" else self.precision
        self._settings["INFERENCE_PRECISION_HINT"] = others
        self._model, self._side = fold_stem(import_openvino(), self._model)
        if self.precision == "int8":
            in_integers(import_openvino(), self._model, largest or {})
        self._number = "bf16" if others == "bf16" and self._side % 2 == 0 else "f32"
        self._programs: OrderedDict[tuple[int, int], _Program] = OrderedDict()

    def blocks(self, shape: tuple[int, int]) -> Blocks | None:
        """As `Network`; the first time for a size takes longer."""
        return self._program(shape).blocks

    def __call__(self, planes: F32 | Blocks) -> F32:
        """As `Network`; the first image of a size takes longer."""
        if isinstance(planes, Blocks):
            rows, columns, _ = planes.values.shape
            return self._program((rows * planes.side, columns * planes.side)).run()
        planes = check_planes(planes, self.channels[0], self._where)
        program = self._program((planes.shape[1], planes.shape[2]))
        to_blocks(np.ascontiguousarray(planes, dtype=np.float32), self._side, program.blocks.values)
        return program.run()

    def _program(self, shape: tuple[int, int]) -> _Program:
        """For images of this shape, made when it is first asked for."""
        program = self._programs.get(shape) or self._compile(shape)
        self._programs.move_to_end(shape)
        return program

    def _compile(self, shape: tuple[int, int]) -> _Program:
        size = f"takes no images of {shape[0]} × {shape[1]}"
        if any(side % self._side for side in shape):
            raise InputError(f"{size}: sides are multiples of {self._side}", where=self._where)

        def compiled() -> Any:
            sized = self._model.clone()
            sized.reshape([1, self.channels[0] * self._side**2, *(side // self._side for side in shape)])
            return self._core.compile_model(_channels_last(sized, self._number), "CPU", self._settings)

        try:
            made = _Program(_aside(compiled), self._side)
        except RuntimeError as error:
            raise InputError(f"{size}: {_reason(error)}", where=self._where) from error
        self._programs[shape] = made
        while len(self._programs) > MOST_SIZES:
            self._programs.popitem(last=False)
        return made


class _Program:
    """Compiled for one size, with memory for what goes in and comes out, in which it is filled and read."""

    def __init__(self, compiled: Any, side: int) -> None:
        self._request = compiled.create_infer_request()
        given, self._taken = _memory(compiled.inputs[0]), _memory(compiled.outputs[0])
        self._tensors = _tensor(given, compiled.inputs[0]), _tensor(self._taken, compiled.outputs[0])
        self._request.set_input_tensor(self._tensors[0])
        self._request.set_output_tensor(self._tensors[1])
        self.blocks = Blocks(given[0], side)
        self._planes = np.empty((self._taken.shape[3], *self._taken.shape[1:3]), np.float32)

    def run(self) -> F32:
        """The planes of what stands in `blocks`."""
        self._request.infer()
        to_planes(self._taken[0], self._planes)
        return self._planes


def _memory(port: Any) -> Any:
    """For the numbers of a port; bf16, which NumPy lacks, as uint16."""
    return np.zeros(list(port.shape), np.uint16 if port.get_element_type().to_string() == "bf16" else np.float32)


def _tensor(memory: Any, port: Any) -> Any:
    return import_openvino().Tensor(memory, port.shape, port.get_element_type())


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
    """What networks are fastest in on this processor, by OpenVINO: bf16 wherever there are instructions for it."""
    kind = _aside(lambda: import_openvino().Core().get_property("CPU", "INFERENCE_PRECISION_HINT"))
    return _NAMES.get(kind.to_string(), "f32")


def _channels_last(model: Any, number: str) -> Any:
    """The model with what goes in and comes out as [1, Y, X, K], in this kind of number."""
    ov = import_openvino()
    made = ov.preprocess.PrePostProcessor(model)
    for port in (made.input(), made.output()):
        port.model().set_layout(ov.Layout("NCHW"))
        port.tensor().set_layout(ov.Layout("NHWC")).set_element_type(getattr(ov.Type, number))
    return made.build()


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
