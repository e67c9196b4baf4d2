"""What files are called, and how they come to be: whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eclips4d.core.errors import InputError, MissingInputError


def proposal(store: Path | None, what: str, frame: int | None, suffix: str) -> Path:
    """Beside the store: `RUN-height-00012.png`.

    Parameters
    ----------
    store : Path or None
        In the working directory where there is none.
    what : str
        What it shows.
    frame : int or None
        None for more than one.
    suffix : str
        With its dot.
    """
    run = "run" if store is None else store.name.removesuffix(".zarr")
    number = "" if frame is None else f"-{frame:05d}"
    return (Path() if store is None else store.parent) / f"{run}-{what.replace(' ', '-')}{number}{suffix}"


def checked(path: Path, suffixes: tuple[str, ...]) -> Path:
    """The same path, with the first of these suffixes where it has none.

    Raises
    ------
    InputError
        Another suffix, or no such folder.
    """
    if not path.suffix:
        path = path.with_suffix(suffixes[0])
    if path.suffix.lower() not in suffixes:
        cure = f"give a name that ends in {' or '.join(suffixes)}"
        raise InputError(f"{path.suffix} cannot be written", where=str(path), cure=cure)
    if not path.parent.is_dir():
        raise MissingInputError("no such folder", where=str(path.parent), cure="make the folder first")
    return path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A name to write under until the file is whole; what stands at `path` is never half a file."""
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
