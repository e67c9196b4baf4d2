"""`eclips4d view`: the window on a finished or growing store."""

from __future__ import annotations

from pathlib import Path

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.stacking import check_frames


def view(store: str, /, *, png: Path | None = None, stack: int | None = None) -> int:
    """Open the window on a store, whether its run has ended or not.

    Example: `eclips4d view movie.zarr`

    Parameters
    ----------
    store
        The store of a run.
    png
        Paint the window into this file instead of showing it.
    stack
        Show the mean of so many frames, 1 to 64; as many as the run was begun with when not given. It can be changed
        in the window.
    """
    if stack is not None:
        check_frames(stack, "--stack")
    if "://" in store:
        raise InputError("only stores can be viewed so far", where=store, cure="give the path of a RUN.zarr")
    path = Path(store)
    if not path.exists():
        raise MissingInputError("no such store", where=store, cure="give the path of a RUN.zarr")
    from eclips4d.storage.reader import summary
    from eclips4d.viewer.app import paint, show

    summary(path)
    if png is not None:
        paint(path, png, stack=stack)
        return 0
    return show(path, stack=stack)
