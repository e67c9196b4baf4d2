"""Angular integrals of an emission law over what each segment accepts, per bin of azimuth.

A term of the law is `amplitude(tilt)·polar(theta)·cos(order·(phi − psi))`; `cos(a − b) = cos a cos b + sin a sin b`.
So every term makes one channel (order 0) or two, in which facet and detector separate: per pixel an amplitude
(`amplitudes`), per detector the integral of `polar·sin(theta)·cos(order·phi)` or `…·sin(order·phi)` held here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.valid_angle.acceptance import Acceptance

F64 = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


@dataclass(frozen=True, slots=True)
class Channels:
    """Which term and which half of it (cosine or sine) every channel is.

    Attributes
    ----------
    term, order : int64 [C]
    sine : bool [C]
    """

    term: NDArray[np.int64]
    order: NDArray[np.int64]
    sine: NDArray[np.bool_]


def channels(law: EmissionLaw) -> Channels:
    """The channels of a law: one for a term of order 0, a cosine and a sine for the others."""
    parts = [(j, o, sine) for j, o in enumerate(law.order) for sine in ((False, True) if o > 0 else (False,))]
    term, order, sine = zip(*parts, strict=True)
    return Channels(np.array(term), np.array(order), np.array(sine))


def cell_integrals(accepted: Acceptance, law: EmissionLaw, edges: F64) -> F64:
    """Integrals over the polar cells of an acceptance, float64 [M, n, C, A].

    Parameters
    ----------
    edges
        Azimuth bins on the screen, rad, rising, [M + 1].
    """
    over_theta = polar_integrals(accepted.theta_edges, law)
    made_of = channels(law)
    segments, azimuths, cells = accepted.share.shape
    by_azimuth = np.asarray(accepted.share, dtype=np.float64).transpose(1, 0, 2).reshape(azimuths, -1)
    integrals = np.empty((len(edges) - 1, segments, len(made_of.term), cells))
    around: dict[tuple[int, bool], F64] = {}
    for c, (term, order, sine) in enumerate(zip(made_of.term, made_of.order, made_of.sine, strict=True)):
        key = (int(order), bool(sine))
        if key not in around:
            weight = azimuth_integrals(edges, azimuths, *key)
            around[key] = np.asarray(weight @ by_azimuth).reshape(-1, segments, cells)
        integrals[:, :, c] = around[key] * over_theta[term]
    return integrals


def polar_integrals(theta_edges: F64, law: EmissionLaw) -> F64:
    """`∫ polar_j(theta)·sin(theta) d theta` over every cell, float64 [J, A]."""
    middle, half = (theta_edges[1:] + theta_edges[:-1]) / 2.0, np.diff(theta_edges) / 2.0
    theta = middle[:, None] + half[:, None] * _NODES
    polar = np.stack([np.interp(theta, law.theta, values) for values in law.polar])
    return np.asarray((polar * np.sin(theta) * _WEIGHTS).sum(-1) * half)


def azimuth_integrals(edges: F64, cells: int, order: int, sine: bool) -> csr_array:
    """`∫ cos(order·phi) d phi` (or sine) over the part of every azimuth cell in every bin, float64 [M, P].

    A bin meets few of the cells.
    """
    cell = 2.0 * np.pi * np.arange(cells + 1) / cells
    met = []
    for turn in (-2.0 * np.pi, 0.0, 2.0 * np.pi):
        low = np.maximum(edges[:-1, None] + turn, cell[None, :-1])
        high = np.minimum(edges[1:, None] + turn, cell[None, 1:])
        m, p = np.nonzero(high > low)
        met.append((m, p, _integral(low[m, p], high[m, p], order, sine)))
    m, p, values = (np.concatenate(one) for one in zip(*met, strict=True))
    return csr_array((values, (m, p)), shape=(len(edges) - 1, cells))


def _integral(low: F64, high: F64, order: int, sine: bool) -> F64:
    if order == 0:
        return high - low
    if sine:
        return (np.cos(order * low) - np.cos(order * high)) / order
    return (np.sin(order * high) - np.sin(order * low)) / order
