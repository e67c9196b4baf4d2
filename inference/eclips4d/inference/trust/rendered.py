"""What the segments should have counted of a surface, by the calibration of the frame and the distilled simulator."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.inference.closed_form import facet_law
from eclips4d.inference.horizon import signals_of_facets
from eclips4d.physics.detector import annulus_mm, segment_response
from eclips4d.physics.dsm.facet_table import POINTS, FacetTable, look_up_rows
from eclips4d.physics.dsm.normals import slopes_on_grid
from eclips4d.physics.dsm.simulator import DistilledSimulator, distilled_simulator

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SMALLEST_PX = 8
"""Side of the smallest frames that are rendered."""


@dataclass(frozen=True)
class Rerendering:
    """Renders surfaces as the calibration says that the segments see them. Calling it is pure.

    Facets are those of the closed form's own law, so that what nothing shades leaves no misfit but noise; what the
    surroundings hide is the distilled simulator's, where the detector's radii are known.

    Attributes
    ----------
    threads
        As many as the process has processors when absent.
    """

    instrument: Instrument
    threads: int | None = None
    _drawn: dict[tuple[int, int], DistilledSimulator] = field(default_factory=dict, repr=False, compare=False)
    _tables: dict[tuple[object, ...], F32] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, height_nm: F32, slope: F32, calibration: Calibration) -> F32:
        """Signals over the mean one of a flat spot, float32 [n, y, x]; parameters as of the simulator."""
        drawn = self.drawn(height_nm.shape)
        hidden = drawn.hidden
        if not annulus_mm(self.instrument)[2]:
            hidden = hidden._replace(floor=np.full_like(hidden.floor, np.inf))
        return replace(drawn, facets=self._facets(drawn.facets, calibration), hidden=hidden)(height_nm, slope)

    def shaded(self, height_nm: F32, slope: F32) -> Shaded | None:
        """The pixels of which surroundings may hide something; None where there are none. Parameters as of a call.

        By Lambert's law, facets too: of a facet that copper shows darker, what Lambert's law hides would be too much.
        Of a detector whose radii are not known, the nominal ones are taken. What changes over the field is left out.
        """
        drawn = self.drawn(height_nm.shape)
        with drawn.spread() as spread:
            hidden = drawn.hidden_signal(height_nm, slope, spread)
        if hidden is None:
            return None
        centre = FacetTable(drawn.facets.values[:1])
        row, column = hidden.pixels.row, hidden.pixels.column
        alone = np.empty((len(hidden.signal), 1, column.size), np.float32)
        facets = np.ascontiguousarray(slope[:, row, column][:, None])
        look_up_rows(centre.by_segment, POINTS, facets, alone, 0, 1)
        return Shaded(row, column, alone[:, 0], np.maximum(alone[:, 0] - hidden.signal, np.float32(0.0)))

    def drawn(self, shape: tuple[int, ...]) -> DistilledSimulator:
        """The simulator for images of that shape, made when it is first asked for."""
        key = (shape[0], shape[1])
        return self._drawn.get(key) or self._drawn.setdefault(key, simulator_of(self.instrument, key, self.threads))

    def _facets(self, nominal: FacetTable, calibration: Calibration) -> FacetTable:
        tilts = (calibration.contrast_tilt_deg, calibration.contrast_ratio, calibration.second_harmonic)
        key = (calibration.flat, calibration.contrast, *tilts, calibration.third_harmonic)
        table = self._tables.get(key)
        if table is None:
            if len(self._tables) >= _KEPT:
                self._tables.clear()
            table = self._tables.setdefault(key, calibrated_facets(self.instrument, calibration))
        return FacetTable(np.concatenate([table[None], nominal.values[1:]]))


@dataclass(frozen=True, slots=True)
class Shaded:
    """Signals of K pixels over the mean one of a flat spot.

    Attributes
    ----------
    row, column : int64 [K]
    alone, seen : float32 [n, K]
        If nothing else were there, and behind what surroundings hide.
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    alone: F32
    seen: F32


def make_ready(instrument: Instrument, shape: tuple[int, int]) -> None:
    """Draw up now what the first frame of that shape would wait for."""
    if min(shape) >= SMALLEST_PX:
        simulator_of(instrument, shape, None)


def simulator_of(instrument: Instrument, shape: tuple[int, int], threads: int | None) -> DistilledSimulator:
    """Of signals over the mean one of a flat spot; made once, which takes a second or two."""
    return _made(_Known(instrument.fingerprint, instrument), shape, threads)


@dataclass(frozen=True, slots=True)
class _Known:
    """An instrument, told from others by its fingerprint: what it is valid for is a dictionary, which has no hash."""

    fingerprint: str
    instrument: Instrument = field(compare=False)


@lru_cache(maxsize=4)
def _made(known: _Known, shape: tuple[int, int], threads: int | None) -> DistilledSimulator:
    instrument = known.instrument
    made = distilled_simulator(instrument, shape, threads=threads)
    scale = np.float32(1.0 / float(segment_response(instrument).flat.mean()))
    hidden = made.hidden._replace(hidden=made.hidden.hidden * scale)
    return replace(made, facets=FacetTable(made.facets.values * scale), hidden=hidden)


_KEPT = 8
"""Tables: a run has few calibrations, and what a gas changes from frame to frame is not of facets."""


def calibrated_facets(instrument: Instrument, calibration: Calibration) -> F32:
    """Signals of facets, per electron of a flat spot and over its mean segment, [POINTS, POINTS, n]."""
    down, right = slopes_on_grid(POINTS)
    slope = np.stack([right, down])
    law, nominal = facet_law(instrument, calibration), segment_response(instrument)
    scale = 1.0 if law is None else law.scale
    exact = signals_of_facets(instrument, slope, law)
    linear = _linear(nominal.flat, scale * nominal.contrast, slope)
    flat, contrast = np.asarray(calibration.flat), np.asarray(calibration.contrast)
    ratio = (flat / nominal.flat)[:, None, None]
    signal = _linear(flat, contrast, slope) + ratio * (exact - linear)
    foreshortened = np.maximum(signal, 0.0) / np.sqrt(1.0 + (slope**2).sum(axis=0))
    return np.ascontiguousarray(np.moveaxis(foreshortened / flat.mean(), 0, -1), dtype=np.float32)


def _linear(flat: F64, contrast: F64, slope: F64) -> F64:
    return np.asarray(flat[:, None, None] - np.einsum("kc,cyx->kyx", contrast, slope))
