"""Where the files of a store lie.

`journal/` is a group without arrays: a reader that lists the store meets a valid member instead of unknown files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from eclips4d.core.errors import EclipsError, InputError, MissingInputError, StoreError
from eclips4d.storage.contents import read_file
from eclips4d.storage.objects import address, is_object
from eclips4d.storage.record import Record, from_attributes

ROOT = "zarr.json"
EVENTS = "events.jsonl"
JOURNAL = "journal"
PYRAMIDS = "pyramids"


def lock_path(root: Path) -> Path:
    """File that the writer keeps locked."""
    return root / JOURNAL / "lock"


def previous_path(root: Path) -> Path:
    """The commit before the last one: what repair falls back to."""
    return root / JOURNAL / "previous.json"


def spare_path(root: Path, name: str) -> Path:
    """Name for a text that is about to replace another."""
    return root / JOURNAL / f"{name}.partial"


def building_path(root: Path) -> Path:
    """Folder in which pyramids are built before they get their name."""
    return root / JOURNAL / f"{PYRAMIDS}.building"


def instrument_path(root: Path) -> Path:
    """The instrument description, byte for byte as it was given."""
    return root / JOURNAL / "instrument.toml"


def load_record(path: Path, commit: Path | None = None) -> Record:
    """Read the state of the store at `path` from its last commit, or from another commit's file.

    Raises
    ------
    MissingInputError, InputError
        Nothing is there, or it is no store of ours.
    StoreError
        It is one, but damaged.
    """
    return record_of(path, load_document(path, commit))


def record_of(path: Path, document: dict[str, dict[str, object]]) -> Record:
    """What this commit of the store at `path` says; errors as in `load_record`."""
    try:
        text = read_file(instrument_path(path)).decode("utf-8")
    except EclipsError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"its instrument description cannot be read: {error}", where=address(path)) from error
    return from_attributes(document["attributes"], text, address(path))


def _decoded(file: Path) -> Any:
    """Content of a file that may be replaced meanwhile: a network file system may need a second look."""
    try:
        return msgspec.json.decode(read_file(file))
    except (OSError, msgspec.DecodeError):
        return msgspec.json.decode(read_file(file))


def load_document(path: Path, commit: Path | None = None) -> dict[str, dict[str, object]]:
    """The group's metadata, checked to be that of a store of ours; errors as in `load_record`."""
    where = address(path)
    if not is_object(path) and not path.exists():
        raise MissingInputError("no such store", where=where, cure="give the path of a RUN.zarr")
    try:
        document = _decoded(commit or path / ROOT)
    except EclipsError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            "is not a store: it has no zarr.json", where=where, cure="give the path of a RUN.zarr"
        ) from error
    except OSError as error:
        raise StoreError(f"cannot be read: {error}", where=where) from error
    except msgspec.DecodeError as error:
        raise StoreError(
            f"its zarr.json is damaged: {error}", where=where, cure="run eclips4d info --repair on it"
        ) from error
    attributes = document.get("attributes") if isinstance(document, dict) else None
    if not isinstance(attributes, dict) or "eclips4d" not in attributes:
        raise InputError(
            "is a Zarr group, but not a store of eclips4d", where=where, cure="give the path of a RUN.zarr"
        )
    checked: dict[str, dict[str, object]] = document
    return checked
