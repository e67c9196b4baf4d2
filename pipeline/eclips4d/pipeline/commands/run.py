"""`eclips4d run`: the whole chain on one source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from eclips4d.acquisition.strips import MOST_STRIPS
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
    staging: Path | None = None,
    keep_local: Annotated[bool, Parameter(negative=())] = False,
    instrument: Path | None = None,
    speed: str = "max",
    model: str = "analytic",
    engine: str = "auto",
    workers: int = 1,
    lag: str | None = None,
    record_only: bool = False,
    keep: str | None = None,
    stack: int | None = None,
    strips: int | None = None,
    side: Annotated[list[str] | None, Parameter(negative="")] = None,
    trigger: Annotated[list[str] | None, Parameter(negative="")] = None,
    events: str | None = None,
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
        `sim://copper-redox?size=512&fps=2` or, of a microscope, `sharksem://HOST`.
    out
        The store; `./<source>-<UTC time>.zarr` when not given. With `s3://BUCKET/RUN.zarr` it is written to a local
        disk first, mirrored into the bucket meanwhile, and removed from the disk once the bucket holds all of it.
    staging
        Folder on the disk that such a store is written to first; the user's own data folder when not given.
    keep_local
        Leave the store on the disk, too.
    instrument
        Instrument file to use instead of the one beside the recording; a microscope needs one.
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
    strips
        Show slow scans before they are whole: a preview of the height after each of so many strips of a frame, 2 to 64;
        1 for none. The store is the same. When not given, 8 for live sources that take 4 s or more a frame, if there is
        a window.
    side
        `NAME=ADDRESS`: a temperature, pressure, … that comes from elsewhere and is recorded with each frame, such as
        `temperature=zmq://127.0.0.1:5570/stage?unit=degC` of a script or `pressure=ca://PV?unit=Pa` of EPICS; may be
        given several times.
    trigger
        Mark in the run's events when this is so, such as `drift>2` or `residual>1.5 for 3 until 1.2 hold 60`; may be
        given several times. `eclips4d watch --help` says what can be watched; it does the same to a run that goes on,
        and says of one that has ended what would have been marked.
    events
        Publish what triggers say as JSON at this address, such as `tcp://127.0.0.1:5770`.
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
    if strips is not None and not 1 <= strips <= MOST_STRIPS:
        raise InputError(f"{strips} strips", where="--strips", cure=f"give 2 to {MOST_STRIPS}, or 1 for none")
    request = RunRequest(
        source=source,
        out=out,
        staging=staging,
        keep_local=keep_local,
        instrument=instrument,
        speed=speed,
        model=model,
        engine=engine,
        workers=workers,
        lag=lag,
        record_only=record_only,
        keep=keep,
        stack=stack,
        strips=strips,
        side=tuple(side or ()),
        trigger=tuple(trigger or ()),
        events=events,
        view=can_show() if view is None else view,
        metrics_port=metrics_port,
        log_level=log_level,
    )
    return start_run(request, Console(markup=False))
