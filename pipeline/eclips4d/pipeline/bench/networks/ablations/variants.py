"""The recipes that are compared: one in full, and one for each thing changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eclips4d.training.recipe import Recipe

FULL = "full"
PLAIN = {"kind": "mapper", "base": 24, "depth": 4, "unshuffle": 2}
"""The largest network of the comparison: alone it has to see far."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One change of a recipe.

    Attributes
    ----------
    key
        Part of file names.
    says
        For the tables.
    changes
        Settings in place of the recipe's, table by table.
    own_images
        Whether it needs a stream of images of its own; the others are trained side by side on one.
    """

    key: str
    says: str
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    own_images: bool = False


SLOPES = (
    Variant(FULL, "the full recipe"),
    Variant("adamw", "AdamW in place of Muon", {"optimisation": {"kind": "adamw"}}),
    Variant("no-octaves", "corrections alone: no octave is kept or left out", {"network": {"octaves": False}}),
    Variant("one-scale", "no loss at coarse scales", {"slope_losses": {"scales": 0.0}}),
    Variant("mean-square", "no loss of the mean absolute error", {"slope_losses": {"typical": 0.0}}),
    Variant("no-brightness", "brightness not shown", {"data": {"hidden": ("brightness",)}}),
    Variant("no-residual", "residual not shown", {"data": {"hidden": ("residual",)}}),
    Variant("no-shadows", "the guess of shadows not shown", {"data": {"hidden": ("shadows",)}}),
    Variant("no-curl", "their curl not shown", {"data": {"hidden": ("curl",)}}),
    Variant("no-mining", "no hard-example mining", {"mining": {"on": False}}, own_images=True),
    Variant("exact-labels", "no pre-training on an AFM's labels", {"pre_training": {"share": 0.0}}, own_images=True),
    Variant("afm-labels", "an AFM's labels only", {"pre_training": {"share": 1.0}}, own_images=True),
)
HEIGHTS = (
    Variant(FULL, "the full recipe"),
    Variant("adamw", "AdamW in place of Muon", {"optimisation": {"kind": "adamw"}}),
    Variant("no-curl", "no loss of the curl", {"height_losses": {"curl": 0.0}}),
    Variant("no-normals", "no loss of the normals", {"height_losses": {"normals": 0.0}}),
    Variant("no-neumann", "no loss at the edges", {"height_losses": {"neumann": 0.0}}),
    Variant("no-data", "no loss of the heights, band by band", {"height_losses": {"bands": 0.0}}),
    Variant("mapper", "a plain U-Net from slopes to height, as in the paper", {"network": PLAIN}, own_images=True),
)


def changed(recipe: Recipe, variant: Variant, steps: int, seed: int) -> Recipe:
    """The recipe of a variant, trained for so many steps on the images of a seed."""
    values = recipe.model_dump()
    for table, settings in variant.changes.items():
        values[table] |= settings
    values["network"]["size"] = f"{recipe.network.size}-{variant.key}"
    values["budget"] |= {"steps": steps, "minutes": None}
    return type(recipe).model_validate(values | {"seed": seed})


def groups(variants: tuple[Variant, ...]) -> list[tuple[Variant, ...]]:
    """Those that are trained side by side, and each of the others for itself."""
    together = tuple(variant for variant in variants if not variant.own_images)
    return [together, *((variant,) for variant in variants if variant.own_images)]
