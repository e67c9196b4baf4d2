"""`eclips4d bench`: the tables of accuracy and speed that the documentation quotes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console

from eclips4d.core.errors import InputError, MissingInputError

BESIDE = Path("../shared/data")
"""Where a checkout of the project may have recordings with truth beside it."""


def bench(
    name: str,
    /,
    *,
    data: Path | None = None,
    size: Annotated[list[int] | None, Parameter(negative="")] = None,
    seconds: float = 60.0,
    part: Annotated[list[str] | None, Parameter(negative="")] = None,
    docs: Path | None = None,
    seeds: int | None = None,
    model: Annotated[list[str] | None, Parameter(negative="")] = None,
    engine: Literal["auto", "openvino", "tensorrt", "torch"] = "auto",
    minutes: float | None = None,
    scale: float = 1.0,
    seed: int = 0,
) -> int:
    """Measure and print a table.

    Example: `eclips4d bench accuracy --data recordings-with-truth`

    Parameters
    ----------
    name
        `accuracy`: errors against truth, over the noise floor; exit code 1 when a bar is missed.
        `speed`: highest rate without a gap, overhead, latency, kernels, workers, a long run; exit code 1 when a bar is
        missed.
        `physics`: the simulator and its calibration against everything independent; exit code 1 when a bar is missed.
        `networks`: slopes and heights by the networks against classical methods; exit code 1 when a bar is missed.
        `registration`: drift against truth, the bound that counting sets and other methods; exit code 1 when a bar is
        missed.
        `reliability`: kills, hostile peers, full disks, pauses, durable commits and long runs; exit code 1 when a bar
        is missed.
        `metrology`: steps, facets, spirals and heights against truth and other programs; exit code 1 when a bar is
        missed.
        `loop`: maps of other microscopes, trust, refined frames, changed models; exit code 1 when a bar is missed.
        `viewer`: steps of the window's slider, painting a frame, starting; exit code 1 when a bar is missed.
    data
        Folder with `recordings/` and `real/`, for `accuracy`, `networks`, `registration`, `metrology` and `loop`;
        without it `../shared/data` if that is there, else a simulated recording.
    size
        Frame sizes for `speed`; 512 and 1024 when not given.
    seconds
        Length of each trial of `speed`.
    part
        Parts of `speed`, `physics`, `networks`, `registration`, `reliability`, `metrology`, `loop` or `viewer`; all
        when not given, but for those that train networks.
    docs
        Folder whose `performance.md`, `physics.md`, `networks.md`, `registration.md`, `reliability.md`,
        `metrology.md`, `closed-loop.md` or `viewer.md` and pictures are brought up to date with what is measured.
    seeds
        Independent repetitions in `networks` (10 when not given), in `registration` (by part: 10 or 3), in
        `metrology` (5) and in `loop` (25).
    model
        Weights judged by `networks`: names or ONNX files; `live` and `best` when not given. What `speed` runs: the
        first; `live` when not given.
    engine
        That computes the networks in `speed`.
    minutes
        For which each network of the part `ablations` is trained (1.5 when not given), and of the long run of `speed`
        (30).
    scale
        Share of the kills, messages, opens and frames of `reliability`, and of the frames of `viewer`: 0.1 takes a
        tenth.
    seed
        Of what `reliability` and `viewer` draw at random.
    """
    console = Console(markup=False)
    match name:
        case "accuracy":
            from eclips4d.pipeline.bench.accuracy import run_accuracy

            rows = run_accuracy(_data_folder(data), console)
            return 1 if any(row.met is False for row in rows) else 0
        case "speed":
            from eclips4d.pipeline.bench.speed.context import SpeedContext
            from eclips4d.pipeline.bench.speed.run import run_speed

            fast = SpeedContext(
                console, tuple(size or (512, 1024)), seconds, minutes or 30.0, (model or ["live"])[0], engine
            )
            return 1 if any(row.met is False for row in run_speed(fast, part or (), docs)) else 0
        case "physics":
            from eclips4d.pipeline.bench.physics.run import run_physics

            return 1 if any(row.met is False for row in run_physics(console, part or (), docs)) else 0
        case "networks":
            from eclips4d.pipeline.bench.networks.context import BenchContext
            from eclips4d.pipeline.bench.networks.run import run_networks

            context = BenchContext(
                console, seeds or 10, _data_folder(data), tuple(model or ("live", "best")), minutes or 1.5
            )
            return 1 if any(row.met is False for row in run_networks(context, part or (), docs)) else 0
        case "registration":
            from eclips4d.pipeline.bench.registration.context import RegistrationContext
            from eclips4d.pipeline.bench.registration.run import run_registration

            told = RegistrationContext(console, seeds, _data_folder(data))
            return 1 if any(row.met is False for row in run_registration(told, part or (), docs)) else 0
        case "reliability":
            from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
            from eclips4d.pipeline.bench.reliability.run import run_reliability

            tried = run_reliability(ReliabilityContext(console, seed, scale), part or (), docs)
            return 1 if any(row.met is False for row in tried) else 0
        case "metrology":
            from eclips4d.pipeline.bench.metrology.context import MetrologyContext
            from eclips4d.pipeline.bench.metrology.run import run_metrology

            asked = MetrologyContext(console, seeds, _data_folder(data))
            return 1 if any(row.met is False for row in run_metrology(asked, part or (), docs)) else 0
        case "loop":
            from eclips4d.pipeline.bench.loop.context import LoopContext
            from eclips4d.pipeline.bench.loop.run import run_loop

            closed = run_loop(LoopContext(console, seeds, _data_folder(data)), part or (), docs)
            return 1 if any(row.met is False for row in closed) else 0
        case "viewer":
            from eclips4d.pipeline.bench.viewer.context import ViewerContext
            from eclips4d.pipeline.bench.viewer.run import run_viewer

            shown = run_viewer(ViewerContext(console, seed, scale), part or (), docs)
            return 1 if any(row.met is False for row in shown) else 0
        case _:
            known = "accuracy, speed, physics, networks, registration, reliability, metrology, loop or viewer"
            raise InputError(f"no benchmark {name!r}", cure=f"take {known}")
    return 0


def _data_folder(given: Path | None) -> Path | None:
    if given is None:
        return BESIDE if BESIDE.is_dir() else None
    if not given.is_dir():
        raise MissingInputError("no such folder", where=str(given), cure="give a folder of recordings with truth")
    return given
