"""A random surface of any family, with extras, within the limit of slope."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.training.surfaces.contrast import relative_yield
from eclips4d.training.surfaces.extras import with_extras
from eclips4d.training.surfaces.facets import facets
from eclips4d.training.surfaces.flat import flat
from eclips4d.training.surfaces.granular import granular
from eclips4d.training.surfaces.limits import limited
from eclips4d.training.surfaces.mixed import Family, mixed
from eclips4d.training.surfaces.pits import pits
from eclips4d.training.surfaces.rough import rough
from eclips4d.training.surfaces.spiral import spiral
from eclips4d.training.surfaces.steps import steps
from eclips4d.training.surfaces.surface import Canvas, RandomSurface

_DRAWN: Mapping[str, tuple[Family, float]] = MappingProxyType(
    {
        "flat": (flat, 0.06),
        "steps": (steps, 0.27),
        "granular": (granular, 0.17),
        "facets": (facets, 0.17),
        "pits": (pits, 0.11),
        "spiral": (spiral, 0.08),
        "rough": (rough, 0.06),
        "mixed": (mixed, 0.08),
    }
)
FAMILIES: tuple[str, ...] = tuple(_DRAWN)
"""All families."""
SHARES: tuple[float, ...] = tuple(share for _, share in _DRAWN.values())
"""How often each is drawn."""


def random_surface(
    rng: np.random.Generator, shape: tuple[int, int], fine: int = 4, family: str | None = None
) -> RandomSurface:
    """A surface to train on; the same state of the generator gives the same surface.

    Parameters
    ----------
    rng
        Everything random comes from it.
    shape
        Of the image (y, x), pixels.
    fine
        Points of the surface per pixel, along one axis.
    family
        One of `FAMILIES`; None: one at random, as often as `SHARES` says.

    Raises
    ------
    InputError
        No such family.
    """
    name = str(rng.choice(FAMILIES, p=SHARES)) if family is None else family
    if name not in _DRAWN:
        raise InputError(f"unknown family of surfaces {name!r}", cure=f"use one of: {', '.join(FAMILIES)}")
    canvas = Canvas(shape, fine)
    relief = _DRAWN[name][0](rng, canvas)
    height, particle = relief.height.astype(np.float64), None
    if name != "flat":
        height, particle = with_extras(rng, canvas, relief.height)
    yields = relative_yield(rng, canvas, relief.region, particle)
    return RandomSurface(limited(height, canvas.pitch), yields, name)
