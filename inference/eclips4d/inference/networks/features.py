"""What the slopes network sees: closed-form slopes, brightness and misfit in units that no instrument has to itself.

Fine detail comes in units of the frame's noise, so that a step a tenth as high under a tenth of the noise looks the
same; absolute slopes come beside it, because shadows depend on them. Low-precision arithmetic inside the network then
rounds fine detail relative to the noise, never relative to a steep slope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.inference.closed_form import ClosedForm, ClosedFormSlopes
from eclips4d.inference.elementary import logarithms
from eclips4d.inference.engines.channels_last import exact_blocks, room_for_rows, rounded_blocks, to_blocks, words_of
from eclips4d.inference.engines.network import Blocks
from eclips4d.inference.integrator.twice import for_both
from eclips4d.inference.networks.curl import keep_rotation
from eclips4d.inference.waves import roomy, whole_rows

F32 = NDArray[np.float32]

VERSION: Final = "slopes-3"
"""Changes whenever a plane, or an output, changes its meaning: weights belong to one version."""
PLANES: Final = (
    "dh/dx above its surroundings, in noise units",
    "dh/dy above its surroundings, in noise units",
    "dh/dx",
    "dh/dy",
    "dh/dx of the surroundings, in noise units, compressed",
    "dh/dy of the surroundings, in noise units, compressed",
    "brightness above its surroundings, in noise units",
    "logarithm of the brightness",
    "residual − 1, 0 for three segments",
    "logarithm of slope_sd over the noise unit",
    "logarithm of the noise unit",
    "slope from which a facet hides the detector from itself, s/(1 + s)",
    "correlation of the noise along x, 1 − 1/length",
    "what shadows were taken to add to dh/dx, compressed",
    "what shadows were taken to add to dh/dy, compressed",
    "what no surface has of dh/dx, in noise units, compressed",
    "what no surface has of dh/dy, in noise units, compressed",
)
MULTIPLE: Final = 32
"""Sides of the planes are multiples of this: what a network halves to has whole pixels."""
NOISE_RANGE: Final = (2e-4, 1.0)
_FINE, _STEEP, _BRIGHT, _FAINT = np.float32(12.0), np.float32(3.0), np.float32(3.0), np.float32(0.1)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one number tells of a whole frame.

    Attributes
    ----------
    kappa : float
        Directional contrast: ties the noise of the brightness to that of the slopes.
    clip_slope : float
        Slope from which a facet hides part of the detector from itself.
    correlation_px : float
        Correlation length of the noise along x.
    pixel_size_xy_nm
        (x, y).
    """

    kappa: float
    clip_slope: float
    correlation_px: float
    pixel_size_xy_nm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Features:
    """Input of the slopes network.

    Attributes
    ----------
    planes : float32 [len(PLANES), Y, X], or blocks of them
        Sides padded to multiples of `MULTIPLE`, mirrored at the far edges.
    gradient, rotation : float32 [2, Y, X]
        Closed-form slopes, padded likewise: the part that a surface can have, and the rest.
    noise_unit : float
        Slope that counts as 1: the median slope sd of the frame.
    """

    planes: Any
    gradient: F32
    rotation: F32
    noise_unit: float


def conditions(slopes: ClosedFormSlopes, calibration: Calibration) -> Conditions:
    """Of frames of this instrument under this calibration."""
    flat, contrast = np.asarray(calibration.flat), np.asarray(calibration.contrast)
    # n segments evenly around: the least-squares slope has sd √2/(κ√N) with κ the mean contrast of a segment.
    kappa = float(np.hypot(contrast[:, 0], contrast[:, 1]).sum() / flat.sum())
    pixel = slopes.instrument.scan.pixel_size_xy_nm
    return Conditions(kappa, slopes.clip_slope, slopes.correlation_px(calibration), pixel)


