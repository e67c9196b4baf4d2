"""Layouts to begin with: which panels lie where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """Panels as tabs, the first one in front; `width` is a share of the row's."""

    width: int
    tabs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Columns from left to right; `height` is a share of the window's."""

    height: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows from top to bottom; panels that none names are hidden."""

    rows: tuple[Row, ...]

    def columns(self) -> Iterator[Column]:
        """All of them."""
        return (column for row in self.rows for column in row.columns)

    def names(self) -> set[str]:
        """Of all panels that it shows."""
        return {name for column in self.columns() for name in column.tabs}


LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType(
    {
        "Watch": Layout(
            (
                Row(
                    545,
                    (
                        Column(460, ("segments",)),
                        Column(590, ("height", "surface")),
                        Column(540, ("slope", "trust")),
                    ),
                ),
                Row(315, (Column(940, ("profile", "kymograph", "pace")), Column(650, ("drift", "table", "side")))),
            )
        ),
        "Measure": Layout(
            (
                Row(560, (Column(640, ("height", "slope")), Column(640, ("kymograph",)))),
                Row(340, (Column(740, ("profile",)), Column(540, ("table",)))),
            )
        ),
        "Trust": Layout(
            (
                Row(500, (Column(500, ("height",)), Column(500, ("trust",)))),
                Row(400, (Column(500, ("segments",)), Column(500, ("slope", "surface")))),
            )
        ),
    }
)
FIRST: Final = "Watch"
