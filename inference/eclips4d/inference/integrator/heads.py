"""What the integrator's network says becomes corrected border slopes and their confidence.

What it says of long distances is read by `long_range`.

Outputs are planes of blocks of `fold` × `fold` pixels: first those of the pixels in a block, `fold²` channels for each
quantity, row by row, then those of whole blocks.

    o_x, o_y    corrections of the border slopes, compressed, in units of the noise
    a           how much of the detail finer than 5 × 5 pixels is noise and goes
    m_x, m_y    logarithm of the confidence in the corrected slopes (only of networks that solve with weights)
    b           of a block: how much of what 5 × 5 pixels have over 25 × 25 is noise and goes
    d           of a block: how much of what is left over 25 × 25 pixels is noise and goes
    v           of a block: logarithm of the weight of the measured slopes
    t           of a block: logarithm of the trust in the corrected slopes over long distances
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.features import PLANES, Features
from eclips4d.inference.integrator.twice import for_both
from eclips4d.inference.integrator.unfold import interleaved, spread

F32 = NDArray[np.float32]

PIXEL_PLANES: Final = 3
CONFIDENCE_PLANES: Final = 2
BLOCK_PLANES: Final = 4
GROWTH: Final = 0.25
"""An output o corrects by `o·(1 + GROWTH·|o|)` units: fine steps within the noise, long ones at missed walls."""
GATE: Final = (-0.5, 1.5)
LOG_CONFIDENCE: Final = (-5.0, 3.0)
LOG_WEIGHT: Final = (-8.0, 4.0)
TRUST_START: Final = 0.0
"""Of an output 0."""
CAUTION: Final = 0.1
"""Share of the learned trust that is granted: patches of the training end where the longest drifts begin."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a network's planes are folded.

    Attributes
    ----------
    fold
        Side of the blocks of pixels that are channels.
    weighted
        Whether it says how far its corrected slopes can be relied on.
    """

    fold: int
    weighted: bool

    @property
    def channels(self) -> tuple[int, int]:
        """Planes in and out."""
        pixels = PIXEL_PLANES + (CONFIDENCE_PLANES if self.weighted else 0)
        return len(PLANES), pixels * self.fold**2 + BLOCK_PLANES


def layout(channels: tuple[int, int]) -> Layout | None:
    """Of a network with so many planes in and out; None where it is no integrator."""
    for fold in (1, 2, 4, 8):
        for weighted in (False, True):
            if Layout(fold, weighted).channels == tuple(channels):
                return Layout(fold, weighted)
    return None


def corrected(border: F32, seen: Features, output: F32, fold: int) -> F32:
    """Border slopes as the network has them, [2, y, x].

    Parameters
    ----------
    border
        As measured, gaps filled, [2, y, x].
    seen
        Made of them.
    output
        Of the network.
    """
    out = np.empty_like(border)

    def one(k: int) -> None:
        _corrected(border[k], seen.near[k], seen.far[k], output, k, np.float32(seen.unit), fold, out[k])

    for_both(one, border[0].size)
    out[0, :, -1] = 0.0
    out[1, -1] = 0.0
    return out


@_compiled  # type: ignore[untyped-decorator]
def _corrected(
    border: F32, near: F32, far: F32, output: F32, which: int, unit: np.float32, fold: int, out: F32
) -> None:
    rows, columns = border.shape
    area, gates_of_blocks = fold * fold, output[len(output) - BLOCK_PLANES :]
    blocks = (columns + fold - 1) // fold
    rowwise = np.empty((4, blocks * fold), np.float32)
    shift, fine, middle, wide = rowwise[0], rowwise[1], rowwise[2], rowwise[3]
    for y in range(rows):
        row, block = (y % fold) * fold, y // fold
        interleaved(output, which * area + row, block, fold, shift)
        _corrections(shift, unit)
        interleaved(output, 2 * area + row, block, fold, fine)
        _clamp(fine)
        if y % fold == 0:
            spread(gates_of_blocks[0, block, :blocks], fold, middle)
            _clamp(middle)
            spread(gates_of_blocks[1, block, :blocks], fold, wide)
            _clamp(wide)
        _corrected_row(border[y], near[y], far[y], shift, fine, middle, wide, out[y])


@_compiled  # type: ignore[untyped-decorator]
def _corrections(shift: F32, unit: np.float32) -> None:
    growth, one = np.float32(GROWTH), np.float32(1.0)
    for x in range(shift.size):
        shift[x] = unit * shift[x] * (one + growth * abs(shift[x]))


@_compiled  # type: ignore[untyped-decorator]
def _clamp(gate: F32) -> None:
    """To its range; what is not a number stays such."""
    low, high = np.float32(GATE[0]), np.float32(GATE[1])
    for x in range(gate.size):
        lifted = low if gate[x] < low else gate[x]
        gate[x] = high if lifted > high else lifted


@_compiled  # type: ignore[untyped-decorator]
def _corrected_row(measured: F32, near: F32, far: F32, shift: F32, fine: F32, middle: F32, wide: F32, out: F32) -> None:
    for x in range(out.size):
        value = measured[x] - fine[x] * (measured[x] - near[x]) - middle[x] * (near[x] - far[x]) - wide[x] * far[x]
        value += shift[x]
        out[x] = value if abs(value) < np.float32(np.inf) else measured[x]


def confidence(output: F32, shape: tuple[int, int], fold: int) -> F32:
    """Weights of the corrected border slopes, [2, y, x]; 0 at the image's edge."""
    area, (rows, columns) = fold * fold, shape
    planes = output[PIXEL_PLANES * area : (PIXEL_PLANES + CONFIDENCE_PLANES) * area]
    log = unfolded(np.clip(np.nan_to_num(planes), *LOG_CONFIDENCE), fold)[:, :rows, :columns]
    out = np.exp(log)
    out[0, :, -1] = 0.0
    out[1, -1] = 0.0
    return np.ascontiguousarray(out)


def unfolded(planes: F32, fold: int) -> F32:
    """[K·fold², Y/fold, X/fold] to [K, Y, X], as a pixel shuffle does."""
    count, rows, columns = planes.shape
    blocks = planes.reshape(count // fold**2, fold, fold, rows, columns).transpose(0, 3, 1, 4, 2)
    return np.ascontiguousarray(blocks).reshape(count // fold**2, rows * fold, columns * fold)
