"""The benchmarks by name, each imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rich.console import Console

from eclips4d.pipeline.bench.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What `eclips4d bench` was told; None and empty where it was not."""

    console: Console
    data: Path | None
    size: Sequence[int]
    seconds: float
    part: Sequence[str]
    docs: Path | None
    seeds: int | None
    model: Sequence[str]
    engine: Literal["auto", "openvino", "tensorrt", "torch"]
    minutes: float | None
    scale: float
    seed: int


Measure: TypeAlias = Callable[[Asked], Sequence[Row]]


def _accuracy(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.accuracy import run_accuracy

    return run_accuracy(asked.data, asked.console)


def _speed(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.speed.context import SpeedContext
    from eclips4d.pipeline.bench.speed.run import run_speed

    sizes, model = tuple(asked.size or (512, 1024)), (asked.model or ["live"])[0]
    context = SpeedContext(asked.console, sizes, asked.seconds, asked.minutes or 30.0, model, asked.engine)
    return run_speed(context, asked.part, asked.docs)


def _physics(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.physics.run import run_physics

    return run_physics(asked.console, asked.part, asked.docs)


def _networks(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.networks.context import BenchContext
    from eclips4d.pipeline.bench.networks.run import run_networks

    models = tuple(asked.model or ("live", "best"))
    context = BenchContext(asked.console, asked.seeds or 10, asked.data, models, asked.minutes or 1.5)
    return run_networks(context, asked.part, asked.docs)


def _registration(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.registration.context import RegistrationContext
    from eclips4d.pipeline.bench.registration.run import run_registration

    return run_registration(RegistrationContext(asked.console, asked.seeds, asked.data), asked.part, asked.docs)


def _reliability(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
    from eclips4d.pipeline.bench.reliability.run import run_reliability

    return run_reliability(ReliabilityContext(asked.console, asked.seed, asked.scale), asked.part, asked.docs)


def _metrology(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.metrology.context import MetrologyContext
    from eclips4d.pipeline.bench.metrology.run import run_metrology

    return run_metrology(MetrologyContext(asked.console, asked.seeds, asked.data), asked.part, asked.docs)


def _loop(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.loop.context import LoopContext
    from eclips4d.pipeline.bench.loop.run import run_loop

    return run_loop(LoopContext(asked.console, asked.seeds, asked.data), asked.part, asked.docs)


def _viewer(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.viewer.context import ViewerContext
    from eclips4d.pipeline.bench.viewer.run import run_viewer

    return run_viewer(ViewerContext(asked.console, asked.seed, asked.scale), asked.part, asked.docs)


def _instruments(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.instruments.context import InstrumentsContext
    from eclips4d.pipeline.bench.instruments.run import run_instruments

    return run_instruments(InstrumentsContext(asked.console, asked.seconds), asked.part, asked.docs)


def _scaling(asked: Asked) -> Sequence[Row]:
    from eclips4d.pipeline.bench.scaling.context import ScalingContext
    from eclips4d.pipeline.bench.scaling.run import run_scaling

    size, model = (asked.size or (512,))[0], (asked.model or ["live"])[0]
    return run_scaling(ScalingContext(asked.console, asked.scale, size, model), asked.part, asked.docs)


BENCHES: Mapping[str, Measure] = {
    "accuracy": _accuracy,
    "speed": _speed,
    "physics": _physics,
    "networks": _networks,
    "registration": _registration,
    "reliability": _reliability,
    "metrology": _metrology,
    "loop": _loop,
    "viewer": _viewer,
    "instruments": _instruments,
    "scaling": _scaling,
}
