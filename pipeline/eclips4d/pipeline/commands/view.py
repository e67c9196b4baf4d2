"""`eclips4d view`: the window on a finished or growing store."""

from __future__ import annotations

from pathlib import Path

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.stacking import check_frames
from eclips4d.storage.objects import is_object


def view(
    store: str,
    /,
    *,
    png: Path | None = None,
    pictures: Path | None = None,
    stack: int | None = None,
    keys: Path | None = None,
    own: str | None = None,
    host: str | None = None,
) -> int:
    """Open the window on a store, whether its run has ended or not.

    Example: `eclips4d view movie.zarr`

    Parameters
    ----------
    store
        The store of a run, also in a bucket (`s3://BUCKET/RUN.zarr`); or where `eclips4d serve` shows it, on this host
        or another one: tcp://HOST:PORT, with /NAME where it shows several.
    png
        Paint the window into this file instead of showing it.
    pictures
        Paint every layout of the window, and every panel by itself, dark and light, into this folder instead. What
        needs OpenGL is painted only where there is a screen.
    stack
        Show the mean of so many frames, 1 to 64; as many as the run was begun with when not given. It can be changed
        in the window.
    keys
        For an address: where keys are kept; the user's own folder when not given.
    own
        For an address: name of this host's key pair; the only one when not given.
    host
        For an address: name of the other host's key; as the host in the address when not given.
    """
    if stack is not None:
        check_frames(stack, "--stack")
    if "://" in store and not is_object(store):
        if png is not None or pictures is not None:
            raise InputError("only stores on this host are painted", where=store, cure="paint on the other host")
        return _view_remote(store, stack, keys, own, host)
    path = Path(store)
    if not is_object(path) and not path.exists():
        raise MissingInputError("no such store", where=store, cure="give the path of a RUN.zarr")
    from eclips4d.pipeline.ways import ways_to_owner
    from eclips4d.storage.reader import summary
    from eclips4d.viewer.app import paint, paint_pictures, show
    from eclips4d.viewer.leaving import end, leave

    summary(path)
    if png is not None:
        paint(path, png, stack=stack)
        return 0
    if pictures is not None:
        from rich.console import Console

        console = Console(highlight=False)
        for words in paint_pictures(path, pictures, stack=stack):
            console.print(words, markup=False)
        return leave(0)
    ways = ways_to_owner(path)
    return end(show(path, stack=stack, notices=ways.notices, notes=ways.notes, ways=ways_to_owner))


def _view_remote(address: str, stack: int | None, keys: Path | None, own: str | None, host: str | None) -> int:
    from eclips4d.pipeline.view_service.addresses import place_of
    from eclips4d.viewer.app import show
    from eclips4d.viewer.leaving import end

    place = place_of(address, keys, own, host)
    return end(show(Path(place.name or "store"), stack=stack, place=place))
