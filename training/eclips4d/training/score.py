"""How good a network is on images of its training's kind that it has not seen: a check, no judgement."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eclips4d.inference.networks.heads import LOG_SD_RANGE
from eclips4d.training.integrator.learner import composition, shown
from eclips4d.training.integrator.loss import BANDS_PX, losses
from eclips4d.training.integrator.stream import batches
from eclips4d.training.recipe import Recipe
from eclips4d.training.slopes.example import Example, example
from eclips4d.training.slopes.kept import Measured, kept, log_sd
from eclips4d.training.slopes.rendered import render
from eclips4d.training.slopes.setting import random_setting

ELECTRONS: Final = (100, 1000, 10000)
SETTINGS, IMAGES, BATCHES = 4, 3, 6
"""Held-out detectors, surfaces under each, and batches of slopes."""
_HELD_OUT: Final = 0x5C07E
"""Beside the seed: no image of the training is drawn with it."""


def scores_of(network: nn.Module, recipe: Recipe) -> dict[str, float]:
    """Scores by name, as model cards keep them.

    Parameters
    ----------
    network
        On the CPU.
    """
    if recipe.network.kind == "slopes":
        return slope_scores(network, recipe, settings=SETTINGS, images=IMAGES)
    return height_scores(network, recipe, count=BATCHES)


def slope_scores(network: nn.Module, recipe: Recipe, *, settings: int, images: int) -> dict[str, float]:
    """Errors of slopes, and how often they are within the stated sd.

    Parameters
    ----------
    settings, images
        Detectors, and surfaces under each; every one at three doses.

    Returns
    -------
    dict
        `rms over closed form, N electrons`: median over images. `within 1 sd, %`, `within 1.96 sd, %`: of all pixels.
    """
    ratios: dict[int, list[float]] = {dose: [] for dose in ELECTRONS}
    over_sd: list[NDArray[np.float32]] = []
    for k in range(settings):
        for dose, one in _held_out(recipe, k, images):
            error, sd = _judged(network, one)
            ratios[dose].append(
                float(np.sqrt(np.mean(error**2) / np.mean((one.gradient + one.rotation - one.target) ** 2)))
            )
            over_sd.append(np.abs(error / sd).ravel())
    spread = np.concatenate(over_sd)
    scores = {f"rms over closed form, {dose} electrons": float(np.median(found)) for dose, found in ratios.items()}
    within = {f"within {times} sd, %": 100.0 * float(np.mean(spread <= times)) for times in (1, 1.96)}
    return {name: round(value, 4) for name, value in (scores | within).items()}


def height_scores(network: nn.Module, recipe: Recipe, *, count: int) -> dict[str, float]:
    """Errors of heights over those of plain least squares, band by band of wavelength.

    Parameters
    ----------
    count
        Batches.

    Returns
    -------
    dict
        `rms over least squares, BAND`: geometric mean over batches.
    """
    logs = []
    stream = batches(recipe.data.model_copy(update={"pool": 4 * count}), recipe.seed + _HELD_OUT)
    for _ in range(count):
        batch = next(stream)
        with torch.inference_mode():
            found = composition(recipe, batch, network(shown(recipe, batch)))
        logs.append(np.log(losses(batch, found, recipe.height_losses).bands))
    edges = [np.inf, *BANDS_PX, 0.0]
    names = [f"{short:g} to {long:g} px" for long, short in pairwise(edges)]
    means = np.exp(np.mean(logs, axis=0))
    return {f"rms over least squares, {name}": round(float(value), 4) for name, value in zip(names, means, strict=True)}


def _held_out(recipe: Recipe, number: int, images: int) -> list[tuple[int, Example]]:
    random = np.random.default_rng((recipe.seed, _HELD_OUT, number))
    data = recipe.data
    segments = int(random.choice(data.segments)) if data.segments else None
    setting = random_setting(random, data.field_px, data.fine, segments)
    rendered = [render(random, setting, families=data.families) for _ in range(images)]
    return [(dose, example(random, image, electrons=(dose, dose))) for image in rendered for dose in ELECTRONS]


def _judged(network: nn.Module, one: Example) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Error and stated sd, in noise units."""
    with torch.inference_mode():
        output = network(torch.from_numpy(one.planes)[None])
        measured = Measured(torch.from_numpy(one.gradient)[None], torch.from_numpy(one.rotation)[None])
        error = kept(output, measured)[0].numpy() - one.target
        sd = log_sd(output)[0].clamp(*LOG_SD_RANGE).exp().numpy()
    return error, sd
