"""How steps stray from smooth motion: what the uncertainty of a velocity is made of.

A position is off by noise, anew in every frame; by the texture of the surface, which changes as the step goes on
(`texture.texture_shift`); and by what differs slowly in time, such as drift that was not found. The last is taken as a
Gaussian process whose correlation falls with the square of time. Its standard deviation and time, and a factor on the
stated noise, are averaged over all that were tried, each as often as it makes the tracks probable (restricted
likelihood, trend taken out): few sights do not tell one from another, and the most probable one alone is too sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.track import Track
from eclips4d.metrology.steps.wander_kernel import likelihoods

F64 = NDArray[np.float64]

LONGEST = 48
"""Sights of a step that are looked at together; longer tracks are cut."""
FEWEST = 6
SHARES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Tried for the standard deviation of the slow part, over the median uncertainty of a position."""
FACTORS = (1.0, 1.3, 1.7, 2.2, 3.0, 4.5)
"""Tried on the stated uncertainties."""
TIMES = (1.0, 2.0, 4.0, 8.0)
"""Tried for the correlation time, frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Sights:
    """Where one step was seen.

    Attributes
    ----------
    time_s, place_nm, u_nm : float64 [k]
        Each position at its own time, with its standard uncertainty by noise.
    texture_u_nm, texture_nm : float
        Standard deviation of positions by texture, and over which distance it changes.
    """

    time_s: F64
    place_nm: F64
    u_nm: F64
    texture_u_nm: float = 0.0
    texture_nm: float = 1.0

    def part(self, which: slice) -> Sights:
        """Some of them."""
        return Sights(self.time_s[which], self.place_nm[which], self.u_nm[which], self.texture_u_nm, self.texture_nm)


def sights_of(track: Track, jump_nm: F64 | None = None) -> Sights:
    """Of a track; texture as is usual for it.

    Parameters
    ----------
    track : Track
    jump_nm : float64 [frame], optional
        As `common.common_jumps` gives it: what positions of a frame are unsure by besides.
    """
    time, place, u = (track.column(name) for name in ("time_s", "position_nm", "position_u_nm"))
    if jump_nm is not None:
        u = np.hypot(u, jump_nm[track.seen])
    shift, length = (float(np.median(track.column(name))) for name in ("texture_u_nm", "texture_nm"))
    return Sights(time, place, u, shift, length)


@dataclass(frozen=True, slots=True)
class Wander:
    """What positions are off by beside texture.

    Attributes
    ----------
    factor : float
        By which their uncertainties are multiplied, independently.
    slow : tuple of (float, float)
        Gaussian processes: standard deviation, nm, and correlation time, s.
    """

    factor: float
    slow: tuple[tuple[float, float], ...] = ()

    def covariance(self, sights: Sights) -> F64:
        """Of the positions of one step, float64 [k, k], nm²."""
        apart = sights.time_s[:, None] - sights.time_s
        total = np.diag((self.factor * sights.u_nm) ** 2) + _texture(sights)
        for sd, time in self.slow:
            total += sd**2 * np.exp(-0.5 * (apart / time) ** 2)
        return np.asarray(total, np.float64)


def wander_of(tracks: Sequence[Sights], frame_s: float) -> Wander:
    """How the tracks of a line stray, averaged over what is probable.

    Parameters
    ----------
    tracks : sequence of Sights
    frame_s : float
        From frame to frame.
    """
    pieces = [piece for track in tracks for piece in _pieces(track)]
    if not pieces:
        return Wander(1.0, ())
    middle = float(np.median(np.concatenate([piece.u_nm for piece in pieces])))
    tried = np.array(
        [
            (time * frame_s, factor, share * middle)
            for time, factor, share in product(TIMES, FACTORS, SHARES)
            if share or time == TIMES[0]
        ]
    )
    return _averaged(tried, np.sum([_likelihoods(piece, tried) for piece in pieces], axis=0))


def _averaged(tried: F64, likelihood: F64) -> Wander:
    """Mean covariance of all that were tried, each as often as it is probable."""
    probable = np.exp(likelihood - likelihood.max())
    probable /= probable.sum()
    time, factor, sd = tried.T
    slow = [(float(np.sqrt((probable * sd**2)[time == t].sum())), float(t)) for t in np.unique(time)]
    return Wander(float(np.sqrt(probable @ factor**2)), tuple(part for part in slow if part[0] > 0.0))


def _pieces(track: Sights) -> list[Sights]:
    count = -(-track.time_s.size // LONGEST)
    ends = np.linspace(0, track.time_s.size, count + 1).astype(int)
    parts = [track.part(slice(a, b)) for a, b in pairwise(ends)]
    return [piece for piece in parts if piece.time_s.size >= FEWEST]


def _likelihoods(track: Sights, tried: F64) -> F64:
    """Restricted likelihoods of a track about a trend, logarithms, of trials [m, (time, factor, sd)]."""
    time, u = track.time_s, track.u_nm
    degree = 1 if time.size < 12 else 2 if time.size < 30 else 3
    trend = np.ascontiguousarray(np.polynomial.chebyshev.chebvander(_unit(time), degree))
    fixed = _texture(track) + 1e-12 * np.eye(time.size) * float(u.max() ** 2)
    trials = tuple(np.ascontiguousarray(tried[:, k]) for k in (1, 2, 0))
    apart = time[:, None] - time
    found = likelihoods(u**2, fixed, apart, trend, track.place_nm - track.place_nm.mean(), *trials)
    return np.asarray(found, np.float64)


def _texture(sights: Sights) -> F64:
    gone = (sights.place_nm[:, None] - sights.place_nm) / sights.texture_nm
    return np.asarray(sights.texture_u_nm**2 * np.exp(-0.5 * gone**2), np.float64)


def _unit(time: F64) -> F64:
    middle, half = 0.5 * (time[0] + time[-1]), 0.5 * (time[-1] - time[0])
    return np.asarray((time - middle) / half, np.float64)
