"""What has proved to stay while a scene evolves, place by place: in the grid's coordinates, over many frames.

Three things are learned from the blocks of the fits. Between the steps, how far each block strays from the shift that
all of them agree on: within one frame that drowns in noise, over twenty it shows which blocks are carried along, and
they lose their say. There too, by how much a block disagrees beyond its noise, this way or that, with frames before and
long before: where passing steps bury the roughness it does, where particles lie it does not, and it counts for as much
less. And of everything that a frame shows, which blocks contradict the shift: something passes there, so the height may
have changed. Trust is lost at once and earned again slowly.

Everything is rounded as a state holds it, so that a run that was interrupted goes on with the same bits.
"""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.robust import TOLERATED_PX, agreement, discord, informative
from eclips4d.registration.stretch import Sums

Vector = NDArray[np.float64]
KEPT = 0.95
"""Share of what was known of a block that is still believed at the next frame."""
LEAST_SAY = 0.05
"""No block loses its say altogether: it may have come to rest."""
EARNED = 0.3
"""Share of the missing trust that a place earns with every frame in which nothing passes."""
LEARNED, MOST_UNREST = 0.05, 25.0
"""Share of what a comparison says of a block's unrest that is believed, and the most that it can say."""
STEP_PX = 1e-3
UNKNOWN = 255
_CODES_PER_OCTAVE = 16
AT_REST, _UNRESTS_PER_OCTAVE = 64, 32
"""A block that disagrees as its noise does has the first number."""


class Staying(msgspec.Struct, frozen=True, array_like=True):
    """What is known of the places of one grid; empty while the scene is still.

    Attributes
    ----------
    between : tuple of int
        Tiles in which one looks between the steps first, blocks down and across each.
    stray : bytes
        int16 [tiles, by, bx, 2]: how far each strays from frame to frame, in `STEP_PX`.
    doubt : bytes
        uint8 [tiles, by, bx]: how certain that is; `UNKNOWN` where nothing was seen.
    unrest : bytes
        uint8 [tiles, by, bx]: how far each disagrees beyond its noise, as the logarithm of the mean chi²/dof.
    blocks : tuple of int
        Blocks of everything that a frame shows.
    still : bytes
        uint8 [by, bx]: 255 where nothing has passed for long.
    """

    between: tuple[int, int, int] = (0, 0, 0)
    stray: bytes = b""
    doubt: bytes = b""
    unrest: bytes = b""
    blocks: tuple[int, int] = (0, 0)
    still: bytes = b""


def say(known: Staying, drift: Vector, block: int) -> Vector | None:
    """How much each block between the steps counts, 0 to 1, [tiles · by, bx]; None where nothing is known.

    Parameters
    ----------
    known : Staying
    drift : float64 [2]
        Of the frame that the blocks are of, against the grid's, pixels of the full frame.
    block : int
        Their side, in such pixels.
    """
    if not known.stray:
        return None
    here, there = _places(known.between[1:], drift, block)
    counts = np.ones(known.between)
    counts[:, *here] = _says(known)[:, *there]
    return counts.reshape(-1, known.between[2])


@lru_cache(maxsize=4)
def _says(known: Staying) -> Vector:
    """How much each block of the grid counts; a frame is compared with several others by what is known before it."""
    stray, variance = _strays(known)
    chi2 = (stray**2).sum(axis=-1) / (2.0 * (variance + TOLERATED_PX**2))
    counts = np.maximum(agreement(chi2), LEAST_SAY) / np.maximum(_unrest(known), 1.0)
    counts.flags.writeable = False
    return counts


def strayed(known: Staying, sums: Sums, drift: Vector, block: int, pixel: int, tiles: tuple[int, int]) -> Staying:
    """What is known after a fit between the steps.

    Parameters
    ----------
    known : Staying
    sums : tuple of float64 [… · by, bx, …]
        `RowShift.sums` of the fit, one tile below the other.
    drift, block
        As for `say`.
    pixel : int
        Side of a pixel of the fit, in pixels of the full frame.
    tiles : tuple of int
        How many are looked at first, and rows of blocks of each.
    """
    moment, noise, cross = _of_few(sums, tiles)
    known = _of_shape(known, moment.shape[:3])
    stray, variance = _strays(known)
    places = _places(known.between[1:], drift, block)
    here, there = (slice(None), *places[0]), (slice(None), *places[1])
    new, spread = _alone(moment[here], noise[here], cross[here])
    before, after = KEPT / variance[there], 1.0 / np.maximum(spread * pixel**2, STEP_PX**2)
    seen = after > 0
    total = np.where(seen, before + after, 1.0)
    mean = (before[..., None] * stray[there] + after[..., None] * new * pixel) / total[..., None]
    stray[there] = np.where(seen[..., None], mean, stray[there])
    variance[there] = np.where(seen, 1.0 / total, variance[there])
    return msgspec.structs.replace(known, stray=_stray_bytes(stray), doubt=_doubt_bytes(variance))


def disagreed(known: Staying, sums: Sums, drift: Vector, block: int, tiles: tuple[int, int]) -> Staying:
    """What is known after a fit between the steps against a frame before or long before; parameters as for `strayed`.

    A frame that is older says more of what is buried sooner or later.
    """
    moment, noise, cross = _of_few(sums, tiles)
    known = _of_shape(known, moment.shape[:3])
    unrest = _unrest(known)
    places = _places(known.between[1:], drift, block)
    here, there = (slice(None), *places[0]), (slice(None), *places[1])
    rows = (
        moment.reshape(-1, *moment.shape[2:]),
        noise.reshape(-1, *noise.shape[2:]),
        cross.reshape(-1, *cross.shape[2:]),
    )
    chi2 = np.where(informative(*rows[1:]), np.minimum(discord(*rows, 0.0), MOST_UNREST), np.nan)
    new = chi2.reshape(moment.shape[:3])[here]
    unrest[there] += np.where(np.isnan(new), 0.0, LEARNED * (new - unrest[there]))
    code = AT_REST + _UNRESTS_PER_OCTAVE * np.log2(np.maximum(unrest, 1e-3))
    return msgspec.structs.replace(known, unrest=np.clip(np.rint(code), 0, 255).astype(np.uint8).tobytes())


