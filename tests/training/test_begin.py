"""Weights that were written are what the next training begins with."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
import torch

from eclips4d.core.errors import InputError
from eclips4d.inference.networks.card import Card, Trained, card_text
from eclips4d.inference.networks.heads import GROWTH, OUTPUTS
from eclips4d.training.begin import begun
from eclips4d.training.export import checked_onnx
from eclips4d.training.recipe import Recipe, load_recipe
from eclips4d.training.run import finished, trained
from eclips4d.training.slopes.kept import Measured, kept
from eclips4d.training.unet import UNet


def tiny(kind: str, steps: int = 1) -> Recipe:
    values = load_recipe(f"{kind}-quick").model_dump()
    values["network"] |= {"base": 4, "size": "tiny"}
    values["budget"] = {"steps": steps, "threads": 1}
    values["data"] |= {"field_px": 64, "patch_px": 64, "batch": 2, "pool": 2, "settings": 1, "segments": (4,)}
    return Recipe.model_validate(values)


@pytest.fixture(autouse=True)
def unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    """How good weights are is nothing to those that begin with them; scoring takes longer than a step."""
    monkeypatch.setattr("eclips4d.training.run.scores_of", lambda network, recipe: {"rms": 1.0})
    monkeypatch.setattr("eclips4d.training.slopes.pool._AHEAD", 1)


@pytest.mark.parametrize("kind", ["slopes", "integrator"])
def test_layers_are_taken_over(tmp_path: Path, kind: str) -> None:
    recipe = tiny(kind)
    (before,) = trained([recipe])
    finished(before, recipe, "tiny", tmp_path, "command", 0.0)
    still = recipe.model_copy(update={"optimisation": recipe.optimisation.model_copy(update={"lr": 1e-9})})
    (after,) = trained([still], begin=tmp_path)
    for (name, old), new in zip(before.named_parameters(), after.parameters(), strict=True):
        torch.testing.assert_close(new, old, rtol=2e-3, atol=1e-4, msg=name)


def test_a_layer_of_another_shape_begins_anew(tmp_path: Path) -> None:
    recipe = tiny("slopes")
    finished(UNet(17, OUTPUTS, 4, 2, blocks=True), recipe, "tiny", tmp_path, "command", 0.0)
    torch.manual_seed(5)
    wider = UNet(17, 40, 4, 2, blocks=True)
    torch.nn.init.constant_(wider.head.weight, 7.0)
    found = begun(wider, recipe, tmp_path)
    assert (found.head.weight == 7.0).all()
    assert not torch.equal(found.stem.weight, UNet(17, 40, 4, 2, blocks=True).stem.weight)


def test_weights_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="slopes-tiny"):
        begun(UNet(17, 30, 4, 2, blocks=True), tiny("slopes"), tmp_path)


def test_a_network_that_only_corrected_gives_the_same_slopes(tmp_path: Path) -> None:
    recipe = tiny("slopes")
    torch.manual_seed(1)
    before = UNet(17, 3, 4, 2)
    torch.nn.init.normal_(before.head.weight, std=0.1)
    file = checked_onnx(before, 17)
    card = Card(name="slopes-tiny", kind="slopes", features="slopes-2", inputs=17, outputs=3, parameters=1, data="none",
                sha256=hashlib.sha256(file).hexdigest(), trained=Trained(date=date(2026, 1, 2), command="none",
                commit="none", recipe="none", seed=0, cores=1, minutes=0.0))  # fmt: skip
    (tmp_path / "slopes-tiny.onnx").write_bytes(file)
    (tmp_path / "slopes-tiny.toml").write_text(card_text(card), encoding="utf-8")
    after = begun(UNet(17, OUTPUTS, 4, 2, blocks=True), recipe, tmp_path)
    planes, slopes = torch.randn(1, 17, 64, 64), torch.randn(2, 1, 2, 64, 64)
    with torch.inference_mode():
        corrections = before(planes)[:, :2]
        found = kept(after(planes), Measured(slopes[0], slopes[1]))
    expected = slopes.sum(dim=0) + corrections * (1.0 + GROWTH * corrections.abs())
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0.0)
