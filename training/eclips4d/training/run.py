"""From recipes to weights: train, score, export. What `eclips4d train` and the ablations call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from eclips4d.core.errors import InputError
from eclips4d.inference.integrator import features as integrator_features
from eclips4d.inference.networks import features as slope_features
from eclips4d.training.export import blinded, keeping_all
from eclips4d.training.integrator import mapper
from eclips4d.training.integrator.train import train_integrators
from eclips4d.training.progress import OnProgress, Progress, silent
from eclips4d.training.publish import Training, publish
from eclips4d.training.recipe import Recipe
from eclips4d.training.score import scores_of
from eclips4d.training.slopes.learner import HIDDEN
from eclips4d.training.slopes.train import train_slopes
from eclips4d.training.team import ALONE, Team

SLOPES_DATA = (
    "random surfaces of training/surfaces, rendered exactly under random detectors and the emission laws of "
    "training/slopes/setting.py"
)
HEIGHTS_DATA = (
    "random surfaces of training/surfaces: their slopes with drawn noise, and closed-form slopes of frames rendered as "
    "for the slopes networks"
)
INPUTS = {
    "slopes": (slope_features.VERSION, len(slope_features.PLANES)),
    "integrator": (integrator_features.VERSION, len(integrator_features.PLANES)),
    "mapper": (mapper.VERSION, len(mapper.PLANES)),
}
"""Version and number of the planes that a kind of network sees."""


@dataclass(frozen=True, slots=True)
class Made:
    """One network that was trained.

    Attributes
    ----------
    path
        Of the ONNX file; its card lies beside it.
    scores
        By name.
    """

    path: Path
    scores: dict[str, float]


def device_of(name: str) -> str:
    """`cpu` or `cuda`, for `auto` whichever is there.

    Raises
    ------
    InputError
        Another name, or a GPU is asked for that torch does not find.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"no device {name!r}", cure="take auto, cpu or cuda")
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise InputError("torch finds no GPU", cure="train with --device cpu, or install torch for CUDA")
    return "cuda" if found and name != "cpu" else "cpu"


def trained(
    recipes: Sequence[Recipe],
    on_progress: OnProgress = silent,
    device: str = "cpu",
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    begin: Path | None = None,
    team: Team = ALONE,
) -> list[nn.Module]:
    """Networks of one kind, trained side by side on the same images; on the CPU.

    Parameters
    ----------
    recipes
        Data, budget and seed are those of the first.

    Raises
    ------
    InputError
        The recipes are of several kinds, or of the same name.
    KeyboardInterrupt
        Ctrl-C; the checkpoint is saved.
    """
    kinds, names = {recipe.network.kind for recipe in recipes}, [recipe.network.name for recipe in recipes]
    if len(kinds) != 1 or len(set(names)) != len(names):
        raise InputError(
            f"{', '.join(names)} cannot be trained together", cure="give recipes of one kind and of different sizes"
        )
    if kinds == {"slopes"}:
        return train_slopes(recipes, on_progress, device, checkpoint=checkpoint, resume=resume, begin=begin, team=team)
    return train_integrators(recipes, on_progress, device, checkpoint=checkpoint, resume=resume, begin=begin, team=team)


def train_and_publish(
    recipes: dict[str, Recipe],
    folder: Path,
    command: str,
    on_progress: OnProgress = silent,
    device: str = "cpu",
    *,
    integrators: Mapping[str, str] | None = None,
    resume: bool = False,
    begin: Path | None = None,
    team: Team = ALONE,
) -> list[Made]:
    """Train, score and write what `run --model` reads.

    Parameters
    ----------
    recipes
        By the name the cards shall give.
    command
        That asked for this.
    integrators
        What the card of each slopes network says, by the same names; see `Training`.
    begin
        Folder of weights to begin with.
    team
        Of processes that train together: its leader scores and writes.
    """
    elapsed_s = 0.0

    def watched(progress: Progress) -> None:
        nonlocal elapsed_s
        elapsed_s = progress.elapsed_s
        on_progress(progress)

    listed = list(recipes.values())
    checkpoint = folder / f"{listed[0].network.kind}.checkpoint"
    networks = trained(listed, watched, device, checkpoint=checkpoint, resume=resume, begin=begin, team=team)
    if not team.leads:
        return []
    return [
        finished(network, recipe, name, folder, command, elapsed_s / 60.0, (integrators or {}).get(name))
        for (name, recipe), network in zip(recipes.items(), networks, strict=True)
    ]


def finished(
    network: nn.Module,
    recipe: Recipe,
    recipe_name: str,
    folder: Path,
    command: str,
    minutes: float,
    integrator: str | None = None,
) -> Made:
    """Score a trained network and write its weights and card; parameters as in `Training`."""
    kind = recipe.network.kind
    (version, planes), data = INPUTS[kind], SLOPES_DATA if kind == "slopes" else HEIGHTS_DATA
    if recipe.data.hidden:
        network = blinded(network, [plane for name in recipe.data.hidden for plane in range(planes)[HIDDEN[name]]])
    if kind == "slopes" and not recipe.network.octaves:
        network = keeping_all(network)
    scores = scores_of(network, recipe)
    training = Training(
        features=version,
        inputs=planes,
        command=command,
        recipe_name=recipe_name,
        minutes=minutes,
        data=data,
        integrator=integrator if kind == "slopes" else None,
        scores=scores,
    )
    return Made(publish(folder, network, recipe, training), scores)