def slope_features(
    closed: ClosedForm,
    given: Conditions,
    feigned: F32 | None = None,
    blocks: Blocks | None = None,
) -> Features:
    """Planes of one frame.

    Parameters
    ----------
    closed
        Slopes in closed form, [y, x] at least 3 × 3; without what shadows were taken to add.
    given
        What holds for the whole frame.
    feigned
        What shadows were taken to add, [2, y, x]; see `networks.shadows`.
    blocks
        An engine's own memory for images of the padded shape, see `padded`, which is filled in place of new planes.
    """
    shape = closed.slope_sd.shape
    unit = float(np.clip(np.median(closed.slope_sd[::4, ::4]), *NOISE_RANGE))
    rotation = roomy((2, *padded(shape)))
    turned = rotation[:, : shape[0], : shape[1]]
    _held(closed.slope, whole_rows(turned))
    keep_rotation(turned, given.pixel_size_xy_nm)
    whole = np.log(unit), given.clip_slope / (1.0 + given.clip_slope), 1.0 - 1.0 / max(given.correlation_px, 1.0)
    numbers = np.array([1.0 / unit, np.sqrt(2.0) / (given.kappa * unit), *whole], np.float32)
    gradient = np.empty((2, *padded(shape)), np.float32)
    fits = shape == padded(shape)
    planes = np.empty((len(PLANES), *((0, 0) if fits and blocks is not None else padded(shape))), np.float32)
    side, words = 1, np.empty((0, 0, 0), np.uint32)  # of a type that some engine has too, or all is compiled twice
    if fits and blocks is not None:
        side, words = blocks.side, words_of(blocks.values, blocks.side)
    short = blocks is not None and blocks.values.dtype == np.uint16
    shade = np.empty((0, 0, 0), np.float32) if feigned is None else feigned

    def half(k: int) -> None:
        first, last = (part * (shape[0] // side) // 2 * side if part < 2 else shape[0] for part in (k, k + 1))
        _rows(
            closed.slope, closed.brightness, closed.residual, closed.slope_sd, whole_rows(turned), shade, numbers,
            side, short, first, last, gradient, planes, words,
        )  # fmt: skip

    for_both(half, closed.slope_sd.size)
    if not fits:
        for incomplete in (planes, gradient, rotation):
            _mirror(incomplete, *shape)
    if not fits and blocks is not None:
        to_blocks(planes, blocks.side, blocks.values)
    return Features(planes if blocks is None else blocks, gradient, rotation, unit)


def padded(shape: tuple[int, ...]) -> tuple[int, int]:
    """Sides of the planes of images of that shape (y, x)."""
    rows, columns = (-(-side // MULTIPLE) * MULTIPLE for side in shape)
    return rows, columns


@_compiled  # type: ignore[untyped-decorator]
def _rows(
    slope: F32,
    brightness: F32,
    residual: F32,
    slope_sd: F32,
    turned: F32,
    feigned: F32,
    numbers: F32,
    side: int,
    short: bool,
    first: int,
    last: int,
    gradient: F32,
    planes: F32,
    words: Any,
) -> None:
    """The rows `first` to `last` of all planes, or of blocks where there are `words`.

    For blocks planes are made for `side` rows only, and so stay in the cache.
    """
    direct, columns = words.size == 0, slope_sd.shape[1]
    held = planes if direct else room_for_rows(planes.shape[0], side, columns)
    around, room = np.empty(columns, np.float32), np.empty(columns, np.int32)
    raised, log = np.empty(columns, np.float32), np.empty(columns, np.float32)
    inverse, bright_noise = numbers[0], numbers[1]
    for y in range(first, last):
        at = y if direct else y % side
        for k in range(2):
            _surroundings(slope[k], y, around)
            _slope_row(slope[k, y], around, inverse, held[k, at], held[2 + k, at], held[4 + k, at])
            _parts_row(slope[k, y], turned[k, y], inverse, gradient[k, y], held[15 + k, at])
            if feigned.size:
                _compressed_row(feigned[k, y], held[13 + k, at])
            else:
                held[13 + k, at] = np.float32(0.0)
            held[10 + k, at] = numbers[2 + k]
        held[12, at] = numbers[4]
        _surroundings(brightness, y, around)
        _bright_row(brightness[y], around, bright_noise, held[6, at], raised)
        logarithms(raised, room, log)
        _bounded_row(log, -_BRIGHT, held[7, at])
        _noise_row(residual[y], slope_sd[y], inverse, held[8, at], raised)
        logarithms(raised, room, log)
        _bounded_row(log, -np.float32(np.inf), held[9, at])
        if not direct and at == side - 1:
            block = y // side
            if short:
                rounded_blocks(held, words[block])
            else:
                exact_blocks(held, words[block])


@_compiled  # type: ignore[untyped-decorator]
def _surroundings(image: F32, y: int, out: F32) -> None:
    """Mean of 5 × 5 pixels around each pixel of row y; edges repeat."""
    rows, columns = image.shape
    column = np.empty(columns + 4, np.float32)
    a, b, c = image[max(y - 2, 0)], image[max(y - 1, 0)], image[y]
    d, e = image[min(y + 1, rows - 1)], image[min(y + 2, rows - 1)]
    middle = column[2 : columns + 2]
    for x in range(columns):
        middle[x] = a[x] + b[x] + c[x] + d[x] + e[x]
    column[0] = column[1] = column[2]
    column[columns + 2] = column[columns + 3] = column[columns + 1]
    share = np.float32(1.0 / 25.0)
    first, second, fourth, fifth = column, column[1:], column[3:], column[4:]
    for x in range(columns):
        out[x] = share * (first[x] + second[x] + middle[x] + fourth[x] + fifth[x])


@_compiled  # type: ignore[untyped-decorator]
def _slope_row(here: F32, around: F32, inverse: np.float32, fine: F32, absolute: F32, wide: F32) -> None:
    one, per, columns = np.float32(1.0), np.float32(1.0) / _FINE, here.size
    for x in range(columns):
        detail = (here[x] - around[x]) * inverse
        fine[x] = detail / (one + abs(detail) * per)
        absolute[x] = min(max(here[x], -_STEEP), _STEEP)
        far = around[x] * inverse
        wide[x] = far / (one + abs(far) * per)


@_compiled  # type: ignore[untyped-decorator]
def _held(slope: F32, out: Any) -> None:
    """Slopes within `_STEEP`, 0 where they are no numbers."""
    for k in range(2):
        for y in range(slope.shape[1]):
            line, held = slope[k, y], out[k, y]
            for x in range(line.size):
                held[x] = _finite(line[x])


@_compiled  # type: ignore[untyped-decorator]
def _finite(slope: np.float32) -> np.float32:
    value = min(max(slope, -_STEEP), _STEEP)
    return value if slope == slope else np.float32(0.0)


@_compiled  # type: ignore[untyped-decorator]
def _parts_row(slope: F32, turned: F32, inverse: np.float32, gradient: F32, plane: F32) -> None:
    """Slopes without what rotates, and that in noise units."""
    one, per = np.float32(1.0), np.float32(1.0) / _FINE
    for x in range(slope.size):
        gradient[x] = _finite(slope[x]) - turned[x]
        value = turned[x] * inverse
        plane[x] = value / (one + abs(value) * per)


@_compiled  # type: ignore[untyped-decorator]
def _compressed_row(feigned: F32, out: F32) -> None:
    for x in range(feigned.size):
        out[x] = feigned[x] / (_FAINT + abs(feigned[x]))


@_compiled  # type: ignore[untyped-decorator]
def _bright_row(bright: F32, around: F32, bright_noise: np.float32, fine: F32, raised: F32) -> None:
    one, tiny, per = np.float32(1.0), np.float32(0.05), np.float32(1.0) / _FINE
    for x in range(bright.size):
        detail = (bright[x] - around[x]) * bright_noise
        fine[x] = detail / (one + abs(detail) * per)
        raised[x] = max(bright[x], tiny)


@_compiled  # type: ignore[untyped-decorator]
def _noise_row(misfit: F32, noise: F32, inverse: np.float32, out: F32, raised: F32) -> None:
    one, tiny, per = np.float32(1.0), np.float32(0.05), np.float32(1.0) / _FINE
    for x in range(misfit.size):
        r = misfit[x] - one
        held = r if r == r else np.float32(0.0)
        out[x] = held / (one + abs(held) * per)
        raised[x] = max(noise[x] * inverse, tiny)


@_compiled  # type: ignore[untyped-decorator]
def _bounded_row(values: F32, least: np.float32, out: F32) -> None:
    for x in range(values.size):
        out[x] = min(max(values[x], least), _BRIGHT)


@_compiled  # type: ignore[untyped-decorator]
def _mirror(planes: F32, rows: int, columns: int) -> None:
    """Fill what lies beyond the image by its mirror image, over and over for images smaller than the padding."""
    count, padded_rows, padded_columns = planes.shape
    for c in range(count):
        for y in range(rows):
            for x in range(columns, padded_columns):
                planes[c, y, x] = planes[c, y, _folded(x, columns)]
        for y in range(rows, padded_rows):
            planes[c, y] = planes[c, _folded(y, rows)]


@_compiled  # type: ignore[untyped-decorator]
def _folded(at: int, count: int) -> int:
    """Index of the mirror image, the edge pixel not repeated."""
    if count == 1:
        return 0
    period = 2 * (count - 1)
    at = at % period
    return at if at < count else period - at
