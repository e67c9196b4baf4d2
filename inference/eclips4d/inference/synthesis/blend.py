"""A refined height and the model's, blended by wavelength: each by what is wrong with it, as far as both tell that.

A refined height errs by counting, and by how much is known: least squares makes waves of white noise of the slopes
that grow with their length. A network takes off more noise than any prior of bending, but errs where faces hide the
detector. Where both differ by no more than counting explains, their mean is better than either; where they differ by
more, the model is wrong, and the less it counts [W. James and C. Stein, Proc. 4th Berkeley Symp. 1, 361 (1961)].
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from eclips4d.inference.synthesis.corners import pixels
from eclips4d.inference.synthesis.normal_equations import Curvature

F64 = NDArray[np.float64]

BANDS_PX: Final = (np.inf, 48.0, 24.0, 12.0, 6.0, 1.0)
"""Wavelengths that part the bands in which one share holds."""
MOST: Final = (0.6, 0.6, 0.6, 0.6, 0.2)
"""Of the model, band by band: what both have in common of their noise does not show in their difference. The shortest
waves are edges, which no network that reads one slope per pixel has as sharp."""


class Blend(NamedTuple):
    """What is added to the refined height, nm, [y, x], and the model's share in every band, the longest waves first."""

    change: F64
    shares: tuple[float, ...]


def blended(refined: F64, model: F64, told: float, pixel_nm: tuple[float, float]) -> Blend:
    """Of two heights of one frame.

    Parameters
    ----------
    refined, model : float64 [y, x]
        nm; what they differ by in the mean is nobody's and stays the refined one's.
    told : float
        What a pixel's electrons tell of a component of its slope, see `told_of_slopes`.
    pixel_nm : (float, float)
        Along x and y.
    """
    apart = scipy.fft.dctn(model - refined, norm="ortho")
    per_px = [np.arange(n) / (2.0 * n) for n in apart.shape]
    frequency = np.hypot(per_px[0][:, None], per_px[1])
    steps = [(2.0 - 2.0 * np.cos(2.0 * np.pi * f)) / p**2 for f, p in zip(per_px, reversed(pixel_nm), strict=True)]
    curvature = steps[0][:, None] + steps[1]
    curvature[0, 0] = np.inf
    counting = 1.0 / (told * curvature)
    share, shares = np.zeros(apart.shape), []
    for (longest, shortest), most in zip(pairwise(BANDS_PX), MOST, strict=True):
        band = (frequency >= 1.0 / longest) & (frequency < 1.0 / shortest)
        band[0, 0] = False
        different = float((apart[band] ** 2).sum())
        shares.append(min(float(counting[band].sum()) / different, most) if different > 0.0 else 0.0)
        share[band] = shares[-1]
    return Blend(np.asarray(scipy.fft.idctn(share * apart, norm="ortho")), tuple(shares))


def told_of_slopes(of: Curvature) -> float:
    """What the electrons of a usual pixel tell of a component of its slope: one over its variance."""
    whole = pixels(of.told, of.supersample) * of.supersample**2
    return float(np.median((whole**2).sum(axis=0).mean(axis=0)))
