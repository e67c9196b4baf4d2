"""The training of vision field transformers."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn

from eclips4d.training.optimiser import optimiser
from eclips4d.training.progress import BudgetClock, OnProgress, Progress, silent
from eclips4d.training.vft.examples import Examples
from eclips4d.training.vft.network import VisionFieldTransformer
from eclips4d.training.vft.recipe import VisionRecipe
from eclips4d.training.vft.views import Views


def train_vision_field(
    recipe: VisionRecipe, on_progress: OnProgress = silent, examples: Examples | None = None
) -> VisionFieldTransformer:
    """Train one network on the processor; the running average of its weights is returned.

    Parameters
    ----------
    examples
        Of another training with the same scenes, mining and seed; made here when absent.
    """
    torch.manual_seed(recipe.seed)
    if recipe.budget.threads:
        torch.set_num_threads(recipe.budget.threads)
    network = VisionFieldTransformer(recipe.network)
    average = copy.deepcopy(network)
    stepping = optimiser(network, recipe.optimisation.kind, recipe.optimisation.lr, recipe.optimisation.weight_decay)
    clock, step = BudgetClock(recipe.budget), 0
    shown = examples or Examples(recipe)
    while (share := clock.share(step)) < 1.0:
        batch = shown.batch(step)
        stepping.set_lr(recipe.optimisation.factor(share))
        losses = hidden_errors(network, batch.views)
        stepping.zero_grad()
        losses.mean().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), recipe.optimisation.clip)
        stepping.step()
        shown.learnt(batch, losses.detach().numpy())
        _follow(average, network, recipe.optimisation.ema_decay(step))
        step += 1
        on_progress(Progress(step, clock.share(step), float(losses.detach().mean()), clock.elapsed_s))
    return average.eval()


def hidden_errors(network: VisionFieldTransformer, of: Views) -> Tensor:
    """Of each view: mean square of the error of what Lambert's law emits below the horizons, per radian of azimuth.

    The integral of cos(theta)·sin(theta) from the horizon down is sin²(elevation)/2, so errors of detected electrons
    go with those of sin²; what lies below the lowest elevation that counts, or below the facet, hides nothing.
    """
    planes, largest, least, wanted = (torch.from_numpy(a) for a in (of.planes, of.largest, of.least, of.horizon))
    found = torch.maximum(network(planes[None])[0, :, 0] * largest, least)
    return (_below(found) - _below(wanted)).square().mean(0)


def error_of(network: VisionFieldTransformer, of: Views, hardest: float = 1.0) -> float:
    """Root of the mean of `hidden_errors`, in percent of what Lambert's law emits into a radian.

    Parameters
    ----------
    hardest
        Share of the views, those with the largest errors, over which the mean is taken.
    """
    with torch.inference_mode():
        errors = hidden_errors(network, of).double().sort(descending=True).values
    return 100.0 * float(errors[: max(1, round(hardest * len(errors)))].mean().sqrt())


def _below(tangent: Tensor) -> Tensor:
    square = tangent * tangent
    return square / (1.0 + square)


def error_without(of: Views) -> float:
    """The same without a network: the largest tangent of the way, and the mean of it and the next way's."""
    _, on, following = of.planes[:, -2] * of.largest
    found = np.maximum(np.stack([on, (on + following) / 2.0]), of.least)
    off = _below(torch.from_numpy(found)) - _below(torch.from_numpy(of.horizon))
    return 100.0 * float(off.square().mean().sqrt())


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1.0 - decay)
