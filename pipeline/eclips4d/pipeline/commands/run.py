"""`eclips4d run`: the whole chain on one source."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.core.log import Level
from eclips4d.core.stacking import check_frames
from eclips4d.pipeline.run import RunRequest, start_run
from eclips4d.pipeline.stage import check_port
from eclips4d.pipeline.window import can_show


def run(
    source: str,
    /,
    *,
    out: Path | None = None,
    instrument: Path | None = None,
    speed: str = "max",
    model: str = "analytic",
    engine: str = "auto",
    workers: int = 1,
    lag: str | None = None,
    record_only: bool = False,
    keep: str | None = None,
    stack: int | None = None,
    view: bool | None = None,
    metrics_port: int | None = None,
    log_level: Level = "info",
) -> int:
    """Turn a source into a height movie, each stage a process of its own, until the source ends.

    Example: `eclips4d run recording.ome.tif --out movie.zarr`

    Run the same command again and the store is continued: what is missing is filled in. Ctrl-C stops the source and
    finishes what is recorded; a second Ctrl-C stops at once and loses nothing that was recorded.

    Parameters
    ----------
    source
        A recording (`*.ome.tif`, a folder with one file per segment, a `RUN.zarr`) or an address such as
        `sim://copper-redox?size=512&fps=2`.
    out
        The store; `./<source>-<UTC time>.zarr` when not given.
    instrument
        Instrument file to use instead of the one beside the recording.
    speed
        For recordings: `max`, `realtime`, or a factor such as `4x`.
    model
        `analytic`, the classical inversion; `live` or `best`, trained networks; or an ONNX file with its model card
        beside it.
    engine
        What computes networks: `auto`, `openvino`, `tensorrt` or `torch`; the analytic model needs none of them.
    workers
        Inference processes.
    lag
        `keep`, or `skip:SECONDS`: frames that wait longer are recorded, marked deferred and inverted after the source
        has ended. Recordings keep, live sources skip after 5 s.
    record_only
        Record now, invert later by the same command without this option.
    keep
        Products to store, such as `raw,height`; all when not given.
    stack
        Show the mean of so many frames, 1 to 64, where one frame shows nothing. The store keeps single frames, and the
        number, which may be changed at any time. A continued run keeps its number when not given, a new one has 1.
    view
        Open the window; by default when there is a display.
    metrics_port
        First of the loopback ports on which the stages answer /metrics, /health and /ready: storage, acquisition,
        registration, workers.
    log_level
        Least severe lines that the stages' logs keep: `debug`, `info`, `warning` or `error`.
    """
    if workers < 1:
        raise InputError(f"{workers} workers", where="--workers", cure="give at least 1")
    check_port(metrics_port)
    if stack is not None:
        check_frames(stack, "--stack")
    request = RunRequest(
        source=source,
        out=out,
        instrument=instrument,
        speed=speed,
        model=model,
        engine=engine,
        workers=workers,
        lag=lag,
        record_only=record_only,
        keep=keep,
        stack=stack,
        view=can_show() if view is None else view,
        metrics_port=metrics_port,
        log_level=log_level,
    )
    return start_run(request, Console(markup=False))
