"""Which stores a view service shows: one, or those in a folder; a name from the wire only ever chooses among them."""

from __future__ import annotations

import os
from pathlib import Path

from eclips4d.core.errors import InputError, MissingInputError, StoreError

ENDING = ".zarr"
MOST_NAMED = 20


class Shelf:
    """The stores that are shown.

    Parameters
    ----------
    path : Path
        A store, which need not exist yet if its name ends in .zarr, or a folder with stores.

    Raises
    ------
    InputError
        It is neither.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.is_store = self.path.suffix == ENDING or (self.path / "zarr.json").is_file()
        if not self.is_store and not self.path.is_dir():
            raise MissingInputError("no such store or folder", where=str(path), cure="give a RUN.zarr or a folder")
        if self.is_store and not self.path.parent.is_dir():
            raise MissingInputError("no such folder", where=str(self.path.parent), cure="make the folder first")
        if self.is_store and self.path.exists() and not self.path.is_dir():
            raise InputError("no store", where=str(path), cure="give a RUN.zarr or a folder")

    def names(self) -> list[str]:
        """Of the stores that are there now; links are not followed."""
        if self.is_store:
            return [self.path.name]
        with os.scandir(self.path) as entries:
            return sorted(e.name for e in entries if e.name.endswith(ENDING) and e.is_dir(follow_symlinks=False))

    def find(self, name: str) -> Path:
        """The store of that name, with or without .zarr; without a name the only one.

        Raises
        ------
        StoreError
            There is none. The name itself has touched nothing: it is only compared.
        """
        names = self.names()
        if not name and len(names) == 1:
            return self._at(names[0])
        for one in names:
            if name and name in (one, one.removesuffix(ENDING)):
                return self._at(one)
        shown = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
        raise StoreError(f"no such store; there is {shown}" if names else "there is no store yet")

    def _at(self, name: str) -> Path:
        return self.path if self.is_store else self.path / name
