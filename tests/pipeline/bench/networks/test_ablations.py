"""Ablations change one thing each, train together what may see the same images, and compare frame by frame."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from made_networks import silent_network, write_network
from rich.console import Console

from eclips4d.pipeline.bench.networks.ablations import part, trainings
from eclips4d.pipeline.bench.networks.ablations.judged import JUDGE_SEEDS, slope_errors
from eclips4d.pipeline.bench.networks.ablations.picture import draw_curves
from eclips4d.pipeline.bench.networks.ablations.trainings import EVERY, Trained, train_variants
from eclips4d.pipeline.bench.networks.ablations.variants import FULL, HEIGHTS, SLOPES, Variant, changed, groups
from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.judge.frame import DOSES, judge_frame
from eclips4d.pipeline.bench.networks.slopes.chosen import read
from eclips4d.pipeline.bench.networks.slopes.scores import rms_error
from eclips4d.training.progress import Progress
from eclips4d.training.recipe import load_recipe

RECIPES = {"slopes-ablation": SLOPES, "integrator-ablation": HEIGHTS}
EACH = [(name, variant) for name, variants in RECIPES.items() for variant in variants]


def flat(settings: dict, path: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in settings.items():
        found |= flat(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
    return found


@pytest.mark.parametrize(("name", "variant"), EACH, ids=lambda x: x.key if isinstance(x, Variant) else x)
def test_a_variant_differs_in_what_it_says_and_in_its_name(name: str, variant: Variant) -> None:
    recipe = load_recipe(name)
    full, other = (flat(changed(recipe, v, 30, 5).model_dump()) for v in (RECIPES[name][0], variant))
    wanted = {f"{table}.{key}" for table, settings in variant.changes.items() for key in settings}
    assert len(variant.changes) == (variant.key != FULL)
    assert {key for key in full if full[key] != other[key]} == wanted | ({"network.size"} if wanted else set())
    assert full["budget.steps"] == 30 and full["seed"] == 5


@pytest.mark.parametrize("variants", RECIPES.values(), ids=RECIPES)
def test_only_variants_that_see_the_same_images_are_trained_together(variants: tuple[Variant, ...]) -> None:
    found = groups(variants)
    assert sorted(v.key for group in found for v in group) == sorted(v.key for v in variants)
    for group in found:
        images = {
            json.dumps({k: v.changes.get(k, {}) for k in ("mining", "pre_training", "data")}, default=str)
            for v in group
            if v.changes.get("data", {}).keys() != {"hidden"}
        }
        assert len(images) == 1


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Stands in for training; the groups it was asked for."""
    asked: list[list[str]] = []

    def train(recipes, folder, command, on_progress) -> None:
        asked.append(list(recipes))
        folder.mkdir(parents=True)
        for step in range(recipes[next(iter(recipes))].budget.steps):
            losses = {recipe.network.name: float(step) for recipe in recipes.values()}
            on_progress(Progress(step + 1, 0.5, 0.0, 1.0, losses))

    monkeypatch.setattr("eclips4d.training.run.train_and_publish", train)
    monkeypatch.setattr(trainings, "cache_folder", lambda: tmp_path)
    return asked


def test_nothing_is_trained_twice(made: list[list[str]]) -> None:
    recipe, console = load_recipe("slopes-ablation"), Console(file=io.StringIO())
    found = train_variants(recipe, SLOPES, 25, 0, console)
    assert [len(group) for group in made] == [9, 1, 1, 1]
    assert set(found) == {variant.key for variant in SLOPES}
    assert found["adamw"].file.name == "slopes-ablation-adamw.onnx"
    assert found["adamw"].curve == [4.5, 14.5, 22.0]
    assert train_variants(recipe, SLOPES, 25, 0, console) == found and len(made) == 4
    train_variants(recipe, SLOPES, 25, 1, console)
    assert len(made) == 8


def test_errors_are_compared_frame_by_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = np.geomspace(0.01, 10.0, 12)
    worse = {FULL: 1.0, "adamw": 1.25, "one-scale": 0.5}

    def errors(file: Path) -> np.ndarray:
        seed, key = file.stem.split(" ")
        return frames * worse.get(key, 1.0) * (1.1 if seed == "1" and key == "adamw" else 1.0)

    trained = [{v.key: Trained(Path(f"{seed} {v.key}.onnx"), []) for v in SLOPES} for seed in range(2)]
    rows = {row.what: row for row in part._rows(part.Subject("t", "slopes-ablation", SLOPES, errors), trained)}
    assert len(rows) == len(SLOPES) - 1
    by_name = {says.split(" (")[0]: row for says, row in rows.items()}
    assert by_name["AdamW in place of Muon"].value == pytest.approx(1.25 * 1.1**0.5)
    assert "1.250, 1.375" in by_name["AdamW in place of Muon"].what
    assert by_name["no loss at coarse scales"].value == pytest.approx(0.5)
    assert by_name["no hard-example mining"].value == pytest.approx(1.0)


def test_minutes_become_the_same_number_of_steps_for_all(made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context = BenchContext(Console(file=io.StringIO()), seeds=10, minutes=0.1)
    for subject in (part.SLOPES_SUBJECT, part.HEIGHTS_SUBJECT):
        trained = part._trained(subject, context)
        assert len(trained) == part.MOST_TRAININGS
        steps = round(0.1 * part.STEPS_PER_MINUTE)
        assert {len(one.curve) for by_key in trained for one in by_key.values()} == {-(-steps // EVERY)}
    part.pictures(context, tmp_path / "pictures")
    assert (tmp_path / "pictures" / "networks-ablations.png").stat().st_size > 5000


def test_a_short_curve_is_drawn_too(tmp_path: Path) -> None:
    draw_curves({"short": [[1.0, 0.5]]}, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 5000


@pytest.mark.slow
def test_networks_that_say_nothing_are_as_good_as_what_they_correct(tmp_path: Path) -> None:
    file = write_network(tmp_path, silent_network(), precision="f32")
    reads = [read(judge_frame("spirals", dose, seed, size=96)) for dose in DOSES for seed in JUDGE_SEEDS]
    closed = [rms_error(one.closed.slope, one.frame.slope) for one in reads]
    # The model takes the amplifier's lag back and makes slopes agree with heights: close to the closed form, not it.
    np.testing.assert_allclose(slope_errors(file, ["spirals"], 96), closed, rtol=0.25)
    assert slope_errors(file, ["spirals"], 96).std() > 0
