"""The catalogue's file: one SQLite database, written by whole runs, read by anybody at the same time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from eclips4d.core.errors import InputError, StoreError
from eclips4d.pipeline.campaign.entry import PLAIN, ModelShare, RunEntry, SideRange
from eclips4d.pipeline.campaign.schema import CREATE, VERSION

WAIT_S = 30.0
"""For another command that writes it."""


def default_file() -> Path:
    """Where a user's catalogue is: on Linux `~/.local/share/eclips4d/runs.sqlite`."""
    return platformdirs.user_data_path("eclips4d", appauthor=False) / "runs.sqlite"


class Catalogue:
    """What is remembered of runs. Made by `open_catalogue`.

    Attributes
    ----------
    begun_anew : str
        Why the file that was there could not be used, and where it was put; '' otherwise.
    """

    def __init__(self, connection: sqlite3.Connection, file: Path, begun_anew: str = "") -> None:
        self._connection = connection
        self.file = file
        self.begun_anew = begun_anew

    def put(self, entry: RunEntry) -> None:
        """Remember a run, in place of what was known of the store at that path."""
        values = [getattr(entry, name) for name in PLAIN]
        marks = ", ".join("?" * len(PLAIN))
        with self._connection as one:
            one.execute("DELETE FROM runs WHERE path = ?", (entry.path,))
            one.execute(f"INSERT INTO runs ({', '.join(PLAIN)}) VALUES ({marks})", values)
            for table, parts in (("side", entry.side), ("models", entry.models)):
                for part in parts:
                    row = (entry.path, *msgspec.structs.astuple(part))
                    one.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def forget(self, paths: Iterable[str]) -> None:
        """Remember these stores no longer. The stores stay."""
        with self._connection as one:
            one.executemany("DELETE FROM runs WHERE path = ?", [(path,) for path in paths])

    def watch(self, folders: Iterable[str]) -> None:
        """Folders to be looked through again by `renew`."""
        with self._connection as one:
            one.executemany("INSERT OR IGNORE INTO folders VALUES (?)", [(folder,) for folder in folders])

    def leave(self, folders: Iterable[str]) -> None:
        """Folders not to be looked through any more."""
        with self._connection as one:
            one.executemany("DELETE FROM folders WHERE path = ?", [(folder,) for folder in folders])

    @property
    def folders(self) -> list[str]:
        """Those told of, in order."""
        return [path for (path,) in self._connection.execute("SELECT path FROM folders ORDER BY path")]

    @property
    def stamps(self) -> dict[str, str]:
        """Path and stamp of every run."""
        return dict(self._connection.execute("SELECT path, stamp FROM runs"))

    def find(self, where: str = "1", values: Sequence[object] = ()) -> list[RunEntry]:
        """Runs for which the SQL condition holds, the oldest first.

        Raises
        ------
        InputError
            The condition is no SQL, or would write.
        """
        sql = f"SELECT {', '.join(PLAIN)} FROM runs WHERE ({where}) ORDER BY begun_utc, path"
        found = self._asked(sql, values, where)[1]
        return [self._entry(row) for row in found]

    def ask(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Names of the columns and rows of any question in SQL; errors as in `find`."""
        return self._asked(sql, (), sql)

    def _asked(self, sql: str, values: Sequence[object], said: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        try:
            with _reading(self._connection):
                cursor = self._connection.execute(sql, values)
                return [column[0] for column in cursor.description or ()], cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            cure = "tables: runs, side, models, folders; they are only read"
            raise InputError(
                f"the catalogue cannot answer: {error}", where=" ".join(said.split()), cure=cure
            ) from error

    def _entry(self, row: tuple[Any, ...]) -> RunEntry:
        named = dict(zip(PLAIN, row, strict=True))
        path = (named["path"],)
        side = self._connection.execute("SELECT name, unit, least, mean, most FROM side WHERE path = ?", path)
        models = self._connection.execute("SELECT name, fingerprint, engine, frames FROM models WHERE path = ?", path)
        return msgspec.convert(
            named
            | {
                "side": [dict(zip(SideRange.__struct_fields__, values, strict=True)) for values in side],
                "models": [dict(zip(ModelShare.__struct_fields__, values, strict=True)) for values in models],
            },
            RunEntry,
            strict=False,
        )


@contextmanager
def open_catalogue(file: Path | None = None) -> Iterator[Catalogue]:
    """The catalogue in `file`, made when it is not there.

    A file that is damaged or of another version is put aside, and the catalogue begins empty: the stores are the truth.

    Raises
    ------
    StoreError
        The file cannot be made or written.
    """
    path = default_file() if file is None else file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection, why = _connected(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the catalogue cannot be opened: {error}", where=str(path)) from error
    try:
        yield Catalogue(connection, path, why)
    except sqlite3.Error as error:
        raise StoreError(f"the catalogue cannot be used: {error}", where=str(path)) from error
    finally:
        connection.close()


def _connected(path: Path) -> tuple[sqlite3.Connection, str]:
    try:
        return _checked(path), ""
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise  # locked, no permission, no room: nothing is wrong with the file
        aside = _free_name(path)
        path.rename(aside)
        return _checked(path), f"{error}; the old file is kept as {aside.name}"


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.unusable-{k}") for k in range(1, 10_000))
    return next(name for name in names if not name.exists())


def _checked(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_S)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        _create(connection)
    elif version != VERSION:
        raise sqlite3.DatabaseError(f"made by another version of eclips4d (tables {version}, these are {VERSION})")
    ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise sqlite3.DatabaseError(f"damaged: {found}")


def _create(connection: sqlite3.Connection) -> None:
    """Of two that find an empty file at once, the second finds the first one's tables."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in CREATE.split(";"):
                connection.execute(statement)


@contextmanager
def _reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Whatever is asked, nothing is written."""
    connection.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA query_only = OFF")
