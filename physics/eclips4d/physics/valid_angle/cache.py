"""Arrays kept on disk by the fingerprint of what they were computed from; a disk that fails costs only time."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from eclips4d.core.cache import cache_folder

Arrays = dict[str, NDArray[np.float64] | NDArray[np.complex128]]

_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def cached(kind: str, made_from: Mapping[str, object], names: tuple[str, ...], compute: Callable[[], Arrays]) -> Arrays:
    """Arrays of these names from the cache, or computed and put there in one step.

    A file that cannot be read, or lacks a name, is computed anew and replaced; a folder that cannot be written costs
    the time of computing, no more.

    Parameters
    ----------
    kind
        First part of the file's name.
    made_from
        All that the arrays depend on, the version of the method included; json-like.
    """
    fingerprint = xxhash.xxh3_64_hexdigest(msgspec.json.encode(made_from, order="sorted"))
    path = cache_folder() / f"{kind}-{fingerprint}.npz"
    with suppress(*_UNREADABLE), path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in names}
    arrays = compute()
    with suppress(OSError):
        _store(path, arrays)
    return arrays


def _store(path: Path, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, spare = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        Path(spare).replace(path)
    except OSError:
        Path(spare).unlink(missing_ok=True)
        raise
