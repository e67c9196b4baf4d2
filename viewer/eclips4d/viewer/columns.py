"""Columns of the store that are read only while a panel that shows them is in sight."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eclips4d.viewer.latency import LatencyMemory
from eclips4d.viewer.picture import Picture
from eclips4d.viewer.side_values import SideMemory

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run

SIDE, PACE = "side", "pace"
"""Names of the panels."""


class ColumnReader:
    """Adds to a picture what it was asked for."""

    def __init__(self) -> None:
        self._side, self._latency = SideMemory(), LatencyMemory()

    def add(self, picture: Picture, run_id: str, recorded: Run, committed: Run) -> Picture:
        """The same picture with side values and latencies, as wanted."""
        wanted = picture.wanted.columns
        side = self._side.read(run_id, recorded) if SIDE in wanted else None
        latency = self._latency.read(run_id, committed) if PACE in wanted else None
        return picture if side is None and latency is None else replace(picture, side=side, latency=latency)