def _of_few(sums: Sums, tiles: tuple[int, int]) -> Sums:
    """Of the tiles that are looked at first, each by itself."""
    count, down = tiles
    moment, noise, cross = (each[: count * down].reshape(count, down, *each.shape[1:]) for each in sums)
    return moment, noise, cross


def _of_shape(known: Staying, shape: tuple[int, ...]) -> Staying:
    """The same, or nothing known of blocks of this shape."""
    count, down, right = shape
    if known.between == (count, down, right):
        return known
    stray, doubt = np.zeros((*shape, 2), "<i2").tobytes(), np.full(shape, UNKNOWN, np.uint8).tobytes()
    rest = np.full(shape, AT_REST, np.uint8).tobytes()
    return msgspec.structs.replace(known, between=(count, down, right), stray=stray, doubt=doubt, unrest=rest)


def _alone(moment: Vector, noise: Vector, cross: Vector) -> tuple[Vector, Vector]:
    """Shift that each block would find by itself beyond the common one, and its variance; infinite if it finds none."""
    finds = informative(noise, cross) & (np.linalg.det(cross) > 0)
    inverse = np.linalg.inv(np.where(finds[..., None, None], cross, np.eye(2)))
    variance = np.einsum("...ij,...jk,...ik->...", inverse, noise, inverse) / 2.0
    return -(inverse @ moment[..., None])[..., 0], np.where(finds, variance, np.inf)


def passed(known: Staying, agrees: Vector, drift: Vector, block: int) -> Staying:
    """What is known once the blocks of everything have said whether they agree (0 to 1, NaN where nothing shows)."""
    shape = agrees.shape
    if known.blocks != shape:
        known = msgspec.structs.replace(known, blocks=shape, still=np.full(shape, 255, np.uint8).tobytes())
    still = np.frombuffer(known.still, np.uint8).reshape(shape) / 255.0
    here, there = _places((shape[0], shape[1]), drift, block)
    earned = still + EARNED * (1.0 - still)
    earned[there] = np.fmin(earned[there], agrees[here])
    return msgspec.structs.replace(known, still=np.rint(earned * 255.0).astype(np.uint8).tobytes())


def still_plane(known: Staying, shape: tuple[int, int], block: int) -> NDArray[np.float32] | None:
    """1 where nothing has passed for long, 0 where something passes, float32 [y, x] on the grid; None if unknown."""
    return still_at(known, np.arange(shape[0]), np.arange(shape[1]), block)


def still_at(
    known: Staying, rows: NDArray[np.intp], columns: NDArray[np.intp], block: int
) -> NDArray[np.float32] | None:
    """`still_plane` at some rows and columns of the grid alone."""
    if not known.still:
        return None
    still = (np.frombuffer(known.still, np.uint8).reshape(known.blocks) / 255.0).astype(np.float32)
    rows, columns = (np.minimum(n // block, m - 1) for n, m in zip((rows, columns), known.blocks, strict=True))
    return still[:, columns][rows]


Place = tuple[slice, slice]


def _places(shape: tuple[int, int], drift: Vector, block: int) -> tuple[Place, Place]:
    """Blocks of a displaced frame that lie on the grid, and the blocks of the grid that they lie on."""
    further = [min(max(math.floor(0.5 - d / block), -n), n) for n, d in zip(shape, drift, strict=True)]
    of_frame, of_grid = (
        tuple(slice(max(0, s * k), min(n, n + s * k)) for n, k in zip(shape, further, strict=True)) for s in (-1, 1)
    )
    return (of_frame[0], of_frame[1]), (of_grid[0], of_grid[1])


def _strays(known: Staying) -> tuple[Vector, Vector]:
    """Stray [by, bx, 2] and its variance [by, bx], pixels; infinite where unknown."""
    stray = np.frombuffer(known.stray, "<i2").reshape(*known.between, 2) * STEP_PX
    code = np.frombuffer(known.doubt, np.uint8).reshape(known.between)
    sd = STEP_PX * 2.0 ** (code / _CODES_PER_OCTAVE)
    return stray, np.where(code == UNKNOWN, np.inf, sd**2)


def _unrest(known: Staying) -> Vector:
    """Mean chi²/dof of each block, [tiles, by, bx]."""
    code = np.frombuffer(known.unrest, np.uint8).reshape(known.between).astype(np.float64)
    return np.asarray(2.0 ** ((code - AT_REST) / _UNRESTS_PER_OCTAVE))


def _stray_bytes(stray: Vector) -> bytes:
    return np.clip(np.rint(stray / STEP_PX), -32767, 32767).astype("<i2").tobytes()


def _doubt_bytes(variance: Vector) -> bytes:
    known = np.isfinite(variance)
    code = _CODES_PER_OCTAVE * np.log2(np.sqrt(np.where(known, variance, 1.0)) / STEP_PX)
    return np.where(known, np.clip(np.rint(code), 0, UNKNOWN - 1), UNKNOWN).astype(np.uint8).tobytes()
