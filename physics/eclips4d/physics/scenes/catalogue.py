"""Scenes by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes.copper_redox import copper_redox
from eclips4d.physics.scenes.scene import Scene

SCENES: Mapping[str, Callable[[tuple[float, float], int, float], Scene]] = {"copper-redox": copper_redox}
"""Scene by name: `(field_nm (x, y), seed, switch_s) -> Scene`."""


def build_scene(name: str, field_nm: tuple[float, float], seed: int, switch_s: float, **options: object) -> Scene:
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
    options
        What the scene lets one choose.

    Raises
    ------
    InputError
        No such scene or option, or a value that it cannot take.
    """
    if name not in SCENES:
        raise InputError(f"unknown scene {name!r}", cure=f"use one of: {', '.join(sorted(SCENES))}")
    if options:
        raise InputError(f"unknown option {min(options)!r}", where=name, cure="this scene has none")
    return SCENES[name](field_nm, seed, switch_s)
