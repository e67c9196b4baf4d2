"""`eclips4d reprocess`: the raw frames of a run again, through other models and calibrations, on Dask."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import Console

if TYPE_CHECKING:
    from eclips4d.pipeline.bucket_run.delivery import Delivery
    from eclips4d.pipeline.cluster.dask_pool import DaskPool
    from eclips4d.pipeline.reprocess.plan import Plan
    from eclips4d.storage.reader import StoreSummary

    Work = tuple[Plan, Delivery | None]

FOLLOWING = "following the frames"
STARTING = "the workers make the model ready"
STOPPED = "stopped; the same command goes on from here"


def reprocess(
    store: Path,
    /,
    *,
    out: Path,
    staging: Path | None = None,
    keep_local: Annotated[bool, Parameter(negative=())] = False,
    model: Annotated[list[str] | None, Parameter(negative="")] = None,
    instrument: Annotated[list[Path] | None, Parameter(name=["--instrument", "--calibration"], negative="")] = None,
    engine: Literal["auto", "openvino", "tensorrt", "torch"] = "auto",
    keep: str | None = None,
    smooth: Annotated[bool, Parameter(negative=())] = False,
    scheduler: str | None = None,
    workers: int | None = None,
    threads: int | None = None,
) -> int:
    """Make a run again from its raw frames, into a new store, on Dask workers.

    Example: `eclips4d reprocess movie.zarr --out better.zarr --model best --workers 4`

    Example: `eclips4d reprocess movie.zarr --out sweep --model live --model best`, which makes `sweep/live.zarr` and
    `sweep/best.zarr`

    Nothing in the old store is changed. With the same models and settings the new one holds the same numbers, bit for
    bit. Run the same command again after an interruption: what is done stays done.

    Parameters
    ----------
    store
        The store of a run that nobody writes.
    out
        The new store; a folder of new stores where several models or instruments are given. In a bucket,
        `s3://BUCKET/NEW.zarr`, as for `eclips4d run`.
    staging
        As for `eclips4d run`; the workers of a scheduler have to see this folder, too.
    keep_local
        As for `eclips4d run`.
    model
        `analytic`, `live`, `best` or an ONNX file; the run's own when not given. May be given several times.
    instrument
        Instrument file with a newer calibration, such as `eclips4d calibrate` writes. May be given several times.
    engine
        What computes networks; the one that the run's were computed by when its own models are repeated.
    keep
        Products to store, such as `raw,height`; those of the run when not given.
    smooth
        Put each frame where all frames together say that it lay, later ones too: the frames are followed once before.
    scheduler
        Address of a Dask scheduler, such as `tcp://head:8786`, whose workers see both stores under the same paths; a
        cluster of this host's own when not given.
    workers
        Processes on this host; as many as processors when not given.
    threads
        Of the networks of each worker; 1 when not given. Few workers with several threads need less memory.
    """
    from eclips4d.pipeline.bucket_run.delivery import Delivery
    from eclips4d.pipeline.bucket_run.local_store import check_options
    from eclips4d.pipeline.cluster.dask_pool import check_installed, dask_pool
    from eclips4d.pipeline.cluster.shares import shares
    from eclips4d.pipeline.reprocess.plan import check_same, plan
    from eclips4d.pipeline.reprocess.sweep import Asked, wishes
    from eclips4d.storage.objects import is_object

    check_installed()
    check_options(out, staging, keep_local=keep_local)
    count, threads = shares(scheduler, workers, threads)
    asked = Asked(store, out, tuple(model or ()), tuple(instrument or ()), engine, keep, smooth, threads)
    wanted = wishes(asked)
    if len(wanted) > 1 and not is_object(out):
        out.mkdir(exist_ok=True)
    console = Console(markup=False)
    with ExitStack() as held:
        works: list[Work] = []
        for wish in wanted:
            delivery = None
            if is_object(wish.out):
                delivery = held.enter_context(Delivery(wish.out, staging, keep_local=keep_local, console=console))
                wish = replace(wish, out=delivery.local)
            made = plan(wish)
            if delivery is None or delivery.begin(partial(_is_complete_there, made)):
                check_same(made)  # what was fetched, too
                works.append((made, delivery))
        return _done(works, console, lambda: dask_pool(scheduler, count))


def _done(works: list[Work], console: Console, pool_of: Callable[[], AbstractContextManager[DaskPool]]) -> int:
    """One after the other; workers only where there is something to make."""
    left = [work for work in works if not _is_complete(work[0], console)]
    with pool_of() if left else nullcontext() as pool:
        if pool is not None:
            _announce(console, pool)
        for work in works:
            made, delivery = work
            if work in left and pool is not None:
                _make(made, pool, console, delivery)
            if delivery is not None and (code := delivery.finish(0)):
                return code
    return 0


def _announce(console: Console, pool: DaskPool) -> None:
    where = f", dashboard at {pool.dashboard}" if pool.dashboard else ""
    console.print(f"{pool.size} workers{where}", soft_wrap=True, highlight=False)


def _is_complete(made: Plan, console: Console) -> bool:
    from eclips4d.storage.reader import summary

    complete = made.out.exists() and summary(made.out).ended
    if complete:
        console.print(f"{made.out}: complete, nothing to do", soft_wrap=True, highlight=False)
    return complete


def _is_complete_there(made: Plan, held: StoreSummary) -> bool:
    from eclips4d.pipeline.reprocess.plan import check_made

    check_made(made, held)
    return held.ended


def _make(made: Plan, pool: DaskPool, console: Console, delivery: Delivery | None) -> None:
    from eclips4d.pipeline.interrupting import interruptible
    from eclips4d.pipeline.plan_run import check_disk
    from eclips4d.pipeline.preparation import counting
    from eclips4d.pipeline.reprocess.once import reprocess as make
    from eclips4d.pipeline.reprocess.smoothed import known_drifts
    from eclips4d.pipeline.run import announce, needs
    from eclips4d.pipeline.tidying import is_worth_it, tidy_behind

    space = check_disk(made.out, made.info, made.keep)
    announce(console, made.info, made.out, needs(made.info, made.keep, space), continued=made.out.exists())
    models = ", ".join(dict.fromkeys(name for _, name in made.steps))
    drifts = None
    try:
        with interruptible() as look:
            if made.smooth:
                with counting(console, FOLLOWING) as report:
                    drifts = known_drifts(made, _looking(report, look))
            with counting(console, models, before=STARTING) as report:
                make(made, pool, _looking(report, look, delivery), drifts)
    except KeyboardInterrupt:
        console.print(STOPPED)
        raise
    console.print(f"{made.out}: complete", soft_wrap=True, highlight=False)
    if delivery is None and is_worth_it(made.info):
        tidy_behind(made.out)
        console.print("its files are put together, and pyramids made, in the background", soft_wrap=True)


def _looking(
    report: Callable[[int, int], None], look: Callable[[], None], delivery: Delivery | None = None
) -> Callable[[int, int], None]:
    """Report, see after the mirror, and whether to stop."""

    def seen(done: int, total: int) -> None:
        report(done, total)
        if delivery is not None:
            delivery.look()
        look()

    return seen
