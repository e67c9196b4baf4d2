"""How good an integrator's network is on slopes of its training's kind that it has not seen: a check, no judgement."""

from __future__ import annotations

from itertools import islice
from typing import Final

import numpy as np
import torch
from torch import nn

from eclips4d.training.integrator.learner import composed_by
from eclips4d.training.integrator.loss import BANDS_PX, band_errors
from eclips4d.training.integrator.stream import batches
from eclips4d.training.recipe import Recipe

_HELD_OUT: Final = 0x5C07E
"""Beside the seed: no image of the training is drawn with it."""


def height_scores(network: nn.Module, recipe: Recipe, *, shown: int = 8) -> dict[str, float]:
    """Scores by name, as model cards keep them.

    Parameters
    ----------
    network
        On the CPU.
    shown
        Batches.

    Returns
    -------
    dict
        `rms over least squares, …`: geometric mean over patches of the height's error in a band of wavelengths.
    """
    ratios = []
    for batch in islice(batches(recipe.data, recipe.seed ^ _HELD_OUT), shown):
        with torch.inference_mode():
            height = composed_by(network, recipe, batch).height
        error, plain = band_errors(height - batch.height), band_errors(batch.plain - batch.height)
        ratios.append(0.5 * torch.log((error + 1e-16) / (plain + 1e-16)).numpy())
    typical = np.exp(np.concatenate(ratios).mean(axis=0))
    edges = [f"{edge:.0f}" for edge in BANDS_PX]
    names = [f"> {edges[0]} px", *(f"{a}–{b} px" for a, b in zip(edges[1:], edges, strict=False)), f"< {edges[-1]} px"]
    return {f"rms over least squares, {name}": round(float(v), 4) for name, v in zip(names, typical, strict=True)}
