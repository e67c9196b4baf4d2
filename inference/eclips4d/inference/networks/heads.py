"""What the slopes network says becomes slopes and their sd: how much of the measured slopes to keep, octave by octave.

The measured slopes are split into the part that no surface has, their rotation, and octaves of the rest. The network
says how much of each is structure and stays; noise so need not be known to be taken out, it is left out. What it
corrects besides, in units of the noise, are walls inside pixels and the traces of shadows.

Outputs are planes of blocks of 2 × 2 pixels: first those of the pixels in a block, four channels for each quantity,
row by row, then those of whole blocks.

    o_x, o_y    corrections of dh/dx and dh/dy, compressed, in units of the noise
    v           logarithm of the sd in units of the noise
    r           how much of the rotation is kept
    f_x, f_y    how much of the finest octave is kept
    m_x, m_y    of a block: how much of the next octave
    l_x, l_y    of a block: how much of the one after that
    w_x, w_y    of a block: how much of the last; what is smoother stays as measured
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.elementary import exponentials
from eclips4d.inference.integrator.twice import for_both
from eclips4d.inference.integrator.unfold import interleaved
from eclips4d.inference.networks.features import Features
from eclips4d.inference.networks.pyramid import grown_row, levels
from eclips4d.inference.waves import whole_rows

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

FOLD: Final = 2
"""Side of a block, pixels."""
PIXEL_PLANES: Final = 6
BLOCK_PLANES: Final = 6
OUTPUTS: Final = PIXEL_PLANES * FOLD**2 + BLOCK_PLANES
GROWTH: Final = 0.25
"""An output o corrects by `o·(1 + GROWTH·|o|)` noise units: fine steps within the noise, long ones out of shadows."""
START: Final = (0.2, 0.5, 0.7, 0.85, 0.95)
"""What an output of 0 keeps: of the rotation, and of the octaves from the finest on."""
KEPT: Final = (-0.5, 1.5)
LOG_SD_RANGE: Final = (-6.0, 7.0)
USUAL_UNIT: Final = 0.03
"""Noise of a slope at some thousand electrons."""
STEEPEST: Final = 4.0
"""Slopes are held within this (76 degrees)."""


@dataclass(frozen=True, slots=True)
class SdFactors:
    """What a model card says of the sd that the network states; as it stands, the network is believed.

    Attributes
    ----------
    slope_sd : float
        Factor on the sd.
    sd_power : float
        Power of the sd over the noise unit: above 1, small ones are smaller than said and large ones larger.
    unit_power : float
        Power of the noise unit over `USUAL_UNIT` by which frames of few electrons have a larger sd than said.
    steep_sd : float
        Sd that steep faces have besides, over the slope's square.
    shade_sd : float
        Sd that shadows leave besides, over what they were taken to add.
    """

    slope_sd: float = 1.0
    sd_power: float = 1.0
    unit_power: float = 0.0
    steep_sd: float = 0.0
    shade_sd: float = 0.0

    @classmethod
    def of(cls, coverage: Mapping[str, float]) -> Self:
        """From the `coverage` table of a card; of what it does not say, the network is believed."""
        return cls(**{f.name: float(coverage[f.name]) for f in fields(cls) if f.name in coverage})


@dataclass(frozen=True, slots=True)
class Corrected:
    """Slopes as the network has them.

    Attributes
    ----------
    slope : float32 [2, y, x]
    slope_sd : float32 [y, x]
    known : bool [y, x]
        False where the network's output is no number; there the closed form stands, slope and sd.
    """

    slope: F32
    slope_sd: F32
    known: Mask


BELIEVED: Final = SdFactors()
"""The network's own sd."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def corrected(
    closed: ClosedForm,
    features: Features,
    output: F32,
    factors: SdFactors = BELIEVED,
    feigned: F32 | None = None,
) -> Corrected:
    """Slopes and their sd.

    Parameters
    ----------
    closed
        What the features were made of, [y, x].
    output
        Of the network, [OUTPUTS, Y/FOLD, X/FOLD] with the padding.
    factors
        On the sd that the network says: what happens to the slopes afterwards makes them better than it was told.
    feigned
        What shadows were taken to add, [2, y, x].
    """
    slope, slope_sd = np.empty_like(closed.slope), np.empty_like(closed.slope_sd)
    unit, rotation = np.float32(features.noise_unit), whole_rows(features.rotation)

    def one(k: int) -> None:
        octaves = levels(features.gradient[k])
        _kept_octaves(octaves, rotation[k], output, k, unit, slope[k])

    for_both(one, slope_sd.size)
    known = np.empty(slope_sd.shape, np.bool_)
    unit_sd = features.noise_unit * factors.slope_sd * (features.noise_unit / USUAL_UNIT) ** factors.unit_power
    numbers = (unit_sd, factors.sd_power, factors.steep_sd, factors.shade_sd)
    shade = np.empty((0, 0, 0), np.float32) if feigned is None else feigned
    _stated(closed.slope, closed.slope_sd, output, np.array(numbers, np.float32), shade, slope, slope_sd, known)
    return Corrected(slope, slope_sd, known)


