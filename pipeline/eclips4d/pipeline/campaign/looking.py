"""Where stores lie: folders are walked, stores are not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from eclips4d.core.errors import MissingInputError
from eclips4d.storage.folder import ROOT


def stores_under(places: Iterable[Path]) -> Iterator[Path]:
    """Every folder with a `zarr.json`, each once, in order of its name; links to folders are not followed.

    What is found may be a store of another program: reading it tells.

    Raises
    ------
    MissingInputError
        A place that is not there.
    """
    seen: set[Path] = set()
    for place in places:
        if not place.is_dir():
            raise MissingInputError("no such folder", where=str(place), cure="give folders that hold RUN.zarr")
        for store in _under(place.resolve()):
            if store not in seen:
                seen.add(store)
                yield store


def _under(place: Path) -> Iterator[Path]:
    for folder, inner, files in os.walk(place):
        if ROOT in files:
            inner.clear()
            yield Path(folder)
        inner[:] = sorted(name for name in inner if not name.startswith("."))
