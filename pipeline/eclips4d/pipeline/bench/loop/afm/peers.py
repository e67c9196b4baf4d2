"""Other programs that bring one image onto another, where they are installed; none is a dependency.

ECC and SimpleITK are begun at the place that our search finds, because from no turn, no shift and no scale neither
finds a map that lies so far off.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft2, fftshift
from scipy.ndimage import gaussian_filter

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.sampling import Sampler

F64 = NDArray[np.float64]
Method = Callable[[F64, float, HeightMap, Affine], Affine]
"""`(run, its pixel in nm, map, rough place) -> place`."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A method and the package it needs."""

    method: Method
    package: str

    @property
    def there(self) -> bool:
        """Whether the package is installed."""
        return find_spec(self.package) is not None


def ecc(run: F64, pixel: float, chart: HeightMap, rough: Affine) -> Affine:
    """OpenCV's `findTransformECC`, affine (Evangelidis and Psarakis, 2008)."""
    cv2: Any = importlib.import_module("cv2")
    turn, shift = _pixels(run.shape, pixel, chart)
    back = np.linalg.inv(rough.matrix())
    start = np.eye(3)
    start[:2, :2], start[:2, 2] = back, -back @ np.array(rough.shift_nm)
    warp = (np.linalg.inv(shift) @ start @ turn)[:2].astype(np.float32)
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-6)
    image = gaussian_filter(_flat(chart.height_nm), max(0.5 * pixel / chart.pixel_size_nm[0], 0.3))
    try:
        _, warp = cv2.findTransformECC(
            _flat(run).astype(np.float32), image.astype(np.float32), warp, cv2.MOTION_AFFINE, ends, None, 5
        )
    except cv2.error:
        return rough
    found = np.linalg.inv(shift @ np.vstack([warp, [0, 0, 1]]) @ np.linalg.inv(turn))
    return Affine.of(found[:2, :2], found[:2, 2], False)


def simple_itk(run: F64, pixel: float, chart: HeightMap, rough: Affine) -> Affine:
    """SimpleITK's affine registration by correlation, two resolutions."""
    itk: Any = importlib.import_module("SimpleITK")
    itk.ProcessObject.SetGlobalWarningDisplay(False)

    def image(height: F64, size: float) -> Any:
        made = itk.GetImageFromArray(_flat(height).astype(np.float32))
        made.SetSpacing((size, size))
        made.SetOrigin(tuple(-(n - 1) / 2 * size for n in height.shape[::-1]))
        return made

    back = np.linalg.inv(rough.matrix())
    start = itk.AffineTransform(2)
    start.SetMatrix(back.ravel().tolist())
    start.SetTranslation((-back @ np.array(rough.shift_nm)).tolist())
    method = itk.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(0.3)
    method.SetInterpolator(itk.sitkLinear)
    method.SetOptimizerAsConjugateGradientLineSearch(1.0, 15, 1e-6, 5)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([4, 2])
    method.SetInitialTransform(start, inPlace=True)
    try:
        method.Execute(image(run, pixel), image(chart.height_nm, chart.pixel_size_nm[0]))
    except RuntimeError:
        return rough
    matrix = np.linalg.inv(np.array(start.GetMatrix()).reshape(2, 2))
    return Affine.of(matrix, -matrix @ np.array(start.GetTranslation()), False)


def phase(run: F64, pixel: float, chart: HeightMap, rough: Affine) -> Affine:
    """scikit-image's `phase_cross_correlation`: the shift, to a hundredth of a pixel."""
    registration: Any = importlib.import_module("skimage.registration")
    one, other = _window(_flat(run)), _window(_on_run(run.shape, pixel, chart, Affine()))
    down, right = registration.phase_cross_correlation(one, other, upsample_factor=100, normalization=None)[0]
    return Affine(shift_nm=(float(right) * pixel, float(down) * pixel))


def log_polar(run: F64, pixel: float, chart: HeightMap, rough: Affine) -> Affine:
    """scikit-image's recipe: turn and scale from spectra in logarithmic polar coordinates, then the shift."""
    registration: Any = importlib.import_module("skimage.registration")
    transform: Any = importlib.import_module("skimage.transform")
    images = (_window(_flat(run)), _window(_on_run(run.shape, pixel, chart, Affine())))
    radius = min(run.shape) // 4
    polar = [
        transform.warp_polar(np.log1p(fftshift(np.abs(fft2(image)))), radius=radius, scaling="log")[:180]
        for image in images
    ]
    turn, stretch = registration.phase_cross_correlation(*polar, upsample_factor=20, normalization=None)[0]
    grown = float(np.exp(-stretch * np.log(radius) / radius))
    turn = (-float(turn) + 90.0) % 180.0 - 90.0
    start = Affine((grown, grown), turn)
    moved = _window(_on_run(run.shape, pixel, chart, start))
    down, right = registration.phase_cross_correlation(images[0], moved, upsample_factor=100, normalization=None)[0]
    return Affine((grown, grown), turn, shift_nm=(float(right) * pixel, float(down) * pixel))


PEERS = {
    "phase correlation (scikit-image)": Peer(phase, "skimage"),
    "log-polar and phase correlation (scikit-image)": Peer(log_polar, "skimage"),
    "ECC, affine (OpenCV), from our search": Peer(ecc, "cv2"),
    "affine by correlation (SimpleITK), from our search": Peer(simple_itk, "SimpleITK"),
}


def _pixels(shape: tuple[int, ...], pixel: float, chart: HeightMap) -> tuple[F64, F64]:
    """[3, 3] from pixels to nm from the middle: of the run, of the map."""

    def one(grid: tuple[int, ...], size: float) -> F64:
        return np.array([[size, 0, -(grid[1] - 1) / 2 * size], [0, size, -(grid[0] - 1) / 2 * size], [0, 0, 1]])

    return one(shape, pixel), one(chart.height_nm.shape, chart.pixel_size_nm[0])


def _flat(height: F64) -> F64:
    """Without its plane and bow, over its standard deviation."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in height.shape), indexing="ij")
    design = np.stack([np.ones(x.size), *(a.ravel() for a in (x, y, x * x, x * y, y * y))], axis=1)
    rest = height.ravel() - design @ np.linalg.lstsq(design, height.ravel(), rcond=None)[0]
    return np.asarray((rest / rest.std()).reshape(height.shape), np.float64)


def _on_run(shape: tuple[int, ...], pixel: float, chart: HeightMap, place: Affine) -> F64:
    x, y = np.meshgrid(*((np.arange(n) - (n - 1) / 2) * pixel for n in shape[::-1]))
    flat = HeightMap(_flat(chart.height_nm), chart.pixel_size_nm)
    return np.nan_to_num(Sampler.of(flat, pixel).at(*place.to_map(x, y)))


def _window(image: F64) -> F64:
    return np.asarray(image * np.outer(*(np.hanning(n) for n in image.shape)), np.float64)
