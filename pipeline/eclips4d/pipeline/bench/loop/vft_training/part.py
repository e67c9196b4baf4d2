"""Trains the vision field transformer four ways, as many steps each, on the same surfaces."""

from __future__ import annotations

from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.rows import Row
from eclips4d.training.vft.publish import held_out
from eclips4d.training.vft.recipe import VisionRecipe, load_vision_recipe
from eclips4d.training.vft.train import error_of, error_without, train_vision_field

_TABLE = "Training of the vision field transformer, equal steps: rms error of what horizons hide, % of a radian's"
_HARDEST = 0.01
_WAYS: dict[str, tuple[str, bool]] = {
    "Muon, hard examples": ("muon", True),
    "Muon, all alike": ("muon", False),
    "AdamW, hard examples": ("adamw", True),
    "AdamW, all alike": ("adamw", False),
}


def rows(context: LoopContext) -> list[Row]:
    """One training after the other."""
    recipe = load_vision_recipe("vft-ablation")
    check, made = held_out(recipe), []
    for name, (kind, mined) in _WAYS.items():
        context.console.print(f"vft: {name}", style="dim")
        network = train_vision_field(_changed(recipe, kind, mined))
        made.append(Row(_TABLE, f"{name}, {recipe.budget.steps} steps: all views", error_of(network, check)))
        made.append(Row(_TABLE, f"{name}: the hardest 1 % of them", error_of(network, check, _HARDEST)))
    return [*made, Row(_TABLE, "no network, the largest tangents alone: all views", error_without(check))]


def _changed(recipe: VisionRecipe, kind: str, mined: bool) -> VisionRecipe:
    values = recipe.model_dump()
    values["optimisation"]["kind"] = kind
    values["mining"]["on"] = mined
    return VisionRecipe.model_validate(values)
