"""Trained networks are written so that they can be read back, and the card says where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from eclips4d.core.errors import EclipsError
from eclips4d.inference.networks.features import PLANES, VERSION
from eclips4d.inference.networks.heads import OUTPUTS
from eclips4d.inference.networks.weights import check_fit, read_weights
from eclips4d.training import publish as module
from eclips4d.training.publish import Training, commit, publish
from eclips4d.training.recipe import load_recipe
from eclips4d.training.unet import UNet

RECIPE = load_recipe("slopes-quick")
TRAINING = Training(
    features=VERSION,
    inputs=len(PLANES),
    command="eclips4d train slopes --quick",
    recipe_name="slopes-quick",
    minutes=0.123456,
    data="surfaces",
    integrator="integrator-quick.onnx",
    scores={"rms, 100 electrons": 0.5},
)


def small_net(seed: int = 0) -> UNet:
    torch.manual_seed(seed)
    net = UNet(len(PLANES), OUTPUTS, 4, depth=1, blocks=True)
    torch.nn.init.normal_(net.head.weight, std=0.3)
    return net


def test_what_is_written_is_read_and_fits(tmp_path: Path) -> None:
    path = publish(tmp_path / "new", small_net(), RECIPE, TRAINING)
    weights = read_weights(path)
    check_fit(weights, kind="slopes", features=VERSION, inputs=len(PLANES), outputs=OUTPUTS)
    card = weights.card
    assert path.name == "slopes-quick.onnx" and card.name == "slopes-quick"
    assert card.parameters == sum(p.numel() for p in small_net().parameters())
    assert card.scores == TRAINING.scores and card.integrator == "integrator-quick.onnx"
    assert card.trained.command == TRAINING.command and card.trained.minutes == 0.12
    assert card.trained.recipe == "slopes-quick" and card.iterations is None
    assert sorted(file.name for file in path.parent.iterdir()) == ["slopes-quick.onnx", "slopes-quick.toml"]


def test_new_weights_replace_the_old_ones(tmp_path: Path) -> None:
    first = read_weights(publish(tmp_path, small_net(), RECIPE, TRAINING)).fingerprint
    again = read_weights(publish(tmp_path, small_net(1), RECIPE, TRAINING)).fingerprint
    assert first != again
    assert read_weights(publish(tmp_path, small_net(), RECIPE, TRAINING)).fingerprint == first


def test_weights_that_cannot_be_kept_leave_the_old_ones(tmp_path: Path) -> None:
    before = read_weights(publish(tmp_path, small_net(), RECIPE, TRAINING)).fingerprint
    broken = small_net(1)
    with torch.no_grad():
        broken.encode[0].first.weight[0, 0, 0, 0] = float("nan")
    with pytest.raises(EclipsError, match="nan"):
        publish(tmp_path, broken, RECIPE, TRAINING)
    assert read_weights(tmp_path / "slopes-quick.onnx").fingerprint == before


def test_the_commit_is_that_of_the_tree_or_the_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert commit()
    monkeypatch.setattr(module, "__file__", str(tmp_path / "publish.py"))
    assert commit().startswith("eclips4d ")
