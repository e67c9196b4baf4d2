"""Recipes of the vision field transformer: everything that decides what a training makes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from eclips4d.core.errors import InputError
from eclips4d.core.settings import Settings, load_toml
from eclips4d.training.recipe import Budget, Mining, Optimisation

Positive = Annotated[float, Field(gt=0.0)]


class AttentionShape(Settings):
    """The network.

    Attributes
    ----------
    embed
        Numbers in which a ring is told.
    heads
        Of the attention.
    hidden
        Numbers between what the heads see and the horizons.
    """

    embed: int = Field(16, ge=2, le=256)
    heads: int = Field(4, ge=2, le=64)
    hidden: int = Field(16, ge=2, le=256)


class Scenes(Settings):
    """What is looked at and how often.

    Attributes
    ----------
    field_px
        Side of a surface.
    pool
        Surfaces held at a time; the oldest makes room for the next.
    steps
        Between two new surfaces.
    views
        Pairs of pixel and way taken from a surface.
    batch
        Views per step.
    floors
        Range of the tangents of the lowest elevation that counts, log-uniform: detectors from flat to deep.
    slopes
        Range of the slopes that surfaces are stretched to reach somewhere, log-uniform.
    """

    field_px: int = Field(256, ge=48, le=1024)
    pool: int = Field(16, ge=1)
    steps: int = Field(40, ge=1)
    views: int = Field(24000, ge=16)
    batch: int = Field(8192, ge=16)
    floors: tuple[Positive, Positive] = (0.27, 1.3)
    slopes: tuple[Positive, Positive] = (0.7, 5.0)

    @model_validator(mode="after")
    def _rise(self) -> Scenes:
        if self.floors[0] > self.floors[1] or self.slopes[0] > self.slopes[1]:
            raise ValueError("floors and slopes go from low to high")
        return self


class VisionRecipe(Settings):
    """One training.

    Attributes
    ----------
    name
        Of the weights.
    """

    name: str = Field("vft", pattern=r"^[a-z0-9_-]+$")
    network: AttentionShape = AttentionShape()
    scenes: Scenes = Scenes()
    budget: Budget
    optimisation: Optimisation = Optimisation()
    mining: Mining = Mining()
    seed: int = Field(0, ge=0)


FOLDER = Path(str(files("eclips4d.training.vft") / "recipes"))
"""Of the recipes that come with the package."""


def load_vision_recipe(name: str) -> VisionRecipe:
    """A recipe of the package by its name, or the file of that path.

    Raises
    ------
    InputError
        Neither, or the file cannot be used.
    """
    known = sorted(path.stem for path in FOLDER.glob("*.toml"))
    if name in known:
        return load_toml(VisionRecipe, FOLDER / f"{name}.toml")
    if name.endswith(".toml"):
        return load_toml(VisionRecipe, Path(name))
    raise InputError(f"no recipe {name!r}", cure=f"take one of {', '.join(known)}, or give a TOML file")
