"""From recipe to weights in seconds: the whole way, with budgets that teach nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch

from eclips4d.inference.engines.openvino_engine import OpenVinoNetwork
from eclips4d.inference.networks.features import PLANES
from eclips4d.inference.networks.heads import OUTPUTS
from eclips4d.inference.networks.weights import read_weights
from eclips4d.training.recipe import Recipe, load_recipe
from eclips4d.training.run import finished, train_and_publish, trained
from eclips4d.training.slopes.kept import CORRECTED, shares_of_all
from eclips4d.training.unet import UNet


def tiny(kind: str = "slopes", steps: int = 2, seed: int = 0, size: str = "tiny") -> Recipe:
    values = load_recipe("slopes-quick" if kind == "slopes" else "integrator-quick").model_dump()
    values["network"] |= {"kind": kind, "base": 4, "size": size}
    values["budget"] = {"steps": steps, "threads": 1}
    values["data"] |= {"field_px": 64, "patch_px": 64, "batch": 2, "pool": 2, "settings": 1, "segments": (4,)}
    return Recipe.model_validate(values | {"seed": seed})


@pytest.fixture(autouse=True)
def few_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SETTINGS", "IMAGES", "BATCHES"):
        monkeypatch.setattr(f"eclips4d.training.score.{name}", 1)
    # Images that a longer training would be shown are not rendered.
    monkeypatch.setattr("eclips4d.training.slopes.pool._AHEAD", 1)


@pytest.fixture
def unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    """How good weights are is nothing to what they read; scoring takes longer than a step."""
    monkeypatch.setattr("eclips4d.training.run.scores_of", lambda network, recipe: {"rms": 1.0})


def weights_of(network: torch.nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


@pytest.mark.parametrize("kind", ["slopes", "integrator", "mapper"])
def test_from_recipe_to_weights(tmp_path: Path, kind: str) -> None:
    seen: list[int] = []
    recipe = tiny(kind)
    made = train_and_publish(
        {"tiny": recipe}, tmp_path, "command", lambda p: seen.append(p.step), integrators={"tiny": "live"}
    )
    assert seen == [1, 2]
    (one,) = made
    weights = read_weights(one.path)
    assert weights.card.kind == kind and weights.card.scores == one.scores and len(one.scores) >= 3
    assert weights.card.integrator == ("live" if kind == "slopes" else None)
    assert all(value > 0 for value in one.scores.values())


def test_side_by_side_is_as_each_alone_would_be_on_these_images(tmp_path: Path) -> None:
    first, second = trained([tiny(), tiny(size="other")])
    assert torch.equal(weights_of(first), weights_of(second))
    assert not torch.equal(weights_of(first), weights_of(trained([tiny(seed=1)])[0]))


def test_after_ctrl_c_it_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    (whole,) = trained([tiny(steps=4)])
    checkpoint = tmp_path / "checkpoint"

    def interrupt(progress: object) -> None:
        if progress.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        trained([tiny(steps=4)], interrupt, checkpoint=checkpoint)
    steps: list[int] = []
    (resumed,) = trained([tiny(steps=4)], lambda p: steps.append(p.step), checkpoint=checkpoint, resume=True)
    assert steps == [3, 4]
    torch.testing.assert_close(weights_of(resumed), weights_of(whole), rtol=0, atol=0)


@pytest.mark.usefixtures("unscored")
def test_a_network_that_was_not_shown_a_plane_does_not_read_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    recipe = tiny()
    hidden = recipe.model_copy(update={"data": recipe.data.model_copy(update={"hidden": ("residual",)})})
    network = UNet(len(PLANES), OUTPUTS, 4, depth=2, blocks=True).eval()
    torch.nn.init.normal_(network.head.weight, std=0.3)
    shown, blind = (
        finished(network, one, "tiny", tmp_path / str(i), "c", 0.0) for i, one in enumerate([recipe, hidden])
    )
    assert read_weights(shown.path).card.sha256 != read_weights(blind.path).card.sha256


@pytest.mark.usefixtures("unscored")
def test_a_network_that_only_corrects_keeps_all_octaves(tmp_path: Path) -> None:
    recipe = tiny()
    alone = recipe.model_copy(update={"network": recipe.network.model_copy(update={"octaves": False})})
    (network,) = trained([alone])
    torch.nn.init.normal_(network.head.weight, std=0.3)
    finished(network, alone, "tiny", tmp_path, "command", 0.0)
    stored = OpenVinoNetwork((tmp_path / "slopes-tiny.onnx").read_bytes(), "made", precision="f32", threads=1)
    planes = torch.randn(len(PLANES), 64, 64).numpy()
    told = stored(planes)[CORRECTED:]
    torch.testing.assert_close(
        torch.from_numpy(told), shares_of_all()[:, None, None].expand(-1, 32, 32), atol=1e-3, rtol=0
    )
