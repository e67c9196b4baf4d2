"""One network that learns, an integrator or the plain mapper: its optimiser, its running average, its losses."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from eclips4d.inference.integrator.heads import Layout
from eclips4d.training.begin import begun
from eclips4d.training.integrator.composed import Batch, Composition, compose
from eclips4d.training.integrator.loss import Losses, losses
from eclips4d.training.integrator.mapper import mapped, mapper_of
from eclips4d.training.optimiser import optimiser
from eclips4d.training.recipe import Recipe
from eclips4d.training.team import ALONE, Team
from eclips4d.training.unet import UNet


def layout_of(recipe: Recipe) -> Layout:
    """A network whose solver iterates also says how far each of its slopes can be relied on."""
    return Layout(recipe.network.unshuffle, weighted=recipe.iterations > 0)


def network_of(recipe: Recipe) -> UNet:
    """With new weights, drawn from the recipe's seed."""
    torch.manual_seed(recipe.seed)
    shape, (inputs, outputs) = recipe.network, layout_of(recipe).channels
    return UNet(inputs, outputs, shape.base, shape.depth, shape.unshuffle, shape.widest, blocks=True)


def shown(recipe: Recipe, batch: Batch) -> Tensor:
    """What the network sees of a batch."""
    return batch.slope if recipe.network.kind == "mapper" else batch.planes


def composition(recipe: Recipe, batch: Batch, output: Tensor) -> Composition:
    """Heights from the network's output."""
    if recipe.network.kind == "mapper":
        return mapped(batch, output)
    return compose(batch, output, layout_of(recipe), recipe.iterations)


class Learner:
    """Trains one network on batches it is given.

    Parameters
    ----------
    recipe
        Of kind `integrator` or `mapper`.
    device
        CPU or CUDA; convolutions run in bfloat16 on either, the solver on the CPU.
    begin
        Folder of weights to begin with.
    team
        That learns the same network from other images.
    """

    def __init__(self, recipe: Recipe, device: torch.device, begin: Path | None = None, team: Team = ALONE) -> None:
        self._team = team
        self.recipe, self.device = recipe, device
        plain = mapper_of(recipe) if recipe.network.kind == "mapper" else network_of(recipe)
        network = begun(plain, recipe, begin)
        self.network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average: nn.Module = copy.deepcopy(self.network)
        given = recipe.optimisation
        self.optimiser = optimiser(self.network, given.kind, given.lr, given.weight_decay)

    def learn(self, batch: Batch, share: float, step: int) -> Losses:
        """One step; `share` of the training is done."""
        self.optimiser.set_lr(self.recipe.optimisation.factor(share))
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            output = self.network(shown(self.recipe, batch).contiguous(memory_format=torch.channels_last))
        result = losses(batch, composition(self.recipe, batch, output.float()), self.recipe.height_losses)
        self.optimiser.zero_grad()
        result.total.backward()  # type: ignore[no-untyped-call]
        self._team.average(self.network)
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.optimisation.clip)
        self.optimiser.step()
        self._follow(self.recipe.optimisation.ema_decay(step))
        return result

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        averages: list[Tensor] = list(self.average.parameters())
        torch._foreach_lerp_(averages, list(self.network.parameters()), 1.0 - decay)

    def state(self) -> dict[str, Any]:
        """What it takes to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
