"""`eclips4d adapt RUN`: a detector off its place is learned from the run's frames and becomes a model with a card."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from eclips4d.acquisition.open import open_source
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Datum, Drift, Registered
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.inference.networks.card import read_card
from eclips4d.inference.networks.weights import read_weights
from eclips4d.pipeline.adaptation.base import base_of
from eclips4d.pipeline.adaptation.frames_of_run import frames_of_run
from eclips4d.pipeline.cli import main
from eclips4d.registration.resample import resample
from eclips4d.storage import StoreWriter

FRAMES = 4


def stored(folder: Path, offset_mm: str, dose: int) -> Path:
    """A run of a rough surface by a detector there, whose file says that it is centred, and nothing of its gains."""
    recording, out = folder / "rough.ome.tif", folder / "run.zarr"
    words = ["simulate", "rough", "--out", str(recording), "--frames", str(FRAMES), "--size", "96", "--dose", str(dose)]
    told = [f"offset_mm={offset_mm}", "rms_nm=6", "shortest_nm=60", "longest_nm=200", "drift_px=0"]
    assert main([*words, *(word for one in told for word in ("--set", one))]) == 0
    with open_source(str(recording)) as source:
        frames, info = list(source.frames()), source.info
    text = "\n".join(
        "offset_mm = [0, 0]" if line.startswith("offset_mm") else line
        for line in info.instrument_toml.splitlines()
        if not line.startswith("gain")
    )
    instrument = parse_instrument(text)
    model, calibration = load_model("analytic", instrument), estimate_calibration(frames[0].data, instrument)
    info = msgspec.structs.replace(info, frames=FRAMES, instrument_toml=text)
    with StoreWriter.create(out, info, "run", attributes={"model": "analytic"}) as store:
        where, used = store.add_calibration(calibration), store.add_model(model.fingerprint, "analytic")
        for frame in frames:
            store.write_frame(Frame(msgspec.structs.replace(frame.header, run_id="run"), frame.data)).result()
            surface = resample(model(frame.data, calibration), Drift((0.0, 0.0)))
            registered = Registered(surface, Drift((0.0, 0.0)), Datum((0.0,) * 3, (0.0,) * 3))
            store.write_registered(frame.header.sequence, registered, where, used).result()
        store.commit(committed=FRAMES, recorded=FRAMES)
        store.finish(FRAMES)
    return out


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("moved"), "0.5,-0.4", 20000)


def test_a_model_and_its_card_come_of_a_run(moved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "course.png"
    assert main(["adapt", str(moved), "--out", str(tmp_path / "made"), "--plot", str(plot)]) == 0
    said = capsys.readouterr().out
    assert "misfit of frames held out" in said and "fingerprint" in said
    assert plot.read_bytes().startswith(b"\x89PNG")
    file = tmp_path / "made" / "slopes-live-adapted.onnx"
    card = read_card(file.with_suffix(".toml"))
    assert card.finetune is not None and "frames 0, 2 of run run" in card.data and "checked on frames 1, 3" in card.data
    assert card.trained.command.split()[0] == "eclips4d"
    assert abs(card.scores["mean tilt of their steep pixels moved, %"]) < 1.0
    off, on = (
        card.scores[name] for name in card.scores if "fine-tune o" in name and ("off" in name or "round 2" in name)
    )
    assert on < 0.8 * off
    live = read_weights("slopes-live")
    assert card.sha256 == live.card.sha256 and read_weights(file).fingerprint != live.fingerprint
    seen = frames_of_run(moved)[1]
    own, adapted = (load_model(name, seen.instrument) for name in ("live", str(file)))
    assert own.fingerprint != adapted.fingerprint
    slopes = [model(seen.frame.data, seen.calibration).slope for model in (own, adapted)]
    with np.load(moved.with_name("rough.truth.npz")) as truth:
        down, right = np.gradient(truth["height_nm"][1], seen.instrument.scan.pixel_size_xy_nm[0])
    errors = [error(slope, np.stack([right, down])) for slope in slopes]
    assert errors[1] < 0.9 * errors[0]


def error(slope: np.ndarray, truth: np.ndarray) -> float:
    """The mean plane left out: gains that are not told leave it open."""
    wrong = (slope - truth)[:, 4:-4, 4:-4]
    return float(np.sqrt(np.mean((wrong - wrong.mean(axis=(1, 2), keepdims=True)) ** 2)))


def test_the_base_is_the_network_without_what_was_adapted_before(moved: Path) -> None:
    name, network = base_of(moved, frames_of_run(moved), None, "auto")
    assert name == "live", "instead of the analytic model"
    assert network.slopes.afterwards is None


def test_where_nothing_is_gained_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = stored(tmp_path, "0,0", 100)
    assert main(["adapt", str(run)]) == 1
    assert "nothing is gained" in capsys.readouterr().out
    assert not (tmp_path / "run-adapted").exists()


def test_what_cannot_be_done_is_said(moved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").touch()
    for words, said in (
        (("--out", str(taken)), "something already"),
        (("--model", "analytic"), "no network to adapt"),
        (("--model", "nowhere.onnx"), "no such weights"),
    ):
        assert main(["adapt", str(moved), *words]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1
