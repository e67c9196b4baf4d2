"""What a horizon hides of a facet's signal: powers of the horizon's tangent, for every direction and segment.

An emission law separates into channels: amplitudes of the facet times integrals over the detector. What several
directions hide is added up in the integrals, so that a facet's amplitudes are looked up once however many
directions are hidden. Laws of many channels are put into fewer, the ones by which facets and horizons differ most.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.amplitudes import fill_amplitudes, law_arrays
from eclips4d.physics.bsesm.hidden import HiddenShare
from eclips4d.physics.bsesm.optics import Optics
from eclips4d.physics.dsm.normals import slopes_on_grid
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

HORIZONS: Final = 64
"""By which integrals are compared and fitted."""
POWERS: Final = 4
"""Of a horizon's tangent, from the first on: integrals are then good to some 1e-3 of the flat signal at worst."""
FACETS: Final = 65
"""Of the amplitudes' table along an axis."""
TOGETHER: Final = 3
"""Channels that are looked up at a time: as many as Lambert's law has."""
_NEGLIGIBLE: Final = 1e-4
"""Rms, over all facets and horizons, of what is left out, in units of the flat signal."""


class HiddenTables(NamedTuple):
    """Of the M directions in which anything counts, and the E pairs of a direction and a segment that sees it.

    Attributes
    ----------
    floor : float32 [M]
        Tangent of the lowest elevation from which an electron counts.
    per_tangent : float32 [M]
        1 over how much steeper the highest such elevation is: horizons run from 0 to 1 in between.
    first : int64 [M + 1]
        Where the pairs of each direction begin.
    segment : int64 [E]
        Of each pair.
    hidden : float32 [G·E·TOGETHER·POWERS]
        Coefficients of the integral below a horizon, at the field's centre; G groups of channels.
    amplitude : float32 [G·FACETS·FACETS·TOGETHER]
        Of facets, over the horizontal parts of their normal along y and x.
    """

    floor: F32
    per_tangent: F32
    first: I64
    segment: I64
    hidden: F32
    amplitude: F32


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
    horizons = [(_even(*ends) - ends[0]) / (ends[1] - ends[0]) for ends in bounds]
    fits = [np.linalg.pinv(at[:, None] ** np.arange(1, POWERS + 1)) for at in horizons]
    seen_by = np.array([len(numbers) for numbers in segments], np.int64)
    of_pair = np.repeat(np.array(fits).reshape(-1, POWERS, HORIZONS), seen_by, axis=0)
    coefficients = np.moveaxis(of_pair @ hidden, -1, -2)
    return HiddenTables(
        floor=np.array([share.floor for share in shares], np.float32),
        per_tangent=(1.0 / (bounds[:, 1] - bounds[:, 0])).astype(np.float32),
        first=np.concatenate([[0], np.cumsum(seen_by)]),
        segment=np.concatenate([np.zeros(0, np.int64), *segments]),
        hidden=coefficients.astype(np.float32).ravel(),
        amplitude=amplitude.astype(np.float32).ravel(),
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
    """The same sums by as few channels as possible, G groups of TOGETHER: [G, E, HORIZONS, …], [G, FACETS, FACETS, …].

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
    return hidden, grouped(of_facets @ right.T, amplitudes.shape[1:])
