"""Weights and model card are written together: what a network is, what it learned from, how good it became."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import onnx
from torch import nn

from eclips4d.core.source_tree import commit_of
from eclips4d.inference.networks.card import Card, Trained, card_text
from eclips4d.inference.networks.weights import ENDING
from eclips4d.storage.durable import disk_errors, replace_file
from eclips4d.training.export import checked_onnx
from eclips4d.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Training:
    """What the card says of a training.

    Attributes
    ----------
    features
        Version of the planes that go in.
    inputs
        Planes in.
    command
        That made the weights, complete.
    recipe_name
        Of the package's recipes, or a file.
    minutes
        Trained.
    data
        What it learned from, in words.
    integrator
        Of a slopes network: `live`, `best`, or the file that goes with it.
    """

    features: str
    inputs: int
    command: str
    recipe_name: str
    minutes: float
    data: str
    integrator: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    coverage: Mapping[str, float] = field(default_factory=dict)


def publish(folder: Path, network: nn.Module, recipe: Recipe, training: Training) -> Path:
    """Write `NAME.onnx` and `NAME.toml`; returns the ONNX file.

    Raises
    ------
    EclipsError
        The file would not compute what the network does.
    """
    name = recipe.network.name
    file = checked_onnx(network, training.inputs)
    card = Card(
        name=name,
        kind=recipe.network.kind,
        features=training.features,
        inputs=training.inputs,
        outputs=onnx.load_from_string(file).graph.output[0].type.tensor_type.shape.dim[1].dim_value,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        sha256=hashlib.sha256(file).hexdigest(),
        integrator=training.integrator,
        iterations=recipe.iterations or None if recipe.network.kind == "integrator" else None,
        data=training.data,
        trained=Trained(
            date=datetime.now(UTC).date(),
            command=training.command,
            commit=commit(),
            recipe=training.recipe_name,
            seed=recipe.seed,
            cores=len(os.sched_getaffinity(0)),
            minutes=round(training.minutes, 2),
        ),
        scores=dict(training.scores),
        coverage=dict(training.coverage),
    )
    path = folder / f"{name}{ENDING}"
    with disk_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, file, folder / f"{name}.part")
        replace_file(path.with_suffix(".toml"), card_text(card).encode(), folder / f"{name}.part")
    return path


def commit() -> str:
    """Of the source tree this runs in; see `commit_of`."""
    return commit_of(Path(__file__).parent)
