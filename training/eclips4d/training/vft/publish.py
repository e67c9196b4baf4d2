"""From a recipe to weights with their card: what `eclips4d train vft` calls."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from eclips4d.inference.networks.card import Card, Trained, card_text
from eclips4d.inference.networks.weights import ENDING
from eclips4d.inference.vft.weights import VERSION
from eclips4d.storage.durable import disk_errors, replace_file
from eclips4d.training.progress import OnProgress, Progress, silent
from eclips4d.training.publish import commit
from eclips4d.training.run import Made
from eclips4d.training.vft.export import checked_file
from eclips4d.training.vft.network import VisionFieldTransformer
from eclips4d.training.vft.recipe import VisionRecipe
from eclips4d.training.vft.train import error_of, error_without, train_vision_field
from eclips4d.training.vft.views import Views, joined, views

DATA = (
    "views from random surfaces of training/surfaces, stretched, and of training/vft/steep_surfaces.py; exact horizons "
    "of physics/bsesm"
)
_HELD_OUT, _SURFACES = 1_000_000, 12
"""Seed, and number, of the surfaces of the check."""


def held_out(recipe: VisionRecipe, surfaces: int = _SURFACES) -> Views:
    """Views that no training sees."""
    return joined([views(np.random.default_rng([_HELD_OUT, m]), recipe.scenes) for m in range(surfaces)])


def train_and_publish_vision_field(
    recipe: VisionRecipe, recipe_name: str, folder: Path, command: str, on_progress: OnProgress = silent
) -> Made:
    """Train, score and write `NAME.onnx` and `NAME.toml`."""
    elapsed_s = 0.0

    def watched(progress: Progress) -> None:
        nonlocal elapsed_s
        elapsed_s = progress.elapsed_s
        on_progress(progress)

    network = train_vision_field(recipe, watched)
    check = held_out(recipe)
    scores = {
        "hidden, rms error, % of a radian's": error_of(network, check),
        "the same by the largest tangents alone": error_without(check),
    }
    file = checked_file(network)
    card = Card(
        name=recipe.name,
        kind="vft",
        features=VERSION,
        inputs=3,
        outputs=2,
        parameters=_numbers(network),
        sha256=hashlib.sha256(file).hexdigest(),
        data=DATA,
        trained=Trained(
            date=datetime.now(UTC).date(),
            command=command,
            commit=commit(),
            recipe=recipe_name,
            seed=recipe.seed,
            cores=len(os.sched_getaffinity(0)),
            minutes=round(elapsed_s / 60.0, 2),
        ),
        scores=scores,
    )
    path = folder / f"{recipe.name}{ENDING}"
    with disk_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, file, folder / f"{recipe.name}.part")
        replace_file(path.with_suffix(".toml"), card_text(card).encode(), folder / f"{recipe.name}.part")
    return Made(path, scores)


def _numbers(network: VisionFieldTransformer) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
