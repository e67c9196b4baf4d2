"""A training learns, the same twice, and what it makes renders better than the largest tangents alone."""

import numpy as np
import pytest
from shading_walls import instrument, trenches

from eclips4d.core.errors import InputError
from eclips4d.inference.vft.weights import vision_field_simulator
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.training.vft.examples import Examples
from eclips4d.training.vft.network import VisionFieldTransformer
from eclips4d.training.vft.publish import train_and_publish_vision_field
from eclips4d.training.vft.recipe import VisionRecipe, load_vision_recipe
from eclips4d.training.vft.steep_surfaces import steep_surface
from eclips4d.training.vft.train import error_of, error_without, train_vision_field
from eclips4d.training.vft.views import joined, views, views_of

SMALL = {"field_px": 64, "pool": 3, "views": 1500, "batch": 512, "steps": 20}


def recipe(steps, **more):
    optimisation = {"lr": 5e-3, "ema": 30.0}
    return VisionRecipe.model_validate(
        {"budget": {"steps": steps, "threads": 1}, "scenes": SMALL, "optimisation": optimisation, **more}
    )


def held(scenes, count=3):
    return joined([views(np.random.default_rng([99, m]), scenes) for m in range(count)])


def test_it_begins_with_the_largest_tangents_and_becomes_better():
    check = held(recipe(1).scenes)
    before, after = (error_of(train_vision_field(recipe(steps)), check) for steps in (1, 150))
    assert before == pytest.approx(error_without(check), rel=0.05)
    assert after < 0.985 * before


def test_the_same_recipe_gives_the_same_weights():
    first, second = (train_vision_field(recipe(12)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_the_hard_ones_are_shown_more_often():
    examples = Examples(recipe(10))
    batch = examples.batch(0)
    hard = batch.number < 1500
    examples.learnt(batch, np.where(hard, 1.0, 1e-4))
    shown = np.concatenate([examples.batch(step).number for step in range(1, 8)])
    known = np.isin(shown, batch.number)
    assert np.mean(np.isin(shown[known], batch.number[hard])) > 1.5 * hard.mean()


def test_surfaces_are_steep_and_follow_from_the_seed():
    for seed in range(6):
        one, again = (steep_surface(np.random.default_rng(seed), 64, (0.7, 5.0)) for _ in range(2))
        assert (one == again).all()
        assert 0.3 < np.quantile(np.hypot(*np.gradient(one)), 0.97) < 12.0


def test_views_of_a_flat_surface_are_none_and_of_a_trench_are_right():
    random, small = np.random.default_rng(0), np.zeros((48, 48))
    assert views_of(small, (1.0, 1.0), 0.5, 100, random).largest.size == 0
    found = views_of(trenches((64, 64), 20.0, 2.0, 24.0, 0.0) / 4.0 * 4.0, (1.0, 1.0), 0.5, 4000, random)
    assert found.planes.shape[1:] == (17, found.largest.size)
    assert (found.horizon >= found.least).all() and found.planes[:, :-1].max() <= 1.0
    on_axis = np.isclose(found.planes[1, -2], 1.0) & (found.largest > found.least[0])
    # along a way whose own tangent is the largest, the exact horizon is hardly higher than it
    np.testing.assert_allclose(found.horizon[0, on_axis], found.largest[on_axis], rtol=0.12)


def test_published_weights_render(tmp_path):
    made = train_and_publish_vision_field(recipe(30, name="tried"), "vft-quick", tmp_path, "a test")
    assert made.path.name == "tried.onnx" and set(made.scores)
    inst, height = instrument(), trenches((64, 80), 60.0, 5.0, 28.0)
    image = vision_field_simulator(inst, height.shape, weights=made.path)(height)
    exact = exact_simulator(inst, height.shape)(height)
    assert np.sqrt(np.mean((image - exact) ** 2)) < 0.02 * exact.mean()


def test_recipes():
    assert load_vision_recipe("vft").budget.steps and load_vision_recipe("vft-quick").budget.steps
    with pytest.raises(InputError, match="vft-quick"):
        load_vision_recipe("nothing")
    with pytest.raises(ValueError, match="low to high"):
        VisionRecipe.model_validate({"budget": {"steps": 1}, "scenes": {"floors": (1.0, 0.5)}})
    assert VisionFieldTransformer(load_vision_recipe("vft").network).rings == 15
