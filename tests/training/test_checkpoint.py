import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.training.checkpoint import Keeper, load_checkpoint, save_checkpoint
from eclips4d.training.recipe import Budget, Recipe, load_recipe

pytestmark = pytest.mark.usefixtures("ctrl_c_ends")

STATE = {"step": 7, "weights": {"a": torch.arange(1000.0)}, "stream": [1, 2.5, "x", True]}


@pytest.fixture
def ctrl_c_ends() -> Iterator[None]:
    """As in a terminal: a shell that runs tests in the background has Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def quick(**changes: object) -> Recipe:
    return load_recipe("slopes-quick").model_copy(update=changes)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "checkpoint"
    save_checkpoint(path, STATE)
    save_checkpoint(path, STATE)
    again = load_checkpoint(path)
    assert torch.equal(again.pop("weights")["a"], STATE["weights"]["a"])
    assert again == {"step": 7, "stream": [1, 2.5, "x", True]}
    assert [file.name for file in path.parent.iterdir()] == ["checkpoint"]


@pytest.mark.parametrize("at", [0, 30, 60, 2000, -3])
def test_a_damaged_one_is_told_apart(tmp_path: Path, at: int) -> None:
    path = tmp_path / "checkpoint"
    save_checkpoint(path, STATE)
    whole = bytearray(path.read_bytes())
    whole[at] ^= 1
    path.write_bytes(whole)
    with pytest.raises(InputError, match="damaged"):
        load_checkpoint(path)
    path.write_bytes(bytes(whole[: len(whole) // 2]))
    with pytest.raises(InputError, match="damaged"):
        load_checkpoint(path)


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="checkpoint"), Keeper(tmp_path / "c", quick(), resume=True) as keeper:
        keeper.restored()


def test_a_writer_that_dies_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "checkpoint"
    save_checkpoint(path, STATE)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, {"step": 8})
    assert load_checkpoint(path)["step"] == 7


def test_ctrl_c_saves_between_two_steps_and_ends(tmp_path: Path) -> None:
    done = 0
    with pytest.raises(KeyboardInterrupt), Keeper(tmp_path / "c", quick()) as keeper:
        assert keeper.restored() is None
        for step in range(5):
            if step == 2:
                os.kill(os.getpid(), signal.SIGINT)
            done = step + 1  # the rest of the step is not lost
            keeper.offer(lambda step=step: {"step": step + 1})
    assert done == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with Keeper(tmp_path / "c", quick(budget=Budget(steps=50)), resume=True) as keeper:
        assert keeper.restored() == {"step": 3}


def test_the_second_ctrl_c_does_not_wait_for_the_step(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Keeper(tmp_path / "c", quick()):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("went on")
    assert not (tmp_path / "c").exists()


def test_saved_when_it_is_time(tmp_path: Path) -> None:
    with Keeper(tmp_path / "c", quick(), every_s=60.0) as keeper:
        keeper.offer(lambda: {"step": 1})
        assert not (tmp_path / "c").exists()
    with Keeper(tmp_path / "c", quick(), every_s=-1.0) as keeper:
        keeper.offer(lambda: {"step": 1})
        assert (tmp_path / "c").exists()


def test_another_recipe_is_refused(tmp_path: Path) -> None:
    with Keeper(tmp_path / "c", quick()) as keeper:
        keeper.save(lambda: {"step": 1})
    with (
        pytest.raises(InputError, match="another recipe"),
        Keeper(tmp_path / "c", quick(seed=1), resume=True) as keeper,
    ):
        keeper.restored()


def test_a_recipe_of_before_a_new_setting_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Keeper(tmp_path / "c", quick()) as keeper:
        keeper.save(lambda: {"step": 1})
    kept = load_checkpoint(tmp_path / "c")
    recipe = json.loads(kept["recipe"])
    del recipe["optimisation"]["clip"]
    save_checkpoint(tmp_path / "c", {**kept, "recipe": json.dumps(recipe)})
    assert Keeper(tmp_path / "c", quick(), resume=True).restored() == {"step": 1}
    recipe["data"]["coarse"] = 1
    save_checkpoint(tmp_path / "c", {**kept, "recipe": json.dumps(recipe)})
    with pytest.raises(InputError, match="another recipe"):
        Keeper(tmp_path / "c", quick(), resume=True).restored()
