"""Where things lie: at random, but not on top of each other."""

from __future__ import annotations

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes.scene import FloatArray

MOST = 20_000
"""Things in one field; every one is compared with all others."""


def scattered(
    field_nm: tuple[float, float], per_um2: float, apart_nm: float, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Places x, y over a field, one at least and never two closer than `apart_nm`.

    Raises
    ------
    InputError
        More than `MOST`.
    """
    width, height = field_nm
    asked = per_um2 * width * height * 1e-6
    if asked > MOST:
        raise InputError(
            f"{per_um2:g} per µm² are {asked:.3g} in a field of {width:.4g} × {height:.4g} nm, more than {MOST}",
            where="scene",
            cure="ask for fewer per µm², or for a smaller field",
        )
    wanted = max(1, round(asked))
    places = np.empty((wanted, 2))
    count = 0
    for place in random.uniform(-0.5, 0.5, (8 * wanted, 2)) * (width, height):
        if count < wanted and (np.hypot(*(places[:count] - place).T) > apart_nm).all():
            places[count] = place
            count += 1
    return places[:count, 0], places[:count, 1]


def particles(
    field_nm: tuple[float, float], per_um2: float, radius_nm: tuple[float, float], random: np.random.Generator
) -> FloatArray:
    """Gaussian bumps that stay where they are: x, y, height and radius (standard deviation), [n, 4]."""
    x, y = scattered(field_nm, per_um2, 5.0 * radius_nm[1], random)
    radius = random.uniform(*radius_nm, len(x))
    return np.column_stack([x, y, radius * random.uniform(0.35, 0.6, len(x)), radius])
