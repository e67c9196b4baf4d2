"""What a horizon hides of a facet's signal: powers of a measure of the horizon, for every direction and segment.

An emission law separates into channels: amplitudes of the facet times integrals over the detector. What all
directions hide is added up in the integrals, so that a facet's amplitudes are looked up once. Laws of many channels are
put into fewer, the ones by which facets and horizons differ most.

Of Lambert's law a horizon hides, of what comes from above, as much as the square of its sine, and of other channels
and laws hardly more than a parabola in that: it is the measure.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.amplitudes import fill_amplitudes, law_arrays
from eclips4d.physics.bsesm.hidden import HiddenShare
from eclips4d.physics.bsesm.optics import Optics
from eclips4d.physics.dsm.normals import slopes_on_grid
from eclips4d.physics.dsm.packed import FOUR, Packed, packed
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

HORIZONS: Final = 64
"""By which integrals are compared and fitted."""
POWERS: Final = 2
"""Of a horizon's measure, from the first on: integrals are then good to some 1e-3 of the flat signal at worst."""
FACETS: Final = 65
"""Of the amplitudes' table along an axis."""
TOGETHER: Final = 3
"""Channels that are looked up at a time: as many as Lambert's law has."""
_NEVER: Final = 1e3
"""A tangent that nothing rises above, where nothing is seen."""
_SAME: Final = 1e-6
"""Up to which measures, and amplitudes over the largest, count as the same."""
_NEGLIGIBLE: Final = 1e-4
"""Rms, over all facets and horizons, of what is left out, in units of the flat signal."""


class HiddenTables(NamedTuple):
    """Of the M directions in which anything counts, and the E pairs of a segment and a direction that it sees.

    The measure of a horizon of tangent t is `ceiling - 1/(1 + t²)`, 0 at the lowest elevation that counts anywhere.

    Attributes
    ----------
    floor : float32 [M]
        Tangent of the lowest elevation from which an electron counts.
    lowest, highest : float32 [M]
        Measures of the lowest and the highest such elevation.
    beginning, ending : float
        Tangents of the lowest and the highest elevation that count anywhere.
    ceiling : float
        Of the measure.
    uneven : bool
        Whether these differ from direction to direction.
    first : int64 [n + 1]
        Where the pairs of each segment begin.
    look : int64 [E]
        Direction of each pair, as number among the M.
    hidden : float32 [G·E·TOGETHER·POWERS]
        Coefficients of the integral below a horizon, at the field's centre, but for a constant; G groups of channels.
    amplitude : float32 [G·TOGETHER, FACETS, FACETS]
        Of facets, over the horizontal parts of their normal along y and x.
    packed : Packed
        The same, four numbers a group.
    of_normal : bool
        Whether they are the components of the normal, out of the surface, along x and along y.
    """

    floor: F32
    lowest: F32
    highest: F32
    beginning: float
    ending: float
    ceiling: float
    uneven: bool
    first: I64
    look: I64
    hidden: F32
    amplitude: F32
    packed: Packed
    of_normal: bool


