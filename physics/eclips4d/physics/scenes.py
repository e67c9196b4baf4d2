"""Surfaces that change while they are looked at, as functions of place and time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.physics.copper_redox import copper_redox

FloatArray = NDArray[np.float64]


class Scene(Protocol):
    """A surface h(x, y, t) and its yield; x to the right, y down, from the field's centre, nm."""

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        ...

    def lines(
        self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Height (nm) and relative yield on horizontal lines, float64 [lines, count] each.

        Parameters
        ----------
        x0_nm, y_nm, t_s
            First point, height on the screen and moment of each line, [lines].
        step_nm, count
            Points per line and their distance.
        """
        ...

    def side(self, t_s: float) -> dict[str, float]:
        """Side values at a moment."""
        ...


SCENES: Mapping[str, Callable[[tuple[float, float], int, float], Scene]] = {"copper-redox": copper_redox}
"""Scene by name: `(field_nm (x, y), seed, switch_s) -> Scene`."""


def build_scene(name: str, field_nm: tuple[float, float], seed: int, switch_s: float) -> Scene:
    """A scene by its name.

    Parameters
    ----------
    name
        Key of `SCENES`.
    field_nm
        Extent (x, y) that the scene must fill, drift included.
    seed
        Same seed, same surface.
    switch_s
        Period of the gas switching, s.

    Raises
    ------
    InputError
        No such scene.
    """
    if name not in SCENES:
        raise InputError(f"unknown scene {name!r}", cure=f"use one of: {', '.join(sorted(SCENES))}")
    return SCENES[name](field_nm, seed, switch_s)
