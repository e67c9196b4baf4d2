"""One network that learns: its optimiser, its running average, its losses."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from eclips4d.inference.networks.features import PLANES
from eclips4d.inference.networks.heads import FOLD, OUTPUTS
from eclips4d.training.begin import begun
from eclips4d.training.optimiser import optimiser
from eclips4d.training.recipe import Recipe
from eclips4d.training.slopes.kept import CORRECTED, Measured, shares_of_all
from eclips4d.training.slopes.loss import slope_losses
from eclips4d.training.team import ALONE, Team
from eclips4d.training.unet import UNet

HIDDEN = {"brightness": slice(6, 8), "residual": slice(8, 9), "shadows": slice(13, 15), "curl": slice(15, 17)}


class Learner:
    """Trains one slopes network on batches it is given.

    Parameters
    ----------
    recipe
        Of kind `slopes`.
    device
        CPU or CUDA; convolutions run in bfloat16 on either.
    begin
        Folder of weights to begin with.
    team
        That learns the same network from other images.
    """

    def __init__(self, recipe: Recipe, device: torch.device, begin: Path | None = None, team: Team = ALONE) -> None:
        self._team = team
        torch.manual_seed(recipe.seed)
        shape = recipe.network
        plain = UNet(len(PLANES), OUTPUTS, shape.base, shape.depth, FOLD, shape.widest, blocks=True)
        network = begun(plain, recipe, begin)
        self.recipe, self.device = recipe, device
        self.network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average: nn.Module = copy.deepcopy(self.network)
        self.optimiser = optimiser(
            self.network, recipe.optimisation.kind, recipe.optimisation.lr, recipe.optimisation.weight_decay
        )

    def learn(self, planes: Tensor, measured: Measured, target: Tensor, share: float, step: int) -> NDArray[np.float64]:
        """One step; the losses of the images.

        Parameters
        ----------
        share
            Of the training that is done.
        """
        planes = self._shown(planes)
        self.optimiser.set_lr(self.recipe.optimisation.factor(share))
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            output = self.network(planes)
        if not self.recipe.network.octaves:
            shares = shares_of_all().to(output)[None, :, None, None]
            output = torch.cat([output[:, :CORRECTED], shares.expand(len(output), -1, *output.shape[2:])], dim=1)
        losses, weights = slope_losses(output.float(), measured, target), self.recipe.slope_losses
        images = losses.error + weights.scales * losses.scales + weights.typical * losses.typical
        self.optimiser.zero_grad()
        (images + weights.spread * losses.spread).mean().backward()  # type: ignore[no-untyped-call]
        self._team.average(self.network)
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.optimisation.clip)
        self.optimiser.step()
        self._follow(self.recipe.optimisation.ema_decay(step))
        return np.asarray(losses.error.detach().cpu().numpy(), dtype=np.float64)

    def _shown(self, planes: Tensor) -> Tensor:
        if self.recipe.data.hidden:
            planes = planes.clone()
            for name in self.recipe.data.hidden:
                planes[:, HIDDEN[name]] = 0.0
        return planes

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
