"""The height datum of a store against the truth: by which plane each height really lies off the reference frame's."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from eclips4d.pipeline.bench.rows import Row

F64 = NDArray[np.float64]
DATUM = "Recordings, drift and calibration estimated: error of the height datum in the middle of the image, nm"


def datum_rows(what: str, store: xr.Dataset, truth: F64) -> list[Row]:
    """Rms error, over the frames whose datum is observable, beside how much the surface grew.

    Parameters
    ----------
    what : str
    store : xarray.Dataset
    truth : float64 [t, y, x]
        Heights on the grid of frame 0, nm.
    """
    off = np.array([_offset(h - t) for h, t in zip(store["height"].values, truth, strict=True)])
    stated, sd = store["datum"].values[:, 0], store["datum_sd"].values[:, 0]
    error = (stated - (off - off[0]))[1:]
    seen = np.isfinite(error)
    grown = float(truth[-1].mean() - truth[0].mean())
    over = _rms(error[seen] / sd[1:][seen])
    said = f"observable in {seen.sum()} of {seen.size} frames, over the stated sd {over:.2f}, grown by {grown:.3g} nm"
    return [Row(DATUM, f"{what}: {said}", _rms(error[seen]))]


def _offset(height: F64) -> float:
    """In the middle of the image, of the plane of least squares."""
    y, x = (np.linspace(-1.0, 1.0, n) for n in height.shape)
    terms = np.stack([np.ones(height.shape), *np.meshgrid(x, y)], axis=-1)
    seen = np.isfinite(height)
    return float(np.linalg.lstsq(terms[seen], height[seen], rcond=None)[0][0])


def _rms(values: F64) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else float("nan")
