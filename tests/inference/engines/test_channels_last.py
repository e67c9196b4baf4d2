"""Channels beside each other become planes and planes blocks, against numpy's own transposition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from eclips4d.inference.engines.channels_last import to_blocks, to_planes
from eclips4d.inference.engines.folded_stem import folded


def _bf16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Rounded to the nearest, even ones where there are two."""
    torch: Any = pytest.importorskip("torch")
    return np.asarray(torch.from_numpy(np.ascontiguousarray(values)).bfloat16().view(torch.uint16).numpy())


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (9, 70, 30), (260, 256, 3)])
def test_every_channel_becomes_a_plane(shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    planes = np.empty((shape[2], *shape[:2]), np.float32)
    to_planes(pixels, planes)
    np.testing.assert_array_equal(planes, pixels.transpose(2, 0, 1))
    short = _bf16(pixels)
    to_planes(short, planes)
    np.testing.assert_array_equal(planes.view(np.uint32), short.transpose(2, 0, 1).astype(np.uint32) << 16)


@pytest.mark.parametrize(("channels", "rows", "columns", "side"), [(3, 8, 12, 2), (17, 64, 320, 2), (9, 16, 264, 4)])
def test_every_block_of_pixels_becomes_channels(channels: int, rows: int, columns: int, side: int) -> None:
    planes = np.random.default_rng(1).standard_normal((channels, rows, columns)).astype(np.float32)
    split = planes.reshape(channels, rows // side, side, columns // side, side).transpose(1, 3, 0, 2, 4)
    wanted = split.reshape(rows // side, columns // side, channels * side**2)
    blocks = np.empty(wanted.shape, np.float32)
    to_blocks(planes, side, blocks)
    np.testing.assert_array_equal(blocks, wanted)
    short = np.empty(wanted.shape, np.uint16)
    to_blocks(planes, side, short)
    np.testing.assert_array_equal(short, _bf16(wanted))


def test_a_kernel_over_blocks_is_the_one_in_steps() -> None:
    rng, side = np.random.default_rng(2), 2
    planes, weights = rng.standard_normal((3, 6, 6)), rng.standard_normal((4, 3, 6, 6)).astype(np.float32)
    blocks = planes.reshape(3, 3, side, 3, side).transpose(0, 2, 4, 1, 3).reshape(12, 3, 3)
    found = np.einsum("ocyx,cyx->o", folded(weights, side), blocks)
    np.testing.assert_allclose(found, np.einsum("ocyx,cyx->o", weights, planes), rtol=1e-6)
