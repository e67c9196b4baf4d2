"""All methods that compete: each from a sequence to places relative to its first frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.registration.moving.scenes import Movie
from eclips4d.pipeline.bench.registration.peers import correlation, stack_reg
from eclips4d.pipeline.bench.registration.peers.all_pairs import all_pairs
from eclips4d.pipeline.bench.registration.peers.correlation import correlated
from eclips4d.pipeline.bench.registration.peers.images import filtered_sums, raw_sums
from eclips4d.pipeline.bench.registration.places import starts
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION
from eclips4d.registration.track import follow

F64 = NDArray[np.float64]
Images = Sequence[F64]

OURS, SMOOTHED = "ours", "ours smoothed"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another method.

    Attributes
    ----------
    variants
        From raw and from filtered sums to places; the one that is best in a row counts there.
    there
        Whether its package is installed.
    """

    name: str
    variants: tuple[Callable[[Images, Images], F64], ...]
    there: bool


def _raw(method: Callable[[Images], F64], raw: Images, filtered: Images) -> F64:
    return method(raw)


def _filtered(method: Callable[[Images], F64], raw: Images, filtered: Images) -> F64:
    return method(filtered)


def _on_both(*methods: Callable[[Images], F64]) -> tuple[Callable[[Images, Images], F64], ...]:
    return tuple(partial(way, method) for method in methods for way in (_raw, _filtered))


PEERS = (
    Peer("plain correlation", (partial(_filtered, correlated),), correlation.THERE),
    Peer("skimage", _on_both(correlated), correlation.THERE),
    Peer("skimage phase", _on_both(partial(correlated, normalization="phase")), correlation.THERE),
    Peer("pystackreg", _on_both(stack_reg.to_first, stack_reg.to_previous), stack_reg.THERE),
    Peer("all pairs", (partial(_filtered, all_pairs),), correlation.THERE),
)


def errors_of(movie: Movie) -> dict[str, tuple[float, ...]]:
    """Rms error of every method, px; a peer has one for each of its variants."""
    track = follow(movie.with_headers(), CALIBRATION)
    found: dict[str, tuple[F64, ...]] = {OURS: (starts(track.live),), SMOOTHED: (starts(track.smoothed),)}
    raw, filtered = raw_sums(movie.frames), filtered_sums(movie.frames)
    for peer in PEERS:
        if peer.there:
            found[peer.name] = tuple(variant(raw, filtered) for variant in peer.variants)
    return {name: tuple(_error(places, movie.truth) for places in variants) for name, variants in found.items()}


def _error(places: F64, truth: F64) -> float:
    return float(np.sqrt(((places - truth)[1:] ** 2).sum(axis=1).mean()))
