"""The one architecture of all networks here: a plain U-Net that works on pixels folded into channels."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn


class UNet(nn.Module):
    """U-Net [Ronneberger 2015] behind a pixel-unshuffle stem [Shi 2016]: most work is done at a fraction of the pixels.

    Only convolutions, transposed convolutions, ReLU, sums and pixel shuffles: every inference engine has them. Widths
    double from level to level.

    Parameters
    ----------
    inputs, outputs
        Planes in and out.
    base
        Channels of the finest level.
    depth
        Number of halvings below the stem.
    unshuffle
        Side of the block of pixels that becomes channels; 1 for none.
    widest
        Most channels of a level, in multiples of `base`.
    blocks
        The outputs are planes of blocks, [outputs, y/unshuffle, x/unshuffle], and not shuffled back to pixels.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        base: int,
        depth: int = 4,
        unshuffle: int = 2,
        widest: int = 8,
        blocks: bool = False,
    ) -> None:
        super().__init__()
        widths = [base * min(2**level, widest) for level in range(depth + 1)]
        self.unshuffle, self.shuffle = unshuffle, 1 if blocks else unshuffle
        self.stem = nn.Conv2d(inputs * unshuffle**2, base, 3, padding=1)
        self.encode = nn.ModuleList(_Pair(width) for width in widths)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.decode = nn.ModuleList(_Pair(width) for width in widths[:-1])
        self.head = nn.Conv2d(base, outputs * self.shuffle**2, 1)
        nn.init.zeros_(self.head.weight)
        if self.head.bias is not None:
            nn.init.zeros_(self.head.bias)

    def forward(self, planes: Tensor) -> Tensor:
        """[batch, inputs, y, x] → [batch, outputs, y, x]; sides are multiples of `unshuffle · 2^depth`."""
        x = nn.functional.pixel_unshuffle(planes, self.unshuffle) if self.unshuffle > 1 else planes
        x = self.stem(x)
        levels: list[Tensor] = []
        for encode, down in zip(self.encode, self.down, strict=False):
            x = encode(x)
            levels.append(x)
            x = down(x)
        x = self.encode[-1](x)
        for level in reversed(range(len(levels))):
            x = self.decode[level](self.up[level](x) + levels[level])
        x = self.head(x)
        return nn.functional.pixel_shuffle(x, self.shuffle) if self.shuffle > 1 else x


class _Pair(nn.Module):
    """Two convolutions around which the input is carried along."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.second(torch.relu(self.first(x)))
        return torch.relu(x + inner)
