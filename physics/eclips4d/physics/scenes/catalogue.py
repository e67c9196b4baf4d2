"""Scenes by name, each with what can be chosen of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eclips4d.core.errors import InputError
from eclips4d.core.settings import Settings
from eclips4d.physics.scenes import artefacts, maps, walls
from eclips4d.physics.scenes.copper_redox import CopperRedoxOptions, copper_redox
from eclips4d.physics.scenes.islands import IslandsOptions, islands
from eclips4d.physics.scenes.options import Option, chosen, declared
from eclips4d.physics.scenes.scene import Scene
from eclips4d.physics.scenes.spiral import SpiralOptions, spiral
from eclips4d.physics.scenes.stepflow import StepflowOptions, stepflow


@dataclass(frozen=True, slots=True)
class SceneKind:
    """How a scene is made.

    Attributes
    ----------
    build
        `(field_nm (x, y), seed, switch_s, options) -> Scene`.
    options
        What can be chosen.
    """

    build: Callable[[tuple[float, float], int, float, Any], Scene]
    options: type[Settings]

    @property
    def declared(self) -> tuple[Option, ...]:
        """Its options with default, unit and meaning."""
        return declared(self.options)


SCENES: Mapping[str, SceneKind] = {
    "copper-redox": SceneKind(copper_redox, CopperRedoxOptions),
    "spiral": SceneKind(spiral, SpiralOptions),
    "stepflow": SceneKind(stepflow, StepflowOptions),
    "islands": SceneKind(islands, IslandsOptions),
    "steps": SceneKind(walls.steps, walls.StepsOptions),
    "pits": SceneKind(walls.pits, walls.PitsOptions),
    "pyramid": SceneKind(artefacts.pyramid, artefacts.PyramidOptions),
    "sphere": SceneKind(artefacts.sphere, artefacts.SphereOptions),
    "grating": SceneKind(artefacts.grating, artefacts.GratingOptions),
    "afm": SceneKind(maps.afm, maps.AfmOptions),
    "rough": SceneKind(maps.rough, maps.RoughOptions),
    "flat": SceneKind(maps.flat, maps.FlatOptions),
}
"""All scenes."""


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
        What the scene lets one choose (`SCENES[name].declared`), as values or as text.

    Raises
    ------
    InputError
        No such scene or option, or a value that it cannot take.
    """
    if name not in SCENES:
        raise InputError(f"unknown scene {name!r}", cure=f"use one of: {', '.join(sorted(SCENES))}")
    kind = SCENES[name]
    return kind.build(field_nm, seed, switch_s, chosen(kind.options, options, name))
