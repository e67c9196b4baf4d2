"""Tiles against the whole image: by the networks that come with eclips4d, and by one that tells what it was shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from eclips4d.inference.engines.choose import load_network
from eclips4d.inference.engines.network import Precision
from eclips4d.inference.engines.tiles import ALIGNED, OVERLAP, TiledNetwork
from eclips4d.inference.networks.weights import read_weights


@dataclass
class Watched:
    """Means over blocks of 2 × 2; notes the sizes that it was shown."""

    shown: list[tuple[int, ...]] = field(default_factory=list)
    engine: str = "openvino"
    precision: Precision = "f32"
    channels: tuple[int, int] = (3, 3)

    def __call__(self, planes: np.ndarray) -> np.ndarray:
        self.shown.append(planes.shape)
        count, rows, columns = planes.shape
        return planes.reshape(count, rows // 2, 2, columns // 2, 2).mean(axis=(2, 4))


def test_small_images_stay_whole_and_large_ones_come_in_tiles_of_one_bounded_size() -> None:
    planes = np.random.default_rng(1).normal(size=(3, 1120, 1600)).astype(np.float32)
    whole = Watched()
    TiledNetwork(whole)(planes)
    assert whole.shown == [planes.shape]
    tiled = Watched()
    found = TiledNetwork(tiled, most_pixels=512 * 512, core=256)(planes)
    np.testing.assert_array_equal(found, Watched()(planes))
    assert len(tiled.shown) > 4 and len(set(tiled.shown)) == 1
    assert max(tiled.shown[0][1:]) <= 256 + 2 * OVERLAP


@pytest.mark.parametrize("name", ["slopes-live", "slopes-best", "integrator-live", "integrator-best"])
def test_there_are_no_seams(name: str) -> None:
    weights = read_weights(name)
    network = load_network(weights.onnx, "openvino", precision="f32", threads=1)
    planes = np.random.default_rng(2).normal(size=(weights.card.inputs, ALIGNED * 3, 1024)).astype(np.float32)
    whole = np.array(network(planes))
    found = TiledNetwork(network, most_pixels=1, core=480)(planes)
    np.testing.assert_allclose(found, whole, atol=2e-5 * np.abs(whole).max())
