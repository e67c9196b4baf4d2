"""`eclips4d demo`: the simulated microscope through the whole chain, with the live window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.pipeline.run import RunRequest, start_run
from eclips4d.pipeline.stage import check_port
from eclips4d.pipeline.window import can_show
from eclips4d.storage.objects import is_object


def demo(
    *,
    frames: int = 40,
    headless: bool = False,
    out: Path | None = None,
    staging: Path | None = None,
    keep_local: Annotated[bool, Parameter(negative=())] = False,
    size: int = 512,
    fps: float = 2.0,
    model: str = "analytic",
    engine: str = "auto",
    metrics_port: int | None = None,
) -> int:
    """Watch a simulated copper redox experiment become a height movie.

    Example: `eclips4d demo --frames 20 --headless`

    Frames are rendered while the window shows those before; where that takes longer than `--fps` asks for, they come
    as fast as they are rendered. Leaves the store and a picture of the last window beside it.

    Parameters
    ----------
    frames
        How many frames the simulated microscope scans.
    headless
        No window, only progress, the store and the picture.
    out
        The store; `./copper-redox-<UTC time>.zarr` when not given, also `s3://BUCKET/RUN.zarr`.
    staging
        As for `eclips4d run`.
    keep_local
        As for `eclips4d run`.
    size
        Pixels along each side of a frame.
    fps
        Frames per second.
    model
        As for `eclips4d run`: `analytic`, `live`, `best`, or an ONNX file.
    engine
        As for `eclips4d run`.
    metrics_port
        As for `eclips4d run`.
    """
    check_port(metrics_port)
    if frames < 1:
        raise InputError(f"{frames} frames", where="--frames", cure="give at least 1")
    source = source_of(frames, size, fps)
    console = Console(markup=False)
    from eclips4d.pipeline.plan_run import default_out

    store = out or default_out(source)
    view = can_show() and not headless
    request = RunRequest(
        source=source,
        out=store,
        staging=staging,
        keep_local=keep_local,
        view=view,
        lag="keep",
        model=model,
        engine=engine,
        metrics_port=metrics_port,
    )
    code = start_run(request, console)
    if code == 0:
        from eclips4d.viewer.app import paint

        picture = Path(store.name if is_object(store) else store).with_suffix(".png")
        paint(store, picture)
        console.print(f"picture of the window: {picture}", soft_wrap=True)
    return code


def source_of(frames: int, size: int, fps: float) -> str:
    """The microscope of the demo: nobody waits for its last frame to see the first."""
    return f"sim://copper-redox?size={size}&fps={fps:g}&frames={frames}&render=live"
