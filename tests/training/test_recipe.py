from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.training.progress import BudgetClock
from eclips4d.training.recipe import Budget, Optimisation, load_recipe, parse_recipe, recipe_names

SMALLEST = '[network]\nkind = "slopes"\n[budget]\nsteps = 10\n'


def test_the_shipped_recipes_load_and_name_their_weights() -> None:
    names = {name: load_recipe(name).network.name for name in recipe_names()}
    assert {f"{kind}-{size}" for kind in ("slopes", "integrator") for size in ("live", "best")} <= set(names)
    assert all(name == of for name, of in names.items())
    assert len({recipe.network.name for recipe in map(load_recipe, recipe_names())}) == len(recipe_names())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[network]\nkind = 'slopes'\n[budget]\n", "give steps or minutes"),
        (SMALLEST + "[data]\npatch_px = 512\n", "larger than field_px"),
        (SMALLEST + "[data]\npatch_px = 80\n", "multiple of 32"),
        (
            SMALLEST.replace('"slopes"', '"integrator"').replace("[budget]", "depth = 5\nunshuffle = 4\n[budget]")
            + "[data]\npatch_px = 64\n",
            "no multiple of 128",
        ),
        (SMALLEST.replace("[budget]", "unshuffle = 4\n[budget]"), "unshuffle of a slopes network is 2"),
        (SMALLEST + "[data]\nelectrons = [100.0, 10.0]\n", "few to many"),
        (SMALLEST + "[data]\nhidden = ['slope']\n", "hidden"),
        (SMALLEST + "[optimisation]\nlr = nan\n", "lr"),
        (SMALLEST + "[optimisation]\nrate = 1\n", "unknown key"),
        (SMALLEST.replace('"slopes"', '"heights"'), "network.kind"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_recipe(text, "recipe.toml")


def test_files_and_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SMALLEST)
    assert load_recipe(str(path)).budget.steps == 10
    with pytest.raises(InputError, match="slopes-quick"):
        load_recipe("quik")
    with pytest.raises(MissingInputError):
        load_recipe(str(tmp_path / "none.toml"))


@given(st.floats(0, 0.5), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_rate_rises_then_falls(warm_up: float, end: float, one: float, other: float) -> None:
    steps = Optimisation(warm_up=warm_up, lr_end=end)
    early, late = sorted((one, other))
    assert 0 <= steps.factor(early) <= 1 + 1e-9
    if late < warm_up:
        assert steps.factor(early) <= steps.factor(late)
    if early >= warm_up:
        assert steps.factor(early) >= steps.factor(late)
    assert steps.factor(1.0) == pytest.approx(end) or warm_up == 1.0


def test_the_average_forgets_its_first_steps() -> None:
    steps = Optimisation(ema=100.0)
    decays = [steps.ema_decay(step) for step in range(2000)]
    assert decays == sorted(decays)
    assert decays[0] < 0.2 and decays[-1] == pytest.approx(0.99)


def test_a_budget_ends_with_what_comes_first() -> None:
    now = 0.0
    clock = BudgetClock(Budget(steps=100, minutes=1.0), elapsed_s=15.0, now=lambda: now)
    assert clock.share(0) == pytest.approx(0.25)
    assert clock.share(50) == pytest.approx(0.5)
    now = 30.0
    assert clock.share(50) == pytest.approx(0.75)
    now = 3000.0
    assert clock.share(50) == 1.0
    assert BudgetClock(Budget(steps=100)).share(99) == 0.99
