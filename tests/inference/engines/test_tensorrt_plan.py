"""Plans are built once for what they are valid for. TensorRT itself is not here: a stand-in notes what it is told.

The stand-in has only names that the Python bindings define: `python/src/infer/pyCore.cpp`, `pyGraph.cpp` and
`python/src/parsers/pyOnnx.cpp` of NVIDIA/TensorRT, branch release/10.13 (10.13.0.35).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eclips4d.core.errors import InputError
from eclips4d.inference.engines.tensorrt_plan import WORKSPACE_BYTES, Parsed, Target, kept_plan, loaded

TARGET = Target("NVIDIA H200-9.0", "10.13.0.35", "bf16", (5, 64, 96))


class FakeTensorRt:
    """Computes nothing; a name that it lacks fails."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.refuses = False
        self.Logger = type("Logger", (), {"ERROR": 1, "__init__": lambda _, severity: None})
        self.MemoryPoolType = SimpleNamespace(WORKSPACE="workspace")
        self.BuilderFlag = SimpleNamespace(BF16="bf16", FP16="fp16", TF32="tf32")
        self.Builder = lambda logger: SimpleNamespace(
            create_network=self._network,
            create_builder_config=self._config,
            create_optimization_profile=lambda: SimpleNamespace(set_shape=self._note("set_shape")),
            build_serialized_network=self._build,
        )
        self.OnnxParser = lambda network, logger: SimpleNamespace(
            parse=lambda model: model.startswith(b"good"),
            num_errors=1,
            get_error=lambda i: SimpleNamespace(desc=lambda: "an operation it does not know"),
        )
        self.Runtime = lambda logger: SimpleNamespace(
            deserialize_cuda_engine=lambda plan: (
                SimpleNamespace(create_execution_context=lambda: plan) if plan else None
            )
        )

    @property
    def built(self) -> int:
        return sum(said[0] == "build" for said in self.told)

    def _note(self, what: str) -> Any:
        return lambda *said: self.told.append((what, *said))

    def _network(self, flags: int) -> Any:
        port = SimpleNamespace(name="planes", shape=(1, 5, -1, -1))
        return SimpleNamespace(num_inputs=1, num_outputs=1, get_input=lambda i: port, get_output=lambda i: port)

    def _config(self) -> Any:
        names = ("set_memory_pool_limit", "set_flag", "clear_flag", "add_optimization_profile")
        return SimpleNamespace(**{name: self._note(name) for name in names})

    def _build(self, network: Any, config: Any) -> bytes | None:
        self.told.append(("build",))
        return None if self.refuses else b"plan %d" % self.built


@pytest.fixture
def trt() -> Any:
    return FakeTensorRt()


def test_a_plan_is_built_for_one_size_in_the_precision_asked_for(trt: Any) -> None:
    assert Parsed(trt, b"good", "made").build(TARGET) == b"plan 1"
    size = (1, 5, 64, 96)
    assert ("set_shape", "planes", size, size, size) in trt.told
    assert ("set_memory_pool_limit", "workspace", WORKSPACE_BYTES) in trt.told
    assert [said[1:] for said in trt.told if said[0].endswith("_flag")] == [("bf16",)]
    assert [said[0] for said in trt.told][-2:] == ["add_optimization_profile", "build"]


def test_full_precision_leaves_no_shortcut(trt: Any) -> None:
    Parsed(trt, b"good", "made").build(replace(TARGET, precision="f32"))
    assert [said for said in trt.told if said[0].endswith("_flag")] == [("clear_flag", "tf32")]


def test_a_kept_plan_is_not_built_again(trt: Any, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        assert kept_plan(Parsed(trt, b"good", "made"), b"good", TARGET, folder) == b"plan 1"
    assert trt.built == 1
    assert [file.suffix for file in folder.iterdir()] == [".plan"]


@pytest.mark.parametrize(
    "change",
    [
        {"gpu": "NVIDIA H200-9.1"},
        {"version": "10.13.1"},
        {"precision": "f16"},
        {"shape": (5, 96, 64)},
        {"onnx": b"good, other weights"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_network_or_machine_has_another_plan(trt: Any, tmp_path: Path, change: dict[str, Any]) -> None:
    kept_plan(Parsed(trt, b"good", "made"), b"good", TARGET, tmp_path)
    onnx = change.pop("onnx", b"good")
    assert kept_plan(Parsed(trt, onnx, "made"), onnx, replace(TARGET, **change), tmp_path) == b"plan 2"


def test_what_tensorrt_says_is_passed_on(trt: Any) -> None:
    with pytest.raises(InputError, match=r"^made\.onnx: TensorRT cannot read it: an operation it does not know$"):
        Parsed(trt, b"bad", "made.onnx")
    trt.refuses = True
    with pytest.raises(InputError, match=r"^made\.onnx: TensorRT cannot compile it for NVIDIA H200-9\.0$"):
        Parsed(trt, b"good", "made.onnx").build(TARGET)


def test_a_damaged_plan_is_refused(trt: Any) -> None:
    assert loaded(trt, None, b"plan", "made") == b"plan"
    with pytest.raises(InputError, match="damaged; delete"):
        loaded(trt, None, b"", "made")
