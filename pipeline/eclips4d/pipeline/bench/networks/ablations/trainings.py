"""Trains the variants, and keeps weights and learning curves: judging again costs no training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import xxhash
from rich.console import Console

from eclips4d.core.cache import cache_folder
from eclips4d.pipeline.bench.networks.ablations.variants import Variant, changed, groups
from eclips4d.pipeline.training_progress import TrainingProgress

if TYPE_CHECKING:
    from eclips4d.training.progress import Progress
    from eclips4d.training.recipe import Recipe

EVERY = 10
"""Steps between points of a learning curve."""
COMMAND = "eclips4d bench networks --part ablations"


@dataclass(frozen=True, slots=True)
class Trained:
    """One variant.

    Attributes
    ----------
    file
        Of its weights.
    curve
        Loss at every `EVERY` steps, averaged over them; empty where losses are not comparable.
    """

    file: Path
    curve: list[float]


def train_variants(
    recipe: Recipe, variants: tuple[Variant, ...], steps: int, seed: int, console: Console
) -> dict[str, Trained]:
    """By key; what was trained before by the same code is taken as it is."""
    found: dict[str, Trained] = {}
    for group in groups(variants):
        recipes = {variant.key: changed(recipe, variant, steps, seed) for variant in group}
        text = json.dumps([one.model_dump_json() for one in recipes.values()]) + _code()
        folder = cache_folder() / "ablations" / xxhash.xxh3_64_hexdigest(text.encode())
        if not (folder / "curves.json").is_file():
            _train(recipes, folder, console)
        curves = json.loads((folder / "curves.json").read_text(encoding="utf-8"))
        for key, one in recipes.items():
            found[key] = Trained(folder / f"{one.network.name}.onnx", curves.get(one.network.name, []))
    return found


def _train(recipes: dict[str, Recipe], folder: Path, console: Console) -> None:
    from eclips4d.training.run import train_and_publish

    show, losses = TrainingProgress(console), dict[str, list[float]]()

    def watched(progress: Progress) -> None:
        for name, loss in progress.measures.items():
            losses.setdefault(name, []).append(loss)
        show(progress)

    with show.live(f"ablations: {', '.join(recipes)}"):
        train_and_publish(recipes, folder, COMMAND, watched)
    curves = {name: _thinned(found) for name, found in losses.items()}
    (folder / "curves.json").write_text(json.dumps(curves), encoding="utf-8")


def _thinned(losses: list[float]) -> list[float]:
    return [mean(losses[start : start + EVERY]) for start in range(0, len(losses), EVERY)]


@cache
def _code() -> str:
    """Hash of all that a training runs."""
    hashed = xxhash.xxh3_64()
    for package in ("training", "inference", "physics"):
        for file in sorted(Path(str(files(f"eclips4d.{package}"))).rglob("*.py")):
            hashed.update(file.read_bytes())
    return hashed.hexdigest()
