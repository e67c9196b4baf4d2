"""The operations of our networks' ONNX graphs in torch, each as the ONNX specification defines it.

Every function takes the operation's inputs in order, None for one left out, and its attributes by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional


def convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    strides: Sequence[int] = (1, 1),
    pads: Sequence[int] = (0, 0, 0, 0),
    dilations: Sequence[int] = (1, 1),
    group: int = 1,
    kernel_shape: Sequence[int] = (),
) -> Tensor:
    """`Conv`; pads are (top, left, bottom, right)."""
    top, left, bottom, right = pads
    if (top, left) != (bottom, right):
        x, top, left = functional.pad(x, (left, right, top, bottom)), 0, 0
    return functional.conv2d(x, weight, bias, tuple(strides), (top, left), tuple(dilations), group)


def transposed_convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    strides: Sequence[int] = (1, 1),
    pads: Sequence[int] = (0, 0, 0, 0),
    dilations: Sequence[int] = (1, 1),
    output_padding: Sequence[int] = (0, 0),
    group: int = 1,
    kernel_shape: Sequence[int] = (),
) -> Tensor:
    """`ConvTranspose`; pads are cut off the full result."""
    top, left, bottom, right = pads
    full = functional.conv_transpose2d(
        x, weight, bias, tuple(strides), 0, tuple(output_padding), group, tuple(dilations)
    )
    return full[:, :, top : full.shape[2] - bottom, left : full.shape[3] - right]


def space_to_depth(x: Tensor, *, blocksize: int) -> Tensor:
    """`SpaceToDepth`: the place in the block becomes the slow part of the channel."""
    n, c, rows, columns = x.shape
    blocks = x.reshape(n, c, rows // blocksize, blocksize, columns // blocksize, blocksize)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(n, c * blocksize**2, rows // blocksize, columns // blocksize)


def depth_to_space(x: Tensor, *, blocksize: int, mode: str = "DCR") -> Tensor:
    """`DepthToSpace`: the place in the block is the slow part of the channel (DCR) or the fast one (CRD)."""
    n, c, rows, columns = x.shape
    if mode == "CRD":
        return functional.pixel_shuffle(x, blocksize)
    blocks = x.reshape(n, blocksize, blocksize, c // blocksize**2, rows, columns)
    return blocks.permute(0, 3, 4, 1, 5, 2).reshape(n, c // blocksize**2, rows * blocksize, columns * blocksize)


def reshaped(x: Tensor, shape: Tensor, *, allowzero: int = 0) -> Tensor:
    """`Reshape`; 0 keeps a side unless `allowzero`."""
    sides = [int(side) for side in shape.tolist()]
    return x.reshape([x.shape[k] if side == 0 and not allowzero else side for k, side in enumerate(sides)])


def unsqueezed(x: Tensor, axes: Tensor) -> Tensor:
    """`Unsqueeze`; axes count in the result."""
    rank = x.ndim + axes.numel()
    for axis in sorted(int(a) % rank for a in axes.tolist()):
        x = x.unsqueeze(axis)
    return x


def squeezed(x: Tensor, axes: Tensor | None = None) -> Tensor:
    """`Squeeze`."""
    return x.squeeze() if axes is None else x.squeeze(tuple(int(a) for a in axes.tolist()))


def sliced(x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor | None = None, steps: Tensor | None = None) -> Tensor:
    """`Slice` with steps above 0."""
    along = range(starts.numel()) if axes is None else [int(a) for a in axes.tolist()]
    strides = [1] * starts.numel() if steps is None else [int(s) for s in steps.tolist()]
    index = [slice(None)] * x.ndim
    for axis, start, end, step in zip(along, starts.tolist(), ends.tolist(), strides, strict=True):
        index[axis] = slice(int(start), int(end), step)
    return x[tuple(index)]


def padded(x: Tensor, pads: Tensor, value: Tensor | None = None, *, mode: str = "constant") -> Tensor:
    """`Pad` of the last two axes."""
    ends = [int(p) for p in pads.tolist()]
    half = len(ends) // 2
    sides = (ends[half - 1], ends[-1], ends[half - 2], ends[-2])
    if mode == "constant":
        return functional.pad(x, sides, value=0.0 if value is None else float(value))
    return functional.pad(x, sides, mode="replicate" if mode == "edge" else mode)


def clipped(x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    """`Clip`."""
    return x if low is None and high is None else torch.clip(x, low, high)


def leaky(x: Tensor, *, alpha: float = 0.01) -> Tensor:
    """`LeakyRelu`."""
    return functional.leaky_relu(x, alpha)


def concatenated(*parts: Tensor, axis: int) -> Tensor:
    """`Concat`."""
    return torch.cat(parts, dim=axis)


def transposed(x: Tensor, *, perm: Sequence[int]) -> Tensor:
    """`Transpose`."""
    return x.permute(*perm)


def parametric(x: Tensor, slope: Tensor) -> Tensor:
    """`PRelu`."""
    return torch.where(x < 0, x * slope, x)


_TYPES: Final = {1: torch.float32, 6: torch.int32, 7: torch.int64, 10: torch.float16, 11: torch.float64}
"""By the numbers of ONNX."""


def cast(x: Tensor, *, to: int) -> Tensor:
    """`Cast` between numbers."""
    return x.to(_TYPES[to])


OPERATIONS: Final[dict[str, Callable[..., Tensor]]] = {
    "Add": torch.add,
    "Cast": cast,
    "Clip": clipped,
    "Concat": concatenated,
    "Conv": convolution,
    "ConvTranspose": transposed_convolution,
    "DepthToSpace": depth_to_space,
    "Div": torch.div,
    "Exp": torch.exp,
    "Identity": torch.clone,
    "LeakyRelu": leaky,
    "Mul": torch.mul,
    "PRelu": parametric,
    "Pad": padded,
    "Relu": torch.relu,
    "Reshape": reshaped,
    "Sigmoid": torch.sigmoid,
    "Slice": sliced,
    "Softplus": functional.softplus,
    "SpaceToDepth": space_to_depth,
    "Squeeze": squeezed,
    "Sub": torch.sub,
    "Tanh": torch.tanh,
    "Transpose": transposed,
    "Unsqueeze": unsqueezed,
}
"""By name in the graph."""
