"""What the module's change does to slopes that are read off the segments, as a table over all facets."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.inference.finetune.module import FineTune
from eclips4d.inference.finetune.reading import reading_of
from eclips4d.inference.finetune.rendered import facets
from eclips4d.inference.finetune.terms import held
from eclips4d.physics.dsm.facet_table import POINTS, look_up_rows
from eclips4d.physics.dsm.normals import slopes_on_grid

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_KEPT = 8


def change_of_facets(module: FineTune, instrument: Instrument, calibration: Calibration, slope: F64) -> F64:
    """Of the signals of facets [2, y, x] that stand alone, relative, [n, y, x]."""
    seen = facets(instrument, calibration, held(slope, module.steepest).astype(np.float32))
    return np.asarray(module.change(seen, reading_of(seen)) / seen.image)


@dataclass(frozen=True)
class Correction:
    """Takes from closed-form slopes what the module's change was read as. Calling it is pure but for its argument."""

    instrument: Instrument
    module: FineTune
    _tables: dict[tuple[object, ...], F32] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, slope: F32, calibration: Calibration) -> None:
        """In place, [2, y, x]."""
        wrong = np.empty_like(slope)
        look_up_rows(self._table(calibration), POINTS, slope, wrong, 0, slope.shape[1])
        slope -= wrong
        slope *= np.float32(self.module.scale)

    def _table(self, calibration: Calibration) -> F32:
        law = (calibration.contrast_tilt_deg, calibration.contrast_ratio, calibration.second_harmonic)
        key = (calibration.flat, calibration.contrast, *law, calibration.third_harmonic, calibration.gain)
        table = self._tables.get(key)
        if table is None:
            if len(self._tables) >= _KEPT:
                self._tables.clear()
            table = self._tables.setdefault(key, self._tabulated(calibration))
        return table

    def _tabulated(self, calibration: Calibration) -> F32:
        """[1, 2, POINTS²] over the normal's horizontal part."""
        down, right = slopes_on_grid(POINTS)
        slope = held(np.stack([right, down]), self.module.steepest)
        seen = facets(self.instrument, calibration, slope.astype(np.float32))
        reading = reading_of(seen)
        wrong = reading.read(self.module.change(seen, reading))[1:]
        return np.ascontiguousarray(wrong.reshape(1, 2, -1), dtype=np.float32)
