"""How much of a granular film's structure is left, wavelength by wavelength: what smoothing takes and noise hides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.slopes.gathered import readings
from eclips4d.pipeline.bench.networks.slopes.sharpness import methods
from eclips4d.pipeline.bench.rows import Row

F64 = NDArray[np.float64]

TABLE = "Sharpness: share of a granular film's slopes that is left, by wavelength"
BANDS_PX = ((4.0, 5.0), (5.0, 8.0), (8.0, 16.0), (16.0, 64.0))
DOSES = (1000.0, 10000.0)


def transfer_rows(seeds: int, models: Sequence[str], kept: Path | None = None) -> list[Row]:
    """Regression of the slopes read on the true ones within bands of wavelengths: 1 is unbiased, 0 is gone."""
    rows = []
    for dose in DOSES:
        reads = readings("granular", dose, seeds)
        for method in methods("granular", dose, reads, models, kept):
            left = np.mean([kept_share(method.slopes(k), r.frame.slope) for k, r in enumerate(reads)], axis=0)
            for (short, long), share in zip(BANDS_PX, left, strict=True):
                rows.append(Row(TABLE, f"{dose:g} electrons, {short:g}–{long:g} px: {method.name}", float(share)))
    return rows


def kept_share(slope: NDArray[np.floating], truth: NDArray[np.floating]) -> F64:
    """Cross spectrum with the truth over the truth's own, summed over both components, float64 [bands]."""
    rows, columns = truth.shape[1:]
    window = np.outer(np.hanning(rows), np.hanning(columns))
    found, true = (np.fft.rfft2(np.asarray(s, dtype=np.float64) * window) for s in (slope, truth))
    wave = 1.0 / np.maximum(np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :]), 1e-9)
    cross, own = (found * np.conj(true)).real.sum(axis=0), (np.abs(true) ** 2).sum(axis=0)
    bands = [(wave >= short) & (wave < long) for short, long in BANDS_PX]
    return np.array([cross[band].sum() / own[band].sum() for band in bands])
