"""Frames of a store as triggers see them: a few numbers each, read once the frame is committed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import BELIEVED, Status
from eclips4d.metrology.profiles.line import Line, Sampler, line_sampler
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.measure import check_line
from eclips4d.metrology.steps.read import find_steps
from eclips4d.metrology.stored_movie import stored_movie
from eclips4d.pipeline.triggers.jumps import Jumps
from eclips4d.storage.folder import load_record
from eclips4d.storage.planes import Planes
from eclips4d.storage.reader import open as open_store

MOST_PIXELS: Final = 1 << 18
"""Of larger images every second, third … pixel is looked at, along both axes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame.

    Attributes
    ----------
    frame, time_s
        Its number, and the start of its first row.
    values : dict of str to float
        By quantity, but for `step`; NaN where the frame says nothing.
    edges : tuple of Edge or None
        Steps on the line; None where they are not looked for, or the frame's place is not known.
    place_sd_nm : float
        How sure that place is.
    """

    frame: int
    time_s: float
    values: dict[str, float]
    edges: tuple[Edge, ...] | None = None
    place_sd_nm: float = 0.0


class SeenFrames:
    """Goes through a store once, in its order, as far as it is committed.

    Parameters
    ----------
    store : Path
    quantities : sequence of str
    line : Line, optional
        On which steps are looked for.
    width_nm : float
        Over which is averaged across it.
    """

    def __init__(self, store: Path, quantities: Sequence[str], line: Line | None = None, width_nm: float = 0.0) -> None:
        self._store, self._quantities = store, tuple(dict.fromkeys(quantities))
        self._line, self._width_nm = line, width_nm
        self._jumps = Jumps()
        self._sampler: Sampler | None = None
        self.next = 0
        self.without_results = 0
        """Frames that had none when their turn came: lost, deferred, given up. They are not looked at again."""

    def news(self) -> Iterator[Seen]:
        """Those that were committed since the last time.

        Raises
        ------
        InputError, StoreError
            The store cannot be read; or the line cannot be measured on.
        """
        record = load_record(self._store)
        if record.committed <= self.next:
            return
        with open_store(self._store) as data:
            wanted = {"time", "status", "drift", "drift_sd", *(q for q in self._quantities if q.startswith("side_"))}
            columns = {str(name): data[name].values for name in wanted if name in data.variables}
        specs = record.planes()
        planes = Planes(self._store, [specs[q] for q in self._quantities if q in ("residual", "trust")])
        read_edges = self._edges_of() if "step" in self._quantities else None
        for frame in range(self.next, len(columns["status"])):
            self.next = frame + 1
            status = int(columns["status"][frame])
            if not status & int(Status.DONE):
                self.without_results += 1
                continue
            is_placed = not status & int(Status.NOT_ALIGNED)
            values = {q: self._value(q, frame, columns, planes, is_placed) for q in self._quantities if q != "step"}
            edges, sd_nm = read_edges(frame) if read_edges is not None and is_placed else (None, 0.0)
            yield Seen(frame, float(columns["time"][frame]), values, edges, sd_nm)

    def _value(
        self, quantity: str, frame: int, columns: dict[str, NDArray[Any]], planes: Planes, is_placed: bool
    ) -> float:
        if quantity == "residual":
            return _median(_thinned(planes.read("residual", frame)))
        if quantity == "trust":
            return 100.0 * float((_thinned(planes.read("trust", frame)) >= BELIEVED).mean())
        if quantity == "drift":
            row, column = columns["drift"][frame].tolist() if is_placed else (math.nan, math.nan)
            sd_row, sd_column = columns["drift_sd"][frame].tolist()
            return self._jumps.take(float(columns["time"][frame]), (row, column), (sd_row, sd_column))
        return float(columns[quantity][frame]) if quantity in columns else math.nan

    def _edges_of(self) -> Callable[[int], tuple[tuple[Edge, ...], float]]:
        assert self._line is not None, "checked by the command"
        movie = stored_movie(self._store)
        if self._sampler is None:
            check_line(self._line, self._width_nm, movie)
            self._sampler = line_sampler(self._line, movie.grid, movie.shape, self._width_nm)
        sampler, pixel_nm = self._sampler, max(movie.grid.pixel_size_nm)

        def read(frame: int) -> tuple[tuple[Edge, ...], float]:
            surface = movie.read(frame)
            return find_steps(sampler(surface)), pixel_nm * math.hypot(*surface.drift.sd)

        return read


def _thinned(plane: NDArray[Any]) -> NDArray[Any]:
    step = max(1, math.ceil(math.sqrt(plane.size / MOST_PIXELS)))
    return plane[::step, ::step]


def _median(plane: NDArray[Any]) -> float:
    known = plane[np.isfinite(plane)]
    return float(np.median(known.astype(np.float32))) if known.size else math.nan
