"""Slopes from the network's output as `inference.networks.heads` makes them, for tensors."""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad, pixel_shuffle

from eclips4d.inference.networks.heads import FOLD, GROWTH, KEPT, PIXEL_PLANES, START
from eclips4d.inference.networks.pyramid import LEVELS

CORRECTED: Final = 3 * FOLD**2
"""Outputs of a block before those that say what is kept."""


class Measured(NamedTuple):
    """Closed-form slopes in noise units, [batch, 2, y, x] each.

    Attributes
    ----------
    gradient
        What a surface can have.
    rotation
        The rest.
    """

    gradient: Tensor
    rotation: Tensor


def kept(output: Tensor, measured: Measured) -> Tensor:
    """Slopes in noise units, [batch, 2, y, x].

    Parameters
    ----------
    output
        Of the network, [batch, OUTPUTS, y/FOLD, x/FOLD].
    """
    pixels, blocks = _of_pixels(output), output[:, PIXEL_PLANES * FOLD**2 :]
    octaves = [measured.gradient]
    for _ in range(LEVELS - 1):
        octaves.append(halved(octaves[-1]))
    found = octaves[-1]
    for level in range(LEVELS - 2, 0, -1):
        gate = avg_pool2d(blocks[:, 2 * level - 2 : 2 * level], 2 ** (level - 1))
        finer = octaves[level] - grown(octaves[level + 1])
        found = grown(found) + _share(gate, level + 1) * finer
    finest = measured.gradient - grown(octaves[1])
    correction, turn, fine = pixels[:, :2], pixels[:, 3:4], pixels[:, 4:6]
    found = grown(found) + _share(fine, 1) * finest + _share(turn, 0) * measured.rotation
    return found + correction * (1.0 + GROWTH * correction.abs())


def shares_of_all() -> Tensor:
    """Outputs of a block that keep all octaves, those after its corrections and logarithms of the sd."""
    turn, fine, *octaves = (1.0 - start for start in START)
    shares = [turn] * FOLD**2 + [fine] * (2 * FOLD**2) + [share for share in octaves for _ in range(2)]
    return torch.tensor(shares)


def log_sd(output: Tensor) -> Tensor:
    """Logarithm of the sd in noise units, [batch, 1, y, x]."""
    return _of_pixels(output)[:, 2:3]


def _of_pixels(output: Tensor) -> Tensor:
    return pixel_shuffle(output[:, : PIXEL_PLANES * FOLD**2], FOLD)


def _share(output: Tensor, which: int) -> Tensor:
    return (START[which] + output).clamp(*KEPT)


def halved(images: Tensor) -> Tensor:
    """Every second pixel behind the binomial filter, [batch, 2, y, x]."""
    binomial = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=images.device, dtype=images.dtype) / 16.0
    kernel = torch.outer(binomial, binomial).expand(images.shape[1], 1, 5, 5)
    return conv2d(pad(images, (2, 2, 2, 2), mode="replicate"), kernel, stride=2, groups=images.shape[1])


def grown(images: Tensor) -> Tensor:
    """Images at twice the size, smooth."""
    return _grown_along(_grown_along(images, 2), 3)


def _grown_along(images: Tensor, axis: int) -> Tensor:
    size = images.shape[axis]
    first, last = images.narrow(axis, 0, 1), images.narrow(axis, size - 1, 1)
    wide = torch.cat([first, images, last], dim=axis)
    before, after = wide.narrow(axis, 0, size), wide.narrow(axis, 2, size)
    both = [(before + 6.0 * images + after) / 8.0, (images + after) / 2.0]
    return torch.stack(both, dim=axis + 1).flatten(axis, axis + 1)