def hidden_tables(optics: Optics, law: EmissionLaw, seeing: list[int]) -> HiddenTables:
    """Tabulate the directions of these numbers."""
    shares = [optics.hidden[m] for m in seeing]
    segments = [share.segments for share in shares]
    bounds = np.array([_bounds(share) for share in shares]).reshape(-1, 2)
    sampled = [_sampled(share, *ends) for share, ends in zip(shares, bounds, strict=True)]
    integrals = np.concatenate(sampled) if sampled else np.zeros((0, HORIZONS, len(law_arrays(law)[2])))
    amplitudes = _amplitudes(law)
    flat = optics.full[:, :, 0, 0] @ amplitudes[:, FACETS // 2, FACETS // 2]
    hidden, amplitude = _fewer_channels(integrals, amplitudes, _NEGLIGIBLE * float(flat.mean()))
    hidden, amplitude, of_normal = _by_normal(hidden, amplitude)
    beginning = float(bounds[:, 0].min(initial=_NEVER))
    ceiling = 1.0 / (1.0 + beginning**2)
    measures = [ceiling - 1.0 / (1.0 + _even(*ends) ** 2) for ends in bounds]
    fits = [np.linalg.pinv(at[:, None] ** np.arange(POWERS + 1))[1:] for at in measures]
    seen_by = np.array([len(numbers) for numbers in segments], np.int64)
    of_pair = np.repeat(np.array(fits).reshape(-1, POWERS, HORIZONS), seen_by, axis=0)
    coefficients = np.moveaxis(of_pair @ hidden, -1, -2)
    segment = np.concatenate([np.zeros(0, np.int64), *segments]).astype(np.int64)
    order = np.argsort(segment, kind="stable")
    groups = amplitude.shape[0]
    by_four = np.pad(amplitude, [(0, 0), (0, FOUR - TOGETHER), (0, 0), (0, 0)])
    lowest, highest = (ceiling - 1.0 / (1.0 + ends**2) for ends in bounds.T)
    return HiddenTables(
        floor=np.array([share.floor for share in shares], np.float32),
        lowest=lowest.astype(np.float32),
        highest=highest.astype(np.float32),
        beginning=beginning,
        ending=float(bounds[:, 1].max(initial=beginning)),
        ceiling=ceiling,
        uneven=bool(np.ptp(lowest) + np.ptp(highest) > _SAME) if lowest.size else False,
        first=np.searchsorted(segment[order], np.arange(optics.full.shape[0] + 1)),
        look=np.repeat(np.arange(len(shares)), seen_by)[order],
        hidden=coefficients[:, order].astype(np.float32).ravel(),
        amplitude=amplitude.reshape(groups * TOGETHER, FACETS, FACETS).astype(np.float32),
        packed=packed(by_four.reshape(-1, FACETS, FACETS).astype(np.float32)),
        of_normal=of_normal,
    )


def _bounds(share: HiddenShare) -> tuple[float, float]:
    """Tangents of the first and the last horizon, from their cos(theta)."""
    cosine = np.array([share.low, share.low + (len(share.table[0]) - 1) / share.per_entry])
    first, last = cosine / np.sqrt(np.maximum(1.0 - cosine**2, 1e-12))
    return float(first), float(last)


def _even(low: float, high: float) -> F64:
    """Tangents t between two, evenly in t/(1 + t): steep horizons are rare."""
    even = np.linspace(low / (1.0 + low), high / (1.0 + high), HORIZONS)
    return np.asarray(even / (1.0 - even))


def _sampled(share: HiddenShare, low: float, high: float) -> F64:
    """Its integrals [S, HORIZONS, C]."""
    tangent = _even(low, high)
    at = (tangent / np.hypot(tangent, 1.0) - share.low) * share.per_entry
    below = np.minimum(at.astype(int), len(share.table[0]) - 2)
    table, further = share.table[0], np.clip(at - below, 0.0, 1.0)[:, None, None]
    return np.moveaxis(table[below] + further * (table[below + 1] - table[below]), 1, 0)


def _amplitudes(law: EmissionLaw) -> F64:
    """Of every channel, [C, FACETS, FACETS]."""
    down, right = slopes_on_grid(FACETS)
    arrays = law_arrays(law)
    amplitude = np.empty((len(arrays[2]), FACETS, FACETS), np.float32)
    fill_amplitudes(np.stack([right, down]).astype(np.float32), *arrays, amplitude, 0, FACETS)
    return amplitude.astype(np.float64)


def _fewer_channels(integrals: F64, amplitudes: F64, negligible: float) -> tuple[F64, F64]:
    """The same sums by as few channels as possible, G groups of TOGETHER: [G, E, HORIZONS, TOGETHER] and
    [G, TOGETHER, FACETS, FACETS].

    By singular values of the matrix of all horizons and facets, which is never made.
    """
    channels = integrals.shape[2]
    of_horizons, mixed = np.linalg.qr(integrals.reshape(-1, channels))
    of_facets, other = np.linalg.qr(amplitudes.reshape(channels, -1).T)
    left, size, right = np.linalg.svd(mixed @ other.T)
    left_out = np.sqrt(np.cumsum(size[::-1] ** 2)[::-1] / (max(len(of_horizons), 1) * len(of_facets)))
    kept = int(np.count_nonzero(left_out > negligible))
    groups = max(-(-kept // TOGETHER), 1)
    padded = [(0, 0), (0, max(groups * TOGETHER - channels, 0))]

    def grouped(columns: F64, shape: tuple[int, ...]) -> F64:
        columns = np.pad(columns, padded)[:, : groups * TOGETHER]
        return np.moveaxis(columns.reshape(*shape, groups, TOGETHER), -2, 0)

    hidden = grouped(of_horizons @ left * size, integrals.shape[:2])
    return hidden, np.moveaxis(grouped(of_facets @ right.T, amplitudes.shape[1:]), -1, 1)


def _by_normal(hidden: F64, amplitude: F64) -> tuple[F64, F64, bool]:
    """The same sums by the components of the normal, where amplitudes are sums of these, as of Lambert's law."""
    down, right = slopes_on_grid(FACETS)
    outward = 1.0 / np.sqrt(1.0 + right**2 + down**2)
    normal = np.stack([outward, right * outward, down * outward])
    if len(amplitude) > 1:
        return hidden, amplitude, False
    given, components = amplitude[0].reshape(TOGETHER, -1), normal.reshape(TOGETHER, -1)
    mixed = np.linalg.lstsq(components.T, given.T, rcond=None)[0]
    if np.abs(mixed.T @ components - given).max() > _SAME * np.abs(given).max():
        return hidden, amplitude, False
    return hidden @ mixed.T, normal[None], True
