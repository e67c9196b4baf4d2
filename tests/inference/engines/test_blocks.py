"""Planes that are written into an engine's own memory are those that it would have been given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.engines.channels_last import to_blocks
from eclips4d.inference.engines.choose import load_network
from eclips4d.inference.engines.network import Blocks
from eclips4d.inference.integrator.features import Workspace, features
from eclips4d.inference.integrator.features import padded as integrator_padded
from eclips4d.inference.networks.features import PLANES, Conditions, padded, slope_features
from eclips4d.inference.networks.weights import read_weights

SHAPES = [(64, 96), (256, 320), (50, 70)]
"""Below and above what is worth a second thread, and with padding."""


def _room(channels: int, shape: tuple[int, int], side: int, number: Any) -> Blocks:
    return Blocks(np.zeros((shape[0] // side, shape[1] // side, channels * side**2), number), side)


@pytest.mark.parametrize("number", [np.float32, np.uint16])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_slopes_network_sees(shape: tuple[int, int], number: Any) -> None:
    rng = np.random.default_rng(3)
    slope, feigned = rng.normal(0.0, 0.3, (2, 2, *shape)).astype(np.float32)
    sd, brightness, residual = rng.uniform(0.1, 2.0, (3, *shape)).astype(np.float32)
    closed = ClosedForm(slope, sd, brightness, residual, np.ones(shape, np.uint8))
    given = Conditions(0.5, 0.8, 1.3, (4.0, 5.0))
    room, wanted = (_room(len(PLANES), padded(shape), 2, number) for _ in range(2))
    plain, seen = slope_features(closed, given, feigned), slope_features(closed, given, feigned, room)
    to_blocks(plain.planes, 2, wanted.values)
    assert seen.planes is room
    np.testing.assert_array_equal(room.values, wanted.values)
    np.testing.assert_array_equal(seen.gradient, plain.gradient)
    np.testing.assert_array_equal(seen.rotation, plain.rotation)


@pytest.mark.parametrize("number", [np.float32, np.uint16])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_integrators_network_sees(shape: tuple[int, int], number: Any) -> None:
    rng = np.random.default_rng(4)
    border, weight = rng.normal(size=(2, 2, *shape)).astype(np.float32)
    given = border, np.abs(weight), rng.uniform(0.5, 2.0, shape).astype(np.float32), None, (4.0, 5.0)
    room, wanted = (_room(9, integrator_padded(shape), 4, number) for _ in range(2))
    plain, seen = features(*given, Workspace(shape)), features(*given, Workspace(shape), room)
    to_blocks(plain.planes, 4, wanted.values)
    np.testing.assert_array_equal(room.values, wanted.values)
    np.testing.assert_array_equal(seen.near, plain.near)
    np.testing.assert_array_equal(seen.far, plain.far)


@pytest.mark.parametrize("name", ["slopes-live", "integrator-live"])
def test_an_engine_gives_the_same_for_its_own_memory(name: str) -> None:
    weights = read_weights(name)
    network = load_network(weights.onnx, "openvino", precision="f32", threads=1)
    planes = np.random.default_rng(5).normal(size=(weights.card.inputs, 64, 96)).astype(np.float32)
    wanted = network(planes).copy()
    blocks = network.blocks((64, 96))
    assert blocks is not None and blocks.side > 1
    blocks.values[:] = 0.0
    assert not np.array_equal(network(blocks), wanted)
    to_blocks(planes, blocks.side, blocks.values)
    np.testing.assert_array_equal(network(blocks), wanted)
