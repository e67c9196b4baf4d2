"""Classical filters of the closed form's slopes, each with a grid of its one parameter to be chosen on the truth."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.core.errors import InputError

F32 = NDArray[np.float32]
Filter = Callable[[F32, float, float], F32]
"""(slopes [2, y, x], noise sd of a component, parameter) -> slopes."""

_TV_STEPS, _TV_CLOSE = 200, 1e-5
_PATCH, _REACH = 5, 8


@dataclass(frozen=True, slots=True)
class Peer:
    """A family of filters.

    Attributes
    ----------
    run
        The filter.
    grid
        Parameters to choose from, in rising strength.
    parameter
        What the parameter is, with its unit.
    needs
        Package that it needs beyond the run-time ones, if any.
    slow
        Seconds per frame: its parameter is chosen on the first few seeds.
    """

    run: Filter
    grid: tuple[float, ...]
    parameter: str
    needs: str | None = None
    slow: bool = False

    @property
    def there(self) -> bool:
        """Whether the package it needs is installed."""
        return self.needs is None or importlib.util.find_spec(self.needs) is not None


def gaussian(slope: F32, noise: float, sigma_px: float) -> F32:
    """Gaussian filter of both components; 0 leaves them."""
    if sigma_px == 0.0:
        return slope
    return np.stack([gaussian_filter(part, sigma_px, mode="nearest") for part in slope])


def gaussian_of_surface(slope: F32, noise: float, sigma_px: float) -> F32:
    """Gaussian filter, then the nearest slopes that are a surface's: curl is nothing but noise.

    Projecting it out takes half the noise power at no cost in sharpness.
    """
    return curl_free(gaussian(slope, noise, sigma_px))


def curl_free(slope: F32) -> F32:
    """The nearest slopes without curl, by Fourier transform of a surface continued by its mirror image.

    Pixel means of dh/dx and dh/dy are the same mean of both, so their transforms stand to each other as the wave
    numbers do, up to aliasing: nothing is blurred.
    """
    p, q = (np.asarray(part, dtype=np.float64) for part in slope)
    p = np.block([[p, -p[:, ::-1]], [p[::-1], -p[::-1, ::-1]]])
    q = np.block([[q, q[:, ::-1]], [-q[::-1], -q[::-1, ::-1]]])
    ky, kx = np.fft.fftfreq(p.shape[0])[:, None], np.fft.rfftfreq(p.shape[1])[None, :]
    # At two pixels per wave nothing tells its direction.
    ky, kx = np.where(np.abs(ky) == 0.5, 0.0, ky), np.where(kx == 0.5, 0.0, kx)
    square = np.maximum(kx**2 + ky**2, 1e-30)
    along = (kx * np.fft.rfft2(p) + ky * np.fft.rfft2(q)) / square
    rows, columns = slope.shape[1:]
    found = [np.fft.irfft2(k * along, p.shape)[:rows, :columns] for k in (kx, ky)]
    return np.asarray(found, dtype=np.float32)


def total_variation(slope: F32, noise: float, weight: float) -> F32:
    """Total variation of each component (Chambolle 2004); the weight counts in noise sd."""
    restoration = _skimage()
    options = {"eps": _TV_CLOSE, "max_num_iter": _TV_STEPS, "channel_axis": 0}
    found = restoration.denoise_tv_chambolle(slope / noise, weight, **options)
    return np.asarray(found * noise, dtype=np.float32)


def non_local_means(slope: F32, noise: float, strength: float) -> F32:
    """Non-local means of each component; the strength counts in noise sd."""
    options = {"patch_size": _PATCH, "patch_distance": _REACH, "h": strength * noise, "sigma": noise}
    return np.stack([_skimage().denoise_nl_means(part, **options) for part in slope]).astype(np.float32)


def bm3d(slope: F32, noise: float, factor: float) -> F32:
    """BM3D of each component, told the noise sd times a factor (Dabov et al. 2007; the authors' package)."""
    package = importlib.import_module("bm3d")
    found = []
    for part in slope:
        low, span = float(part.min()), max(float(np.ptp(part)), 1e-12)
        found.append(package.bm3d((part - low) / span, factor * noise / span) * span + low)
    return np.asarray(found, dtype=np.float32)


def _skimage() -> Any:
    try:
        return importlib.import_module("skimage.restoration")
    except ImportError as error:
        raise InputError(
            "scikit-image is missing", cure="install the development tools: pip install scikit-image"
        ) from error


PEERS: Mapping[str, Peer] = {
    "Gaussian": Peer(
        gaussian, (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0, 6.0), "σ, px"
    ),
    "Gaussian, curl-free": Peer(
        gaussian_of_surface, (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0), "σ, px"
    ),
    "total variation": Peer(
        total_variation,
        (0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.5, 7.0),
        "weight over noise",
        "skimage",
    ),
    "non-local means": Peer(non_local_means, (0.3, 0.45, 0.6, 0.8, 1.0, 1.3), "h over noise", "skimage", slow=True),
    "BM3D": Peer(bm3d, (1.0, 1.2, 1.5), "σ over noise", "bm3d", slow=True),
}
"""All peers by name."""