def _kept_octaves(octaves: list[F32], rotation: F32, output: F32, k: int, unit: np.float32, out: F32) -> None:
    """Component k: from the smoothest octave to the finest, then rotation and correction."""
    blocks = output[PIXEL_PLANES * FOLD**2 :]
    kept = octaves[-1]
    for level in range(len(octaves) - 2, 0, -1):
        finer = np.empty_like(octaves[level])
        gate, start = blocks[2 * (level - 1) + k], np.float32(START[level + 1])
        _one_octave(octaves[level], octaves[level + 1], kept, gate, 2 ** (level - 1), start, finer)
        kept = finer
    _finest(octaves[0], octaves[1], kept, rotation, output[: PIXEL_PLANES * FOLD**2], k, unit, out)


@_compiled  # type: ignore[untyped-decorator]
def _held(value: np.float32) -> np.float32:
    """A share within its range; what is not a number stays such."""
    low, high = np.float32(KEPT[0]), np.float32(KEPT[1])
    lifted = low if value < low else value
    return high if lifted > high else lifted


@_compiled  # type: ignore[untyped-decorator]
def _one_octave(image: F32, half: F32, kept: F32, gate: F32, side: int, start: np.float32, out: F32) -> None:
    """What is kept of `half`, grown, and so much of what `image` has over `half` as the gate says.

    Gates are given for blocks of pixels; a pixel of `image` takes the mean of `side` × `side` of them.
    """
    rows, columns = image.shape
    between = np.empty(columns // 2 + 2, np.float32)
    lines = np.empty((3, columns), np.float32)
    smooth, before, share = lines[0], lines[1], lines[2]
    per_block, one = np.float32(1.0 / (side * side)), np.float32(1.0)
    for y in range(rows):
        grown_row(half, y, between, smooth)
        grown_row(kept, y, between, before)
        share[:] = np.float32(0.0)
        for j in range(y * side, (y + 1) * side):
            for x in range(columns):
                for i in range(x * side, (x + 1) * side):
                    share[x] += gate[j, i]
        for x in range(columns):
            keep = _held(start + per_block * share[x])
            # Without a number all is kept: what a coarse octave loses is missed far around.
            out[y, x] = before[x] + (one if np.isnan(keep) else keep) * (image[y, x] - smooth[x])


@_compiled  # type: ignore[untyped-decorator]
def _finest(image: F32, half: F32, kept: F32, rotation: F32, planes: F32, k: int, unit: np.float32, out: F32) -> None:
    rows, columns = out.shape
    padded = image.shape[1]
    between = np.empty(padded // 2 + 2, np.float32)
    lines = np.empty((5, padded), np.float32)
    smooth, before, shift, turn, fine = lines[0], lines[1], lines[2], lines[3], lines[4]
    growth, one, steepest = np.float32(GROWTH), np.float32(1.0), np.float32(STEEPEST)
    start_turn, start_fine = np.float32(START[0]), np.float32(START[1])
    area = FOLD * FOLD
    for y in range(rows):
        grown_row(half, y, between, smooth)
        grown_row(kept, y, between, before)
        block, row = y // FOLD, (y % FOLD) * FOLD
        interleaved(planes, k * area + row, block, FOLD, shift)
        interleaved(planes, 3 * area + row, block, FOLD, turn)
        interleaved(planes, (4 + k) * area + row, block, FOLD, fine)
        here, turned, line = image[y], rotation[y], out[y]
        for x in range(columns):
            value = before[x] + _held(start_fine + fine[x]) * (here[x] - smooth[x])
            value += _held(start_turn + turn[x]) * turned[x]
            value += unit * shift[x] * (one + growth * abs(shift[x]))
            low = -steepest if value < -steepest else value
            high = steepest if low > steepest else low
            line[x] = high if abs(value) < np.float32(np.inf) else np.float32(np.nan)


@_compiled  # type: ignore[untyped-decorator]
def _stated(
    closed: F32, closed_sd: F32, output: F32, numbers: F32, shade: F32, slope: F32, sd: F32, known: Mask
) -> None:
    """The sd, and the closed form where there are no numbers."""
    rows, columns = sd.shape
    unit, power, steep, shaded = numbers[0], numbers[1], numbers[2] * numbers[2], numbers[3] * numbers[3]
    low, high = np.float32(LOG_SD_RANGE[0]), np.float32(LOG_SD_RANGE[1])
    width = output.shape[2] * FOLD
    log, said, room = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.int32)
    first = 2 * FOLD * FOLD
    for y in range(rows):
        row = first + (y % FOLD) * FOLD
        interleaved(output, row, y // FOLD, FOLD, log)
        p, q, out, is_known = slope[0, y], slope[1, y], sd[y], known[y]
        lost = 0
        for x in range(columns):
            is_known[x] = np.isfinite(p[x] + q[x] + log[x])
            lost += not is_known[x]
        for x in range(columns):
            log[x] = power * min(max(log[x], low), high)
        exponentials(log, room, said)
        for x in range(columns):
            square = p[x] * p[x] + q[x] * q[x]
            out[x] = unit * unit * said[x] * said[x] + steep * square * square
        if shade.size:
            for x in range(columns):
                out[x] += shaded * (shade[0, y, x] * shade[0, y, x] + shade[1, y, x] * shade[1, y, x])
        for x in range(columns):
            out[x] = np.sqrt(out[x])
        for x in range(columns if lost else 0):
            if not is_known[x]:
                p[x], q[x] = closed[0, y, x], closed[1, y, x]
                out[x] = closed_sd[y, x]
