"""Muon for the weights of convolutions, AdamW for everything else.

Muon (Jordan et al., 2024) replaces the gradient's momentum by its nearest orthogonal matrix, so that every direction
of a weight matrix learns at the same rate. A convolution is a matrix from its in_channels x kernel inputs to its
outputs.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import nn

Kind = Literal["muon", "adamw"]

Convolution = nn.Conv2d | nn.ConvTranspose2d

MOMENTUM = 0.95
BETAS = (0.9, 0.99)


class TrainingOptimiser:
    """Muon and AdamW stepping together.

    Parameters
    ----------
    model
        On the device and in the memory format it is trained in: the weights' storage is shared from here on.
    kind
        `muon`: inner convolutions by Muon; biases, scales, grouped convolutions and the first and the last convolution
        by AdamW. `adamw`: everything by AdamW.
    lr
        Of AdamW; Muon's step is scaled to the same rms (Liu et al. 2025, arXiv:2502.16982): one rate serves both.
    weight_decay
        Decoupled, of weights; biases and scales do not decay.
    """

    def __init__(self, model: nn.Module, kind: Kind, lr: float, weight_decay: float):
        matrices = inner_convolutions(model) if kind == "muon" else []
        self._weights = matrices
        self._flat = [nn.Parameter(as_matrix(weight.detach())) for weight in matrices]
        by_muon = {id(weight) for weight in matrices}
        rest = [parameter for parameter in model.parameters() if id(parameter) not in by_muon]
        groups = [
            {"params": [parameter for parameter in rest if parameter.ndim > 1], "weight_decay": weight_decay},
            {"params": [parameter for parameter in rest if parameter.ndim <= 1], "weight_decay": 0.0},
        ]
        adamw = torch.optim.AdamW([group for group in groups if group["params"]], lr=lr, betas=BETAS, fused=True)
        self._parts: list[torch.optim.Optimizer] = [adamw]
        if self._flat:
            self._parts.append(
                torch.optim.Muon(
                    self._flat,
                    lr=lr,
                    weight_decay=weight_decay,
                    momentum=MOMENTUM,
                    adjust_lr_fn="match_rms_adamw",
                )
            )
        self._lr = lr

    def step(self) -> None:
        """One step along the gradients that the model's parameters hold."""
        for weight, flat in zip(self._weights, self._flat, strict=True):
            flat.grad = None if weight.grad is None else as_matrix(weight.grad, like=weight)
        for part in self._parts:
            part.step()

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for flat, weight in zip(self._flat, self._weights, strict=True):
            flat.grad = weight.grad = None
        for part in self._parts:
            part.zero_grad(set_to_none=True)

    def set_lr(self, factor: float) -> None:
        """Learn at `factor` times the rate given at the start."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = self._lr * factor

    def state_dict(self) -> dict[str, Any]:
        """Momenta and step counts; the weights are the model's."""
        return {"parts": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken.

        Raises
        ------
        ValueError
            The state is of another model or another kind of optimiser.
        """
        for part, saved in zip(self._parts, state["parts"], strict=True):
            part.load_state_dict(saved)


def optimiser(model: nn.Module, kind: Kind, lr: float, weight_decay: float) -> TrainingOptimiser:
    """The optimiser of a recipe; see `TrainingOptimiser`."""
    return TrainingOptimiser(model, kind, lr, weight_decay)


def inner_convolutions(model: nn.Module) -> list[torch.Tensor]:
    """Weights that Muon may have: of dense convolutions, but the first and the last.

    The first layer maps physical planes of different meaning and the last maps to such: equal rates for all directions
    are wrong for them. The matrix of a grouped convolution is mostly zeros that are not stored.
    """
    convolutions = [layer for layer in model.modules() if isinstance(layer, Convolution)]
    return [layer.weight for layer in convolutions[1:-1] if layer.groups == 1 and layer.weight.requires_grad]


def as_matrix(tensor: torch.Tensor, like: torch.Tensor | None = None) -> torch.Tensor:
    """Weights [out, in, ky, kx], or gradients, as a matrix [out, in·ky·kx] in the order in which `like` is stored.

    Weights share their storage with the matrix; the order of its columns means nothing to Muon.
    """
    stored = tensor if like is None else like
    if stored.is_contiguous():
        return tensor.flatten(1) if tensor.is_contiguous() else tensor.contiguous().flatten(1)
    last = tensor.permute(0, 2, 3, 1)
    return last.flatten(1) if last.is_contiguous() else last.contiguous().flatten(1)
