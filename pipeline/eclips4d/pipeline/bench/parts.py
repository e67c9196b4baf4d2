"""A benchmark in parts: each measured in turn, printed, and written into the documentation where that is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Protocol

from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.pipeline.bench.document import write_tables
from eclips4d.pipeline.bench.rows import Row, as_table


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a benchmark.

    Attributes
    ----------
    rows
        Measures.
    pictures
        Draws into a folder; None where there is nothing to see.
    """

    rows: Callable[[], list[Row]]
    pictures: Callable[[Path], None] | None


class Context(Protocol):
    """What the parts of one benchmark are told."""

    @property
    def console(self) -> Console:
        """For what is said while measuring."""


def run_packages(
    package: str, known: Sequence[str], asked: Sequence[str], context: Context, page: Path | None
) -> list[Row]:
    """As `run_parts`, for parts that are packages of `package` with a module `part`.

    That module has `rows(context)` and, where there is something to see, `pictures(context, folder)`.
    """

    def part_of(name: str) -> Part:
        module = importlib.import_module(f"{package}.{name}.part")
        pictures = getattr(module, "pictures", None)
        return Part(partial(module.rows, context), None if pictures is None else partial(pictures, context))

    return run_parts(known, asked, part_of, context.console, page)


def run_parts(
    known: Sequence[str], asked: Sequence[str], part_of: Callable[[str], Part], console: Console, page: Path | None
) -> list[Row]:
    """Measure, print and return the rows of the parts asked for, or of all.

    Parameters
    ----------
    part_of
        Called with a name when its turn comes.
    page
        Its tables are replaced, and the pictures in `pictures/` beside it are drawn again.

    Raises
    ------
    InputError
        An unknown part, or a table that has no place in the page.
    """
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise InputError(f"no part {unknown[0]!r}", cure=f"take one of: {', '.join(known)}")
    rows: list[Row] = []
    for name in asked or known:
        part = part_of(name)
        measured = part.rows()
        for title, lines in groupby(measured, lambda row: row.table):
            console.print(as_table(title, list(lines)))
        if page is not None:
            write_tables(page, measured)
            if part.pictures is not None:
                part.pictures(page.parent / "pictures")
        rows += measured
    return rows
