"""A place in a bucket before anything is mirrored there: what it holds, and whether it can be written."""

from __future__ import annotations

from pathlib import Path

from eclips4d.core.errors import EclipsError
from eclips4d.storage.folder import ROOT
from eclips4d.storage.lease import CLOCK, LOCK, Lease
from eclips4d.storage.objects import Objects
from eclips4d.storage.reader import StoreSummary, summary


def held_at(place: str) -> StoreSummary | None:
    """What the store there holds; None where there is none.

    Raises
    ------
    InputError
        No such bucket, a key that the server refuses, or something that is no store of ours.
    BucketCutError
        The server cannot be reached.
    """
    try:
        Objects(place).read(ROOT)
    except FileNotFoundError as error:
        if isinstance(error, EclipsError):
            raise
        return None
    return summary(Path(place))


def check_writable(place: str) -> None:
    """Take the place and let go of it again; an empty one is as empty afterwards.

    Raises
    ------
    InputError, BucketCutError
        As of `held_at`; the key may not write there, either.
    StoreError
        Somebody else writes there, or the server cannot tell two writers apart.
    """
    objects = Objects(place)
    Lease.take(objects).release()
    if ROOT not in objects.tags():
        objects.delete([key for key in (LOCK, CLOCK) if objects.tag(key) is not None])
