"""Recipes: everything that decides what a training makes, read from TOML. Same recipe, steps and seed: same weights."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from eclips4d.core.errors import InputError
from eclips4d.core.settings import Settings, load_toml, parse_toml

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Weight = Annotated[float, Field(ge=0.0)]
Plane = Literal["brightness", "residual", "shadows", "curl"]


class NetworkShape(Settings):
    """The U-Net.

    Attributes
    ----------
    kind
        `slopes`: segments to slopes. `integrator`: corrections and weights of the least-squares integration. `mapper`:
        slopes straight to heights, for comparison.
    size
        Name under which the weights are kept.
    base
        Channels of the finest level.
    depth
        Halvings below the stem.
    unshuffle
        Side of the block of pixels that becomes channels in the stem.
    widest
        Most channels of a level, in multiples of `base`.
    octaves
        Of slopes networks: whether they say what to keep of the octaves; without, they only correct. For ablations.
    """

    kind: Literal["slopes", "integrator", "mapper"]
    size: str = Field("live", pattern=r"^[a-z0-9_-]+$")
    base: int = Field(16, ge=4, le=256)
    depth: int = Field(4, ge=1, le=5)
    unshuffle: Literal[1, 2, 4] = 2
    widest: int = Field(8, ge=1, le=16)
    octaves: bool = True

    @property
    def name(self) -> str:
        """Of the weights: `slopes-live`."""
        return f"{self.kind}-{self.size}"


class Data(Settings):
    """What is simulated and how often it is shown.

    Attributes
    ----------
    field_px
        Side of a simulated image.
    patch_px
        Side of what the network is shown of it.
    batch
        Patches per step.
    pool
        Simulated images held at a time; the oldest makes room for the next.
    replays
        Batches taken from the pool for each image that is simulated anew: simulating costs more than learning.
    families
        Relative weights of the families of surfaces; those not named have weight 1.
    electrons
        Range of detected electrons per segment and pixel, log-uniform.
    segments
        Numbers of segments of the simulated detectors, all equally often.
    settings
        Simulated microscopes that take turns: preparing one takes longer than rendering an image.
    fine
        Sub-pixels per pixel and axis of the simulated surfaces.
    hidden
        Planes that the network is not shown (zero): for ablations.
    """

    field_px: int = Field(256, ge=64, le=2048, multiple_of=32)
    patch_px: int = Field(128, ge=32, le=1024, multiple_of=32)
    batch: int = Field(16, ge=1)
    pool: int = Field(64, ge=1)
    replays: float = Field(4.0, gt=0.0)
    families: dict[str, Weight] = Field(default_factory=dict)
    electrons: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = (40.0, 2.0e4)
    segments: tuple[Annotated[int, Field(ge=3, le=16)], ...] = (3, 4)
    settings: int = Field(40, ge=1)
    fine: int = Field(3, ge=1, le=8)
    hidden: tuple[Plane, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Data:
        if self.patch_px > self.field_px:
            raise ValueError("patch_px is larger than field_px")
        if self.electrons[0] > self.electrons[1]:
            raise ValueError("electrons is not from few to many")
        return self


class Optimisation(Settings):
    """How weights follow gradients; the rate rises linearly, then falls along half a cosine.

    Attributes
    ----------
    warm_up
        Share of the training over which the rate rises.
    lr_end
        Last rate over the highest.
    ema
        Memory, in steps, of the average of the weights that is exported; shorter at the start.
    clip
        Largest norm of a gradient; larger ones are scaled down.
    """

    kind: Literal["muon", "adamw"] = "muon"
    lr: float = Field(2.0e-3, gt=0.0)
    weight_decay: Weight = 1.0e-2
    warm_up: Share = 0.02
    lr_end: Share = 0.01
    ema: float = Field(200.0, ge=1.0)
    clip: float = Field(1.0, gt=0.0)

    def factor(self, share: float) -> float:
        """Rate over the highest when this share of the training is done."""
        if share < self.warm_up:
            return max(share / self.warm_up, 1e-3)
        fall = min((share - self.warm_up) / max(1.0 - self.warm_up, 1e-9), 1.0)
        return self.lr_end + (1.0 - self.lr_end) * 0.5 * (1.0 + math.cos(math.pi * fall))

    def ema_decay(self, step: int) -> float:
        """Of the average after this many steps: it forgets the first steps faster."""
        return min(1.0 - 1.0 / self.ema, (1.0 + step) / (10.0 + step))


class PreTraining(Settings):
    """First labels with the errors of an AFM: tip dilation, residual misregistration; then exact ones.

    Attributes
    ----------
    share
        Of the training; 0 for none, 1 for nothing else.
    """

    share: Share = 0.15


class Mining(Settings):
    """Hard examples: patches are drawn in proportion to their last loss to a power.

    Attributes
    ----------
    exponent
        0 draws all alike.
    """

    on: bool = True
    exponent: float = Field(0.5, ge=0.0, le=4.0)


class SlopeLosses(Settings):
    """Weights of the losses on slopes, beside that of the mean squared error, which is 1.

    Attributes
    ----------
    scales
        Error of the slopes averaged over several pixels: what integrates to wrong heights.
    typical
        Mean absolute error, which few pixels in shadows do not rule.
    spread
        Of the sd.
    """

    scales: Weight = 0.5
    typical: Weight = 0.5
    spread: Weight = 0.2


class HeightLosses(Settings):
    """Weights of the losses on heights.

    Attributes
    ----------
    bands
        Data: errors of heights, band by band of length.
    curl
        Of the corrected slopes: a surface has none.
    normals
        Angle between the height's normals and the true ones.
    neumann
        Slopes across the image's edges.
    """

    bands: Weight = 1.0
    curl: Weight = 0.1
    normals: Weight = 0.1
    neumann: Weight = 0.1


class Budget(Settings):
    """When training ends: after `steps`, or after `minutes`, whichever is first. Only steps can be repeated exactly.

    Attributes
    ----------
    threads
        Of this process; 0 leaves the choice to torch.
    """

    steps: int | None = Field(None, ge=1)
    minutes: float | None = Field(None, gt=0.0)
    threads: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _ends(self) -> Budget:
        if self.steps is None and self.minutes is None:
            raise ValueError("give steps or minutes")
        return self


class Recipe(Settings):
    """One training."""

    network: NetworkShape
    budget: Budget
    data: Data = Data()
    optimisation: Optimisation = Optimisation()
    pre_training: PreTraining = PreTraining()
    mining: Mining = Mining()
    slope_losses: SlopeLosses = SlopeLosses()
    height_losses: HeightLosses = HeightLosses()
    iterations: int = Field(4, ge=0, le=50, description="of the integrator's solver")
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _divides(self) -> Recipe:
        if self.network.kind == "slopes" and self.network.unshuffle != 2:
            raise ValueError("network.unshuffle of a slopes network is 2, the side of the blocks it speaks of")
        step = self.network.unshuffle * 2**self.network.depth
        if self.data.patch_px % step:
            raise ValueError(f"data.patch_px is no multiple of {step}, which the network's stem and depth demand")
        return self


FOLDER = Path(str(files("eclips4d.training") / "recipes"))
"""Of the recipes of the shipped weights."""


def recipe_names() -> list[str]:
    """Of the recipes that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_recipe(name: str) -> Recipe:
    """A recipe of the package by its name, or the file of that path.

    Raises
    ------
    InputError
        Neither, or the file cannot be used.
    """
    if name in recipe_names():
        return load_toml(Recipe, FOLDER / f"{name}.toml")
    if name.endswith(".toml"):
        return load_toml(Recipe, Path(name))
    raise InputError(f"no recipe {name!r}", cure=f"take one of {', '.join(recipe_names())}, or give a TOML file")


def parse_recipe(text: str, where: str) -> Recipe:
    """A recipe from TOML text, as model cards and checkpoints keep it."""
    return parse_toml(Recipe, text, where)
