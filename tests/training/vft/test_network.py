"""Torch, the compiled attention and OpenVINO compute the same of the same weights."""

import numpy as np
import onnx
import pytest
import torch

from eclips4d.inference.engines.choose import load_network
from eclips4d.inference.engines.openvino_engine import constants_of
from eclips4d.physics.vft.adjoint import room_for_back, unattend
from eclips4d.physics.vft.attention import LANES, attend, scratch
from eclips4d.physics.vft.ways import GEOMETRY, RINGS
from eclips4d.training.vft.export import checked_file, to_onnx
from eclips4d.training.vft.network import VisionFieldTransformer, as_arrays
from eclips4d.training.vft.recipe import AttentionShape

SHAPE = AttentionShape(embed=6, heads=3, hidden=5)


def network(seed=0, loud=0.3):
    torch.manual_seed(seed)
    made = VisionFieldTransformer(SHAPE)
    with torch.no_grad():
        made.head.weight += loud * torch.randn_like(made.head.weight)
    return made.eval()


def planes(seed=1):
    random = np.random.default_rng(seed)
    query = random.uniform(-1.0, 1.0, (3, RINGS, LANES))
    geometry = np.broadcast_to(random.uniform(-0.3, 0.3, (GEOMETRY, 1, 1)), (GEOMETRY, 1, LANES))
    return np.concatenate([query, query.max(1, keepdims=True), geometry], axis=1).astype(np.float32)


def compiled(weights, of):
    room = scratch(weights)
    room.query[:] = of[:, :RINGS]
    room.value[-3:] = of[:, RINGS]
    attend(weights, np.ascontiguousarray(of[:, RINGS + 1, 0]), room)
    return room


@pytest.mark.parametrize("seed", range(3))
def test_torch_and_compiled_agree(seed):
    made, of = network(seed), planes(seed + 5)
    with torch.inference_mode():
        wanted = made(torch.from_numpy(of)[None])[0, :, 0].numpy()
    np.testing.assert_allclose(compiled(as_arrays(made), of).horizon, wanted, atol=2e-5 * np.abs(wanted).max())


def test_their_gradients_agree():
    made, of = network(), planes()
    given = torch.from_numpy(of).requires_grad_()
    weight = torch.randn(2, LANES, generator=torch.manual_seed(3))
    (made(given[None])[0, :, 0] * weight).sum().backward()
    weights = as_arrays(made)
    room = compiled(weights, of)
    back = room_for_back(room)
    back.horizon[:] = weight.numpy()
    unattend(weights, room, back)
    assert given.grad is not None
    scale = float(given.grad.abs().max())
    np.testing.assert_allclose(back.query, given.grad[:, :RINGS].numpy(), atol=1e-4 * scale)
    np.testing.assert_allclose(back.value[-3:], given.grad[:, RINGS].numpy(), atol=1e-4 * scale)


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_the_file_computes_the_same_on_every_engine(engine):
    made, of = network(2), planes(4)
    found = load_network(to_onnx(as_arrays(made)), engine, precision="f32")(of)[:, 0]
    np.testing.assert_allclose(found, compiled(as_arrays(made), of).horizon, atol=1e-4 * np.abs(found).max())


def test_what_is_shipped_is_small_and_holds_the_weights():
    made = network(1)
    file = checked_file(made)
    assert len(file) < 20_000
    onnx.checker.check_model(onnx.load_from_string(file), full_check=True)
    held = constants_of(file, "a test")
    for name, wanted in as_arrays(made)._asdict().items():
        np.testing.assert_allclose(np.squeeze(held[name]), np.squeeze(wanted), rtol=1e-3, atol=1e-3)
