"""The vision field transformer in torch: what is trained, and what other ways to compute it are checked against."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from eclips4d.physics.vft.attention import SCORES, Attention
from eclips4d.physics.vft.ways import GEOMETRY, RINGS
from eclips4d.training.vft.recipe import AttentionShape

_QUIET = 1e-3


class VisionFieldTransformer(nn.Module):
    """Rings of tangents to two horizons, both over the largest tangent; equations in `physics.vft.attention`.

    Takes [1, 3, rings + 2, N] of N views to [1, 2, 1, N]; the last two rows are the largest tangent of each way and the
    geometry. It begins with the largest tangents, as if rays were followed from step to step and nothing learned.
    """

    def __init__(self, shape: AttentionShape, rings: int = RINGS) -> None:
        super().__init__()
        self.rings = rings
        self.embed = nn.Conv2d(3, shape.embed, 1, bias=False)
        self.embed_bias = nn.Parameter(0.1 * torch.randn(1, shape.embed, rings, 1))
        self.score = nn.Conv2d(shape.embed, shape.heads, 1, bias=False)
        self.hidden = nn.Conv2d(3 * shape.heads + 3 + GEOMETRY, shape.hidden, 1)
        self.head = nn.Conv2d(shape.hidden + 3 * shape.heads + 3, 2, 1)
        nn.init.normal_(self.head.weight, std=_QUIET)
        with torch.no_grad():
            self.head.weight[:, -3:, 0, 0] += torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.5, 0.5]])
            assert self.head.bias is not None
            self.head.bias.zero_()

    def forward(self, planes: Tensor) -> Tensor:
        """Horizons over the largest tangent."""
        query, largest, geometry = torch.split(planes, [self.rings, 1, 1], dim=2)
        embedded = torch.relu(self.embed(query) + self.embed_bias)
        paid = torch.exp(self.score(embedded).clamp(-float(SCORES), float(SCORES)))
        share = paid / paid.sum(2, keepdim=True)
        seen = [(share * query[:, r : r + 1]).sum(2, keepdim=True) for r in range(3)]
        value = torch.cat([*seen, largest], dim=1)
        hidden = torch.relu(self.hidden(torch.cat([value, geometry], dim=1)))
        out: Tensor = self.head(torch.cat([hidden, value], dim=1))
        return out


def as_arrays(network: VisionFieldTransformer) -> Attention:
    """The weights as the compiled attention takes them."""

    def array(values: Tensor, *sides: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.ascontiguousarray(values.detach().cpu().numpy().reshape(sides), dtype=np.float32)

    embed, heads, hidden = network.embed.out_channels, network.score.out_channels, network.hidden.out_channels
    assert network.hidden.bias is not None and network.head.bias is not None
    return Attention(
        embed=array(network.embed.weight, embed, 3),
        embed_bias=array(network.embed_bias, embed, network.rings),
        score=array(network.score.weight, heads, embed),
        hidden=array(network.hidden.weight, hidden, 3 * heads + 3 + GEOMETRY),
        hidden_bias=array(network.hidden.bias, hidden),
        head=array(network.head.weight, 2, hidden + 3 * heads + 3),
        head_bias=array(network.head.bias, 2),
    )
