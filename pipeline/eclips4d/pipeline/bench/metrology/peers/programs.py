"""Other programs behind functions: arrays in, numbers out, None where a program is not installed or gives up."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

PER_NM = 1e-3
"""surfalize wants micrometres."""


def installed(name: str) -> bool:
    """Whether a program can be imported."""
    return importlib.util.find_spec(name) is not None


def sati_heights(height: F64, levels: int, tolerance_nm: float) -> F64 | None:
    """Heights of so many terraces by sati (Kohsaka 2021), lowest first, nm.

    As its documentation shows: initial guess by flooding, then expectation maximisation with a plane and Cauchy
    distributions. It must be told the number of levels and the tolerance of the flood.

    Returns
    -------
    float64 [levels] or None
        None where it finds no start.
    """
    sati: Any = importlib.import_module("sati")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = sati.Responsibility(height, n=levels)
        try:
            start.initial_guess(tolerance=tolerance_nm)
        except RuntimeError:
            return None
        model = sati.Model(height, rsp=start, poly=sati.planes.Poly(), dist=sati.distributions.Cauchy())
        model.optimize(verbosity=0)
    return np.sort(np.asarray(model.dist.loc, np.float64))


def surfalize_step(height: F64, pixel_nm: float) -> float:
    """Depth of a pit by surfalize: levelled on the upper of two levels told apart by Otsu's threshold, medians, nm."""
    surface = _surface(height, pixel_nm).stepheight_level()
    return float(surface.stepheight()) / PER_NM


def surfalize_roughness(height: F64, pixel_nm: float) -> dict[str, float]:
    """Parameters of ISO 25178 by surfalize of a surface as it is, in nm and without unit."""
    surface = _surface(height, pixel_nm)
    lengths = {name: float(getattr(surface, name)()) / PER_NM for name in ("Sq", "Sa", "Sp", "Sv", "Sz")}
    others = {name: float(getattr(surface, name)()) for name in ("Ssk", "Sku", "Sdq")}
    return lengths | others | {"Sdr": float(surface.Sdr()) / 100.0}


def _surface(height: F64, pixel_nm: float) -> Any:
    surfalize: Any = importlib.import_module("surfalize")
    return surfalize.Surface(np.asarray(height, np.float64) * PER_NM, pixel_nm * PER_NM, pixel_nm * PER_NM)
