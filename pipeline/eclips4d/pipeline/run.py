"""One run from the first check to the last line: plan, start, watch, report. Used by `run` and `demo`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from eclips4d.core.log import Level
from eclips4d.core.messages import Notice
from eclips4d.core.results import Status
from eclips4d.core.source import SourceInfo
from eclips4d.pipeline.bucket_run.delivery import Delivery
from eclips4d.pipeline.bucket_run.local_store import check_options
from eclips4d.pipeline.plan_run import (
    check_begun,
    check_disk,
    check_model,
    check_out,
    default_out,
    engine_of,
    expecting,
    first_look,
    make_config,
    make_folder,
    parse_lag,
    strips_of,
    whole_name,
)
from eclips4d.pipeline.preparation import prepare
from eclips4d.pipeline.process import ReportedError
from eclips4d.pipeline.progress import RunProgress
from eclips4d.pipeline.side_plan import plan_sides
from eclips4d.pipeline.supervisor import Supervisor
from eclips4d.pipeline.tidying import is_worth_it, tidy_behind
from eclips4d.pipeline.triggers.asked import check_beside
from eclips4d.pipeline.triggers.beside import watching_beside
from eclips4d.pipeline.window import Window
from eclips4d.storage.objects import is_object
from eclips4d.storage.reader import StoreSummary, summary
from eclips4d.storage.reader import open as open_store
from eclips4d.storage.space import Space, bytes_per_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What the user asked for; see `eclips4d run --help`."""

    source: str
    out: Path | None = None
    staging: Path | None = None
    keep_local: bool = False
    instrument: Path | None = None
    speed: str = "max"
    model: str = "analytic"
    engine: str = "auto"
    workers: int = 1
    lag: str | None = None
    record_only: bool = False
    keep: str | None = None
    stack: int | None = None
    strips: int | None = None
    side: tuple[str, ...] = ()
    trigger: tuple[str, ...] = ()
    events: str | None = None
    view: bool = False
    metrics_port: int | None = None
    log_level: Level = "info"


def start_run(request: RunRequest, console: Console) -> int:
    """Carry out the request; returns the exit code.

    Raises
    ------
    InputError
        Anything that can be refused before the first process starts.
    StageDiedError, ReportedError
        A stage ended the run.
    StoreError
        The store is complete on the disk, but cannot be sent to its bucket.
    """
    check_options(request.out, request.staging, keep_local=request.keep_local)
    if request.out is None or not is_object(request.out):
        return _start(request, console)
    with Delivery(request.out, request.staging, keep_local=request.keep_local, console=console) as delivery:
        return delivery.finish(_start(replace(request, out=delivery.local), console, delivery))


def _start(request: RunRequest, console: Console, delivery: Delivery | None = None) -> int:
    info, differences = first_look(request.source, request.instrument, request.speed)
    if delivery is not None and not delivery.begin(lambda held: _is_complete_there(held, info, request)):
        return 0
    out = request.out or default_out(request.source)
    info, side = plan_sides(request.side, info, out)
    lag = parse_lag(request.lag, live=not info.can_wait or info.frames is None)
    name = whole_name(request.model)
    keep = check_out(out, info, name, request.keep)
    check_beside(request.trigger, request.events, keep, len(info.segments), record_only=request.record_only)
    model = check_model(name, engine_of(out, name, request.engine), info)
    if is_complete(out, info, record_only=request.record_only):
        kept = ", ".join(("raw", *keep))
        console.print(f"{out}: complete, nothing to do (it keeps {kept})", soft_wrap=True)
        return 0
    space = check_disk(out, info, keep)
    announce(console, info, out, needs(info, keep, space), continued=out.exists())
    for remark in info.remarks:
        console.print(f"{info.address}: {remark}", soft_wrap=True, highlight=False)
    if differences:
        console.print(
            f"the calibration does not hold, heights are not marked calibrated: {'; '.join(differences)}",
            soft_wrap=True,
        )
    if model.engine != "none":
        console.print(f"the networks of {request.model} are computed by {model.engine}", soft_wrap=True)
    elif request.engine != "auto":
        console.print(f"the model {request.model} needs no engine: --engine {request.engine} changes nothing")
    folder = make_folder()
    try:
        config = make_config(
            request.source,
            out,
            folder,
            instrument=request.instrument,
            speed=request.speed,
            model=name,
            engine=request.engine if model.engine == "none" else model.engine.split()[0],
            workers=request.workers,
            skip_lag_s=lag,
            record_only=request.record_only,
            keep=keep,
            stack=request.stack,
            side=side,
            strips=strips_of(request.strips, info, view=request.view),
            metrics_port=request.metrics_port,
            log_level=request.log_level,
            **expecting(info, folder),
        )
        watching = watching_beside(config.out, request.trigger, request.events, console)
        with naming_the_log(config.log_dir), watching as heard:

            def noted(notice: Notice) -> None:
                heard(notice)
                if delivery is not None:
                    delivery.look()

            code = _watch(Supervisor(config, folder), console, view=request.view, heard=noted)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # In a bucket there is nothing to gain: all would be sent a second time.
    if code == 0 and delivery is None and is_worth_it(info) and deferred(out) == 0:
        tidy_behind(out)
        console.print("its files are put together, and pyramids made, in the background", soft_wrap=True)
    return code


