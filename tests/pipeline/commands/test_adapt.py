"""`eclips4d adapt`: a refined frame is a run of its own, on the run's grid, and the run stays what it was."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from eclips4d import storage
from eclips4d.acquisition.open import open_source
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Datum, Drift, Registered
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.cli import main
from eclips4d.registration.resample import resample
from eclips4d.storage import StoreWriter


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two frames of a small pyramid, the second with a drift."""
    folder = tmp_path_factory.mktemp("run")
    recording = folder / "pyramid.ome.tif"
    words = ["simulate", "pyramid", "--out", str(recording), "--frames", "2", "--size", "48", "--dose", "1500"]
    assert main(words) == 0
    with open_source(str(recording)) as source:
        frames, info = list(source.frames()), source.info
    instrument = parse_instrument(info.instrument_toml)
    calibration = estimate_calibration(frames[0].data, instrument)
    model = load_model("analytic", instrument)
    info = msgspec.structs.replace(info, frames=2)
    with StoreWriter.create(folder / "run.zarr", info, "run", attributes={"model": "analytic"}) as store:
        where, used = store.add_calibration(calibration), store.add_model(model.fingerprint, "analytic")
        for frame, drift in zip(frames, (Drift((0.0, 0.0)), Drift((1.0, -2.0))), strict=True):
            store.write_frame(Frame(msgspec.structs.replace(frame.header, run_id="run"), frame.data)).result()
            surface = resample(model(frame.data, calibration), drift)
            registered = Registered(surface, drift, Datum((0.0,) * 3, (0.0,) * 3))
            store.write_registered(frame.header.sequence, registered, where, used).result()
        store.commit(committed=2, recorded=2)
        store.finish(2)
    return folder / "run.zarr"


def contents(store: Path) -> dict[str, str]:
    files = (path for path in sorted(store.rglob("*")) if path.is_file())
    return {str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_refined_frame_is_a_run_beside_the_run(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, out, plot = contents(run), tmp_path / "refined.zarr", tmp_path / "course.png"
    assert main(["adapt", str(run), "--refine", "1", "--out", str(out), "--plot", str(plot)]) == 0
    assert "deviance per pixel" in capsys.readouterr().out
    assert contents(run) == before
    assert plot.read_bytes().startswith(b"\x89PNG")
    with storage.open(run) as old, storage.open(out) as new:
        assert new.sizes["time"] == 1
        np.testing.assert_array_equal(new["raw"][0], old["raw"][1])
        np.testing.assert_array_equal(new["x"], old["x"])
        heights = [np.asarray(data["height"][t], np.float64) for data, t in ((old, 1), (new, 0))]
        # What drift has carried out of the image is the same in both.
        np.testing.assert_array_equal(np.isnan(heights[0]), np.isnan(heights[1]))
        seen = np.isfinite(heights[0])
        assert np.corrcoef(heights[0][seen], heights[1][seen])[0, 1] > 0.99
        assert new.attrs["eclips4d"]["models"][0]["fingerprint"].startswith("refined-")
    told = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    assert [event["frame_of_run"] for event in told if event["event"] == "refined"] == [1]
    assert main(["info", str(out)]) == 0


def test_it_is_nearer_to_the_truth(run: Path, tmp_path: Path) -> None:
    assert main(["adapt", str(run), "--refine", "0", "--out", str(tmp_path / "r.zarr")]) == 0
    with np.load(run.with_name("pyramid.truth.npz")) as truth:
        true = np.asarray(truth["height_nm"][0], np.float64)

    def error(store: Path) -> float:
        with storage.open(store) as data:
            difference = (np.asarray(data["height"][0], np.float64) - true)[4:-4, 4:-4]
        y, x = np.indices(difference.shape)
        plane = np.stack([np.ones(difference.size), x.ravel(), y.ravel()], axis=1)
        return float(np.std(difference.ravel() - plane @ np.linalg.lstsq(plane, difference.ravel(), rcond=None)[0]))

    assert error(tmp_path / "r.zarr") < error(run)


def test_what_cannot_be_done_is_said(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken.zarr"
    taken.mkdir()
    for words, said in (
        ((str(run), "--refine", "7"), "frame 7 has no results"),
        ((str(run), "--refine", "0", "--out", str(taken)), "something already"),
        ((str(run), "--refine", "0", "--plot", "course.gif"), "not a file"),
    ):
        assert main(["adapt", *words]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1
