"""What the slopes network is trained to do: small errors at every scale, and an sd that says how large they are."""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from eclips4d.inference.networks.heads import LOG_SD_RANGE
from eclips4d.training.slopes.kept import Measured, kept, log_sd

SCALES: Final = (4, 16, 48)
"""Pixels over which errors are averaged as well, as far as they fit the image: what integrates to wrong heights."""
WITHIN: Final = ((0.6827, 1.0), (0.95, 1.96))
"""Share of errors that lies within so many sd."""
_RELATIVE: Final = 1e-4
_SMALL: Final = 1e-3


class Losses(NamedTuple):
    """Per image of a batch, [batch] each.

    Attributes
    ----------
    error
        Logarithm of the mean squared error over that of the closed form.
    scales
        The same of errors averaged over `SCALES`.
    typical
        The same of the mean absolute error.
    spread
        Of the sd: quantile losses of the logarithm of the error over it.
    """

    error: Tensor
    scales: Tensor
    typical: Tensor
    spread: Tensor


def slope_losses(output: Tensor, measured: Measured, target: Tensor) -> Losses:
    """Losses of one batch.

    Relative to the closed form's own error, so that images of all doses and scenes count alike.

    Parameters
    ----------
    output
        Of the network, [batch, OUTPUTS, y/FOLD, x/FOLD].
    measured
        Closed-form slopes.
    target
        True slopes in noise units, [batch, 2, y, x].
    """
    error, before = kept(output, measured) - target, measured.gradient + measured.rotation - target
    scales = [scale for scale in SCALES if scale <= min(target.shape[2:])]
    return Losses(
        error=_log_ratio(error.square(), before.square()),
        scales=torch.stack(
            [_log_ratio(avg_pool2d(error, s).square(), avg_pool2d(before, s).square()) for s in scales]
        ).mean(dim=0),
        typical=2.0 * _log_ratio((error.square() + _SMALL**2).sqrt(), before.abs()),
        spread=spread_loss(log_sd(output).clamp(*LOG_SD_RANGE), error.detach()),
    )


def spread_loss(log_sd: Tensor, error: Tensor) -> Tensor:
    """Quantile losses [Koenker & Bassett 1978] of log |error| at the shares of `WITHIN`, [batch].

    Quantiles go through the logarithm unchanged, so coverage is right whatever the scale and the tails of the errors.
    """
    left = (error.abs() + _SMALL).log() - log_sd
    parts = [torch.maximum(share * (left - shift), (share - 1.0) * (left - shift)) for share, shift in _shifts()]
    return torch.stack(parts).mean(dim=(0, 2, 3, 4))


def _shifts() -> list[tuple[float, float]]:
    return [(share, float(torch.tensor(times).log())) for share, times in WITHIN]


def _log_ratio(ours: Tensor, closed: Tensor) -> Tensor:
    over = (1, 2, 3)
    floor = closed.mean(dim=over)
    return ((ours.mean(dim=over) + _RELATIVE * floor) / floor.clamp_min(1e-9)).log()