@contextmanager
def naming_the_log(folder: Path | None) -> Iterator[None]:
    """Let a failure of the block say where the stages' logs are.

    Raises
    ------
    ReportedError
        In place of what a stage reported.
    """
    try:
        yield
    except ReportedError as error:
        if folder is None or str(folder) in str(error):
            raise
        raise ReportedError(f"{error}; the log is in {folder}", error.exit_code) from error


def _watch(
    supervisor: Supervisor, console: Console, *, view: bool, heard: Callable[[Notice], None] = lambda _: None
) -> int:
    out = supervisor.config.out
    progress = RunProgress(console, out.name)
    # Before anything that takes long: it says what it waits for.
    window = Window(supervisor.config) if view else None
    try:
        prepare(supervisor.config.source, console)

        def noted(notice: Notice) -> None:
            progress.dropped_views = window.dropped() if window else 0
            progress.show(notice)
            heard(notice)

        with progress.live():
            code = supervisor.run(noted, progress.changed)
        console.print(f"{out}: {progress.closing_line()}", soft_wrap=True)
        if code == 130:
            console.print("stopped; the same command goes on from here", soft_wrap=True)
        elif window is not None and window.is_open:
            console.print("the run has ended; close the window to leave")
            window.wait()
        return code
    finally:
        if window is not None:
            window.close()


def is_complete(out: Path, info: SourceInfo, *, record_only: bool) -> bool:
    """Whether the store already holds everything the source has."""
    return out.exists() and _has_all(summary(out), info, record_only=record_only)


def _is_complete_there(held: StoreSummary, info: SourceInfo, request: RunRequest) -> bool:
    """Whether the bucket already holds everything; what it holds has to be a run of this source, begun as is asked."""
    check_begun(held, info, whole_name(request.model), request.keep)
    return _has_all(held, info, record_only=request.record_only)


def _has_all(held: StoreSummary, info: SourceInfo, *, record_only: bool) -> bool:
    if info.frames is None or not held.ended or held.committed < info.frames:
        return False
    return record_only or deferred(held.path) == 0


def deferred(out: Path) -> int:
    """Frames of a store whose results are still to be made."""
    with open_store(out) as data:
        status = data["status"].values
    bits = Status.DEFERRED | Status.DONE | Status.QUARANTINED
    return int(((status & bits) == Status.DEFERRED).sum())


def needs(info: SourceInfo, keep: tuple[str, ...], space: Space) -> str:
    """What the run takes of the disk: per hour and until it is full, or in all when that is known."""
    free = f"{space.free_bytes / 1e9:.3g} GB free"
    if info.frames is None:
        return f"{space}, {free}"
    total = f"about {bytes_per_frame(info, keep) * info.frames / 1e6:.3g} MB in all"
    return f"{total}, {space}, {free}" if space.gb_per_hour else f"{total}, {free}"


def announce(console: Console, info: SourceInfo, out: Path, space: str, *, continued: bool) -> None:
    """Say what will happen before it does."""
    n, rows, columns = info.shape
    count = f"{info.frames} frames" if info.frames is not None else "frames without end"
    console.print(f"{info.address}: {count} of {n} × {rows} × {columns} {info.dtype}", soft_wrap=True, highlight=False)
    console.print(f"{'continuing' if continued else 'writing'} {out} ({space})", soft_wrap=True, highlight=False)
