"""A run followed as it is, and by a registrar that forgets after every frame what it has learned of what stays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from eclips4d.pipeline.bench.registration.moving.scenes import Movie
from eclips4d.pipeline.bench.registration.places import rms_error
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION
from eclips4d.registration import Registrar
from eclips4d.registration.staying import AT_REST, Staying

Forgetting = Callable[[Staying], Staying]


def nothing(known: Staying) -> Staying:
    """Nothing is forgotten."""
    return known


def unrest(known: Staying) -> Staying:
    """By how much blocks disagree is forgotten; how far they stray is kept."""
    return replace(known, unrest=bytes([AT_REST]) * len(known.unrest))


def strays_and_unrest(known: Staying) -> Staying:
    """All that is learned between the steps is forgotten."""
    return Staying(blocks=known.blocks, still=known.still)


def error_of(movie: Movie, forget: Forgetting) -> float:
    """Rms error of the live drift, px."""
    frames = movie.with_headers()
    registrar = Registrar.start(*frames[0], CALIBRATION)
    found: list[NDArray[np.float64]] = []
    for header, raw in frames:
        found.append(np.array(registrar.locate(header, raw).start))
        known = registrar.memory
        kept = replace(known, staying=forget(known.staying))
        if kept.staying != known.staying:
            pixels = {s: frames[s][1] for s in known.needed}
            registrar = Registrar.resume(registrar.state(kept), pixels, CALIBRATION)
    return rms_error(np.array(found), movie.truth)
