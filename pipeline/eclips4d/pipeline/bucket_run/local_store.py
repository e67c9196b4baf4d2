"""Where the store of a run lies until its bucket holds all of it."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from eclips4d.core.errors import InputError
from eclips4d.storage.objects import address, is_object, split


def local_store(place: Path | str, staging: Path | None) -> Path:
    """Of one place in a bucket always the same: whoever gives the same command again finds the same store.

    Parameters
    ----------
    place
        `s3://BUCKET/NAME.zarr`.
    staging
        Folder for such stores; on Linux `$XDG_DATA_HOME/eclips4d/staged` when not given, by default in
        `~/.local/share`. No cache: what is not in the bucket yet is nowhere else.

    Raises
    ------
    InputError
        The place names no store, or none that a path could be made of.
    """
    bucket, key = split(place)
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise InputError("is no path", where=address(place), cure="give s3://BUCKET/RUN.zarr")
    return (staging or staged()).absolute().joinpath(bucket, *parts)


def staged() -> Path:
    """The folder when none is given."""
    return platformdirs.user_data_path("eclips4d", appauthor=False) / "staged"


def check_options(out: Path | None, staging: Path | None, *, keep_local: bool) -> None:
    """Refuse what says something of a bucket where there is none.

    Raises
    ------
    InputError
        An option that has no meaning here.
    """
    if staging is not None and is_object(staging):
        raise InputError("is no folder on a disk", where="--staging", cure="give one that is")
    if out is not None and is_object(out):
        return
    if staging is not None or keep_local:
        option = "--staging" if staging is not None else "--keep-local"
        raise InputError("is for stores in buckets", where=option, cure="give --out s3://BUCKET/RUN.zarr")
