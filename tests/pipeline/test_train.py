"""`eclips4d train` as it is called: what it takes, what it refuses, and the whole way to a model that runs."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from made_frames import clean_frame, make_calibration, make_instrument
from rich.console import Console

from eclips4d.inference.models import load_model
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.commands import train as command
from eclips4d.pipeline.training_progress import TrainingProgress
from eclips4d.training.progress import Progress
from eclips4d.training.run import Made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Stands in for training."""
    calls: list[dict] = []

    def train_and_publish(recipes, folder, told, on_progress, device, **others) -> list[Made]:
        calls.append({"recipes": recipes, "folder": folder, "told": told, "device": device, **others})
        folder.mkdir(exist_ok=True)
        for recipe in recipes.values():
            (folder / f"{recipe.network.name}.onnx").touch()
        return [Made(folder / f"{recipe.network.name}.onnx", {"rms": 0.5}) for recipe in recipes.values()]

    monkeypatch.setattr("eclips4d.training.run.train_and_publish", train_and_publish)
    return calls


def names(call: dict) -> list[str]:
    return [recipe.network.name for recipe in call["recipes"].values()]


def test_quick_makes_a_pair(asked: list[dict], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--quick", "--out", str(tmp_path)]) == 0
    assert [names(call) for call in asked] == [["integrator-quick"], ["slopes-quick"]]
    assert asked[1]["integrators"] == {"slopes-quick": "integrator-quick.onnx"}
    assert "rms: 0.5" in capsys.readouterr().out


def test_sizes_are_trained_on_the_same_images(asked: list[dict], tmp_path: Path) -> None:
    words = ["--size", "live", "--size", "best", "--minutes", "3", "--seed", "7", "--out", str(tmp_path)]
    assert main(["train", "slopes", *words]) == 0
    (call,) = asked
    assert call["integrators"] == {"slopes-live": "live", "slopes-best": "live"}
    assert names(call) == ["slopes-live", "slopes-best"]
    for recipe in call["recipes"].values():
        assert recipe.budget.minutes == 3 and recipe.budget.steps is None and recipe.seed == 7
    main(["train", "integrator", "--out", str(tmp_path)])
    assert names(asked[1]) == ["integrator-live"]


def test_a_recipe_of_ones_own(asked: list[dict], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[network]\nkind = "slopes"\nsize = "mine"\n[budget]\nsteps = 10\n')
    assert main(["train", str(path), "--threads", "1", "--resume", "--out", str(tmp_path)]) == 0
    assert asked[0]["integrators"] == {"mine.toml": "live"}
    assert names(asked[0]) == ["slopes-mine"] and asked[0]["resume"] is True
    assert next(iter(asked[0]["recipes"].values())).budget.steps == 10


def test_coverage_fits_the_cards_of_a_folder_on_the_same_frames(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = []
    monkeypatch.setattr("eclips4d.training.coverage.held_out.held_out", lambda seed: [seed])
    monkeypatch.setattr("eclips4d.training.coverage.varied.varied", lambda seed: iter([-seed]))
    monkeypatch.setattr("eclips4d.training.coverage.twice.taken_twice", lambda seed: iter([2 * seed]))
    monkeypatch.setattr("eclips4d.training.coverage.models.recalibrated", lambda path: path)
    monkeypatch.setattr(
        "eclips4d.training.coverage.card.cover", lambda *given: calls.append(given) or {"slope_sd": 0.9}
    )
    words = ["train", "coverage", "--size", "live", "--size", "best", "--seed", "3", "--out", str(tmp_path)]
    assert main(words) == 0
    assert calls == [(tmp_path / f"slopes-{size}.onnx", [3], [-3], [6]) for size in ("live", "best")]
    assert "slope_sd: 0.9" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing to train"),
        (["coverage", "--out", "nowhere"], "no such weights"),
        (["heights"], "no recipe 'heights'"),
        (["none.toml"], "no such file"),
        (["mapper", "--quick"], "no quick recipe"),
        (["slopes", "--size", "huge"], "no recipe 'slopes-huge'"),
        (["slopes", "--device", "tpu"], "no device"),
        (["slopes", "--minutes", "0"], "minutes"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    asked: list[dict], words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words]) == 2
    assert said in capsys.readouterr().err
    assert not asked


def test_without_torch_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "torch" else object())
    assert main(["train", "slopes"]) == 2
    assert "eclips4d[train]" in capsys.readouterr().err


def test_after_ctrl_c_it_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("eclips4d.training.run.train_and_publish", interrupted)
    with pytest.raises(SystemExit) as end:
        main(["train", "slopes"])
    assert end.value.code == 130
    assert "--resume" in capsys.readouterr().out


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_tells_step_losses_and_time_left(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eclips4d.pipeline.training_progress.PLAIN_EVERY_S", -1.0)
    console = Console(file=io.StringIO(), force_terminal=terminal, width=200)
    with TrainingProgress(console).live("slopes-live on cpu") as show:
        for step in (1, 2):
            show(Progress(step, 0.25, 0.0, 30.0, {"slopes-live": 0.5, "slopes-best": 0.25}))
    said = console.file.getvalue()
    assert "slopes-live on cpu" in said
    assert "step 2, 25 %, slopes-live 0.500, slopes-best 0.250, 90 s left" in said


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_quick_for_real(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--quick", "--minutes", "0.2", "--threads", "1", "--out", str(tmp_path)]) == 0
    assert "rms over closed form, 1000 electrons" in capsys.readouterr().out
    instrument = make_instrument()
    model = load_model(str(tmp_path / "slopes-quick.onnx"), instrument)
    flat = clean_frame(instrument, np.zeros((2, 64, 96), np.float32), dose=1000.0)
    frame = np.random.default_rng(0).poisson(flat).astype(np.uint16)
    calibration = make_calibration(instrument)
    surface, closed = model(frame, calibration), load_model("analytic", instrument)(frame, calibration)
    assert np.isfinite(surface.height).all()
    # Seconds of training see that a flat is flat.
    assert surface.slope.std() < 0.9 * closed.slope.std()
    assert "integrator-quick" in (tmp_path / "slopes-quick.toml").read_text()


def test_the_vision_field_transformer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls = []

    def stand_in(recipe, name, folder, told, on_progress) -> Made:
        calls.append((recipe, name, folder, told))
        return Made(folder / "vft.onnx", {"rms": 0.5})

    monkeypatch.setattr("eclips4d.training.vft.publish.train_and_publish_vision_field", stand_in)
    assert main(["train", "vft", "--minutes", "3", "--seed", "7", "--rate", "0.001", "--out", str(tmp_path)]) == 0
    assert main(["train", "vft", "--quick", "--out", str(tmp_path)]) == 0
    (recipe, name, folder, _), (quick, quick_name, _, _) = calls
    assert (name, folder, quick_name) == ("vft", tmp_path, "vft-quick")
    assert (recipe.budget.minutes, recipe.budget.steps, recipe.seed, recipe.optimisation.lr) == (3, None, 7, 0.001)
    assert quick.budget.steps and quick.name == "vft-quick"
