"""An artefact given as a height map: laid over the image, blurred as the image is, and cut into places of one slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.cells import Cells
from eclips4d.physics.calibration.occluded import occluded
from eclips4d.physics.detector import annulus_mm, segment_response
from eclips4d.physics.field import response_field

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMOOTH_PX = 1.5
"""Images and slopes are both smoothed by this much, so that the image's own blur matters less."""
BLURS_PX = (0.0, 0.5, 0.8, 1.1, 1.5, 2.0, 2.7, 3.6)
_STEEPEST = np.tan(np.radians(62.0))
_BIN, _LEAST_PIXELS, _PATCH_PX = 0.06, 12, 20.0
_CURVED, _ENOUGH = (0.03, 0.06, 0.18), 0.2
"""Sd of the slopes under the smoothing beyond which a pixel is an edge and is left out: the first of these limits that
leaves this share of the pixels. Facets pass the first one, rounded grains only the last."""
_STEP_SLOPE = 0.1
"""Slope from which a pixel says something of the contrast."""
_EDGE_PX = 8


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the map lies in one frame: row and column displacement at the first row, and its change to the last."""

    shift: tuple[float, float] = (0.0, 0.0)
    rate: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Relief:
    """Slopes of the artefact on the image's pixels, not yet displaced.

    Attributes
    ----------
    slope : float64 [2, y, x]
        Along the array axes; NaN outside the map.
    seen : bool [y, x]
        False where other parts of the surface hide some of the detector.
    """

    slope: F64
    seen: Mask


def relief(height_nm: F64, pixel_nm: float, instrument: Instrument, shape: tuple[int, int]) -> Relief:
    """Slopes of a height map, on a grid of the image's pixel size that starts at the map's first pixel.

    Parameters
    ----------
    height_nm
        [Y, X]; NaN where it is not known.
    pixel_nm
        Of the map.
    shape
        Of the image.

    Raises
    ------
    InputError
        The map has no relief, or is a tenth of the image or less.
    """
    if not np.isfinite(height_nm).any() or np.nanmax(height_nm) == np.nanmin(height_nm):
        raise InputError("the height map is flat or empty", cure="give the height of the artefact's surface")
    dx, dy = instrument.scan.pixel_size_xy_nm
    y, x = np.arange(shape[0]) * dy / pixel_nm, np.arange(shape[1]) * dx / pixel_nm
    coarse = max(dx, dy) / pixel_nm
    smooth = gaussian_filter(height_nm, 0.35 * coarse) if coarse > 1.5 else height_nm
    inside = (y <= height_nm.shape[0] - 1)[:, None] & (x <= height_nm.shape[1] - 1)
    if inside.mean() < 0.1:
        raise InputError("the height map covers less than a tenth of the image", cure="give a map of the whole field")
    if np.allclose(y, np.arange(len(y))) and np.allclose(x, np.arange(len(x))) and height_nm.shape == shape:
        grid = np.asarray(height_nm, dtype=np.float64)
    else:
        grid = map_coordinates(smooth, np.stack(np.meshgrid(y, x, indexing="ij")), order=3, mode="nearest")
    slope = np.stack([_derivative(grid, 1) / dx, _derivative(grid, 0) / dy])
    slope[:, ~inside] = np.nan
    _, outer, known = annulus_mm(instrument)
    limit = instrument.detector.height_mm / outer if known else 1.0
    return Relief(slope, ~occluded(np.nan_to_num(grid), (dx, dy), limit))


def _derivative(height: F64, axis: int) -> F64:
    """Of pixel means, to fourth order; plain differences at the margin."""
    h = np.moveaxis(height, axis, -1)
    out = np.gradient(h, axis=-1)
    if h.shape[-1] > 4:
        out[..., 2:-2] = (8.0 * (h[..., 3:-1] - h[..., 1:-3]) - (h[..., 4:] - h[..., :-4])) / 12.0
    return np.asarray(np.moveaxis(out, -1, axis))


def placed(surface: Relief, at: Placement) -> tuple[F64, Mask]:
    """Slopes [2, y, x] and what of them is seen, displaced as in a frame."""
    rows, columns = surface.slope.shape[1:]
    part = (np.arange(rows) / max(rows - 1, 1))[:, None]
    y = np.arange(rows)[:, None] - at.shift[0] - at.rate[0] * part + np.zeros((1, columns))
    x = np.arange(columns)[None, :] - at.shift[1] - at.rate[1] * part
    finite = np.isfinite(surface.slope).all(axis=0)
    where = np.stack([y, x])
    slope = np.stack(
        [map_coordinates(np.where(finite, s, 0.0), where, order=3, mode="constant") for s in surface.slope]
    )
    seen = map_coordinates((surface.seen & finite).astype(float), where, order=1, mode="constant") > 0.99
    return slope, seen


def smoothed(slope: F64, seen: Mask, blur_px: float) -> tuple[F64, Mask]:
    """Slopes blurred as the smoothed image is, and where their mean stands for all that is under the blur."""
    sigma = float(np.hypot(SMOOTH_PX, blur_px))
    mean = np.stack([gaussian_filter(s, sigma, mode="nearest") for s in slope])
    square = gaussian_filter((slope**2).sum(axis=0), sigma, mode="nearest")
    spread = np.sqrt(np.maximum(square - (mean**2).sum(axis=0), 0.0))
    hidden = gaussian_filter((~seen).astype(float), sigma, mode="nearest") > 1e-3
    possible = ~hidden & (np.hypot(*mean) < _STEEPEST)
    possible[:_EDGE_PX], possible[-_EDGE_PX:], possible[:, :_EDGE_PX], possible[:, -_EDGE_PX:] = (False,) * 4
    sloping = possible & (np.hypot(*mean) > _STEP_SLOPE)
    for limit in _CURVED:
        good = possible & (spread < limit)
        if (good & sloping).sum() > _ENOUGH * max(sloping.sum(), 1):
            break
    return mean, good


def relief_cells(
    raw: list[F64], surfaces: list[Relief], at: list[Placement], instrument: Instrument, blur_px: float, usable: Mask
) -> Cells:
    """Mean signals of all pixels of all frames that share a slope, on a square grid of slopes.

    Parameters
    ----------
    raw
        Frames [n, y, x].
    surfaces, at
        What each of them shows, and where.
    usable
        Not saturated, not zero, [y, x].

    Raises
    ------
    InputError
        Too few pixels are left.
    """
    n = len(raw[0])
    shape = (raw[0].shape[1], raw[0].shape[2])
    flat_field = _relative_flat(instrument, shape)
    keys, slopes, signals, flats = [], [], [], []
    for frame, surface, place in zip(raw, surfaces, at, strict=True):
        slope, good = smoothed(*placed(surface, place), blur_px)
        good &= usable
        chosen = slope[:, good]
        keys.append(np.round(chosen / _BIN).astype(np.int64))
        slopes.append(chosen)
        signals.append(np.stack([gaussian_filter(s, SMOOTH_PX, mode="nearest")[good] for s in frame]))
        flats.append(flat_field[:, good])
    key, slope, signal, flat = (np.concatenate(v, axis=1) for v in (keys, slopes, signals, flats))
    _, index, count = np.unique(key, axis=1, return_inverse=True, return_counts=True)
    return _binned(index.ravel(), count, slope, signal, flat, n)


def _binned(index: NDArray[np.int64], count: NDArray[np.int64], slope: F64, signal: F64, flat: F64, n: int) -> Cells:
    def means(values: F64) -> F64:
        return np.stack([np.bincount(index, v) / count for v in values], axis=1)

    mean = means(signal)
    relative = signal / mean[index].T - 1.0
    together = relative.mean(axis=0)
    own = np.maximum(means((relative - together) ** 2), 1e-12)
    shared = np.bincount(index, together**2) / count
    # Smoothed pixels share their noise: a Gauss filter leaves one independent value in 4π·sigma² pixels. Grains and
    # patches, which change all segments alike, are larger.
    independent = np.maximum(count / (4.0 * np.pi * SMOOTH_PX**2), 1.0)[:, None]
    patches = np.maximum(count / _PATCH_PX**2, 1.0)
    kept = count >= _LEAST_PIXELS
    if kept.sum() < 5:
        raise InputError("too few places of known slope", cure="give a map of the imaged field, at the image's place")
    cells = Cells(
        signal=mean,
        sd=mean * np.sqrt(own / independent),
        slope=means(slope),
        flat=means(flat),
        pixels=count,
        common=np.sqrt(np.maximum(shared - own.mean(axis=1) / n, 0.0) / patches),
    )
    return cells.only(kept)


def _relative_flat(instrument: Instrument, shape: tuple[int, int]) -> F64:
    """Flat signal over that at the field's centre, [n, y, x]."""
    flat = response_field(instrument, shape).matrix()[:, 0]
    return np.asarray(flat / segment_response(instrument).flat[:, None, None])
