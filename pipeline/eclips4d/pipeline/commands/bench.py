"""`eclips4d bench`: the tables of accuracy and speed that the documentation quotes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.pipeline.bench.names import BENCHES, Asked

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
        `instruments`: what adapters of instruments carry from fakes; exit code 1 when a bar is missed.
        `scaling`: what more workers give to `reprocess`, and what many frames and buckets cost; exit code 1 when a bar
        is missed.
    data
        Folder with `recordings/` and `real/`, for `accuracy`, `networks`, `registration`, `metrology` and `loop`;
        without it `../shared/data` if that is there, else a simulated recording.
    size
        Frame sizes for `speed`; 512 and 1024 when not given. The first for `scaling`; 512 when not given.
    seconds
        Length of each trial of `speed` and `instruments`.
    part
        Parts of a benchmark that has some; all when not given, but for those that train networks.
    docs
        Folder whose page and pictures are brought up to date with what is measured: `performance.md`, `physics.md`,
        `networks.md`, `registration.md`, `reliability.md`, `metrology.md`, `closed-loop.md`, `viewer.md`,
        `instruments.md` or `scaling.md`.
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
        Share of the kills, messages, opens and frames of `reliability`, and of the frames of `viewer` and `scaling`:
        0.1 takes a tenth.
    seed
        Of what `reliability` and `viewer` draw at random.
    """
    if name not in BENCHES:
        raise InputError(f"no benchmark {name!r}", cure=f"take one of: {', '.join(BENCHES)}")
    asked = Asked(
        console=Console(markup=False),
        data=_data_folder(data),
        size=size or (),
        seconds=seconds,
        part=part or (),
        docs=docs,
        seeds=seeds,
        model=model or (),
        engine=engine,
        minutes=minutes,
        scale=scale,
        seed=seed,
    )
    return 1 if any(row.met is False for row in BENCHES[name](asked)) else 0


def _data_folder(given: Path | None) -> Path | None:
    if given is None:
        return BESIDE if BESIDE.is_dir() else None
    if not given.is_dir():
        raise MissingInputError("no such folder", where=str(given), cure="give a folder of recordings with truth")
    return given
