"""Results that were noted down, one number each, and their file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number.

    Attributes
    ----------
    name : str
        Of the measurement.
    frame : int
        In which it was read.
    time_s : float
        Start of the frame, or the moment at which what is measured was seen.
    quantity : str
    value, u : float
        And its combined standard uncertainty (NaN when nobody knows it), in `unit`.
    unit : str
    """

    name: str
    frame: int
    time_s: float
    quantity: str
    value: float
    u: float
    unit: str


COLUMNS = tuple(field.name for field in fields(Row))


class Results:
    """Rows in the order in which they were noted."""

    def __init__(self) -> None:
        self.rows: tuple[Row, ...] = ()

    def append(self, rows: Iterable[Row]) -> int:
        """Note rows down; those that stand there already, number for number, are not noted again. How many were new."""
        known = set(map(_key, self.rows))
        fresh = [row for row in rows if math.isfinite(row.value) and _key(row) not in known]
        self.rows = (*self.rows, *fresh)
        return len(fresh)

    def remove(self, places: Iterable[int]) -> None:
        """Strike rows out, by their places."""
        gone = set(places)
        self.rows = tuple(row for k, row in enumerate(self.rows) if k not in gone)


def _key(row: Row) -> tuple[object, ...]:
    # As text, for NaN differs from itself.
    return (row.name, row.frame, row.quantity, row.unit, f"{row.value!r} {row.u!r}")


def table_of(rows: Sequence[Row]) -> pd.DataFrame:
    """One row each, columns as the fields of `Row`."""
    import pandas as pd

    return pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))


def check_target(path: Path) -> None:
    """Refuse a file that cannot be made, before anything is measured for it.

    Raises
    ------
    InputError
        Another kind of file, no such folder, or a library for it is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("not a table that can be made", where=path.name, cure="give a name in .csv or .parquet")
    if not path.absolute().parent.is_dir():
        raise InputError("no such folder", where=str(path.parent), cure="make the folder first")
    if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise InputError("pyarrow is not installed", where=path.name, cure="pip install eclips4d[formats], or .csv")


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by its name; the file is whole or not there.

    Raises
    ------
    InputError
        As `check_target`.
    OSError
        The disk is full, or the folder may not be written to.
    """
    check_target(path)
    draft = path.with_name(f".{path.name}.part")
    try:
        if path.suffix.lower() == ".parquet":
            table.to_parquet(draft, index=False)
        else:
            table.to_csv(draft, index=False, na_rep="NaN", float_format="%.12g")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
