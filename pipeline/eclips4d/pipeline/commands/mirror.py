"""`eclips4d mirror`: a run in an object store, also while it goes on."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console


def mirror(
    store: Path,
    place: str,
    /,
    *,
    follow: bool = False,
    parent: Annotated[int | None, Parameter(show=False)] = None,
) -> int:
    """Copy a run into a bucket (S3), commit by commit, and again what is new.

    Example: `eclips4d mirror movie.zarr s3://lab/movie.zarr --follow`

    Whoever opens the bucket sees whole committed frames at any moment. Nothing in the store is changed, and a run that
    goes on neither waits nor notices. Killed or cut off, the same command goes on from what the bucket holds. Server
    and key are told by `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_REGION`.

    Parameters
    ----------
    store
        The store of a run, finished or growing.
    place
        `s3://BUCKET/NAME.zarr`; the bucket must be there.
    follow
        Go on until the run has ended, and through cuts of the network.
    parent
        Ends with this process, of which it is a child, and says nothing but what goes wrong.
    """
    from eclips4d.pipeline.mirroring import Mirrored
    from eclips4d.pipeline.mirroring import follow as go_on
    from eclips4d.pipeline.preparation import counting
    from eclips4d.storage.mirror import Mirror

    console = Console(stderr=True, markup=False)

    def told(line: str) -> None:
        console.print(f"{place}: {line}", soft_wrap=True)

    if parent is not None:
        from eclips4d.pipeline.bucket_run.beside import end_with

        end_with(parent)
        go_on(store, place, Event(), told)
        return 0
    with counting(console, "mirroring") as report:
        if follow:
            made = go_on(store, place, Event(), told, report)
        else:
            with Mirror(store, place) as copied:
                copied.copy(report)
            made = Mirrored(copied.committed, copied.sent.objects, copied.sent.size)
    Console(markup=False).print(f"{place}: {made}", soft_wrap=True, highlight=False)
    return 0
