"""`eclips4d simulate`: the same as the live source, as a recording that the chain runs on, with its truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from eclips4d.acquisition import open_source
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.acquisition.truth import read_truth
from eclips4d.core.errors import InputError
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.commands.simulate import recorded_address

QUERY = "size=48x40&fps=4&frames=3&effects=typical&seed=0"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated") / "redox.ome.tif"
    words = ["--size", "48x40", "--seed", "0", "--frames", "3", "--set", "effects=typical"]
    assert main(["simulate", "copper-redox?fps=4", "--out", str(out), *words]) == 0
    return out


def test_a_recording_holds_what_the_live_source_sends(recording: Path) -> None:
    with open_source(str(recording)) as recorded, open_source(f"sim://copper-redox?{QUERY}") as live:
        assert recorded.info.instrument == live.info.instrument
        for one, other in zip(recorded.frames(), live.frames(), strict=True):
            assert np.array_equal(one.data, other.data)
            assert one.header.start_s == other.header.start_s
            assert one.header.line_time_s == other.header.line_time_s


def test_its_truth_is_that_of_the_simulation(recording: Path) -> None:
    truth = read_truth(recording.with_name("redox.truth.npz"))
    wanted = simulated_microscope(f"sim://copper-redox?{QUERY}").truth(3)
    assert truth.height_nm.shape == (3, 40, 48) and truth.pixel_size_nm == 4.0
    for name in ("height_nm", "drift_px", "drift_within_frame_px", "gain", "offset_adu", "excess_noise"):
        assert np.array_equal(getattr(truth, name), getattr(wanted, name)), name


def test_the_chain_runs_on_it(recording: Path, tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    truth = read_truth(recording.with_name("redox.truth.npz"))
    with xr.open_zarr(store) as data:
        assert data.sizes["time"] == 3 and (data["status"].values & 1).all()
        found, true = data["height"].values[0][4:-4, 4:-4], truth.height_nm[0][4:-4, 4:-4]
        seen = np.isfinite(found)
        assert np.corrcoef(found[seen], true[seen])[0, 1] > 0.9


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["copper-redox", "--set", "faults=lost:0.1"], "no faults"),
        (["copper-redox?faults=lost:0.1"], "no faults"),
        (["copper-redox?render=live"], "no render"),
        (["copper-redox", "--set", "fps"], "KEY=VALUE"),
        (["copper-redox?fps=3", "--set", "fps=2"], "given twice"),
        (["copper-redox", "--size", "3"], "size"),
        (["copper-redox", "--set", "shape=round"], "unknown parameter 'shape'"),
        (["copper-redox", "--set", "effects=glare"], "unknown effect"),
        (["copper-redox", "--set", "emission=Unobtainium"], "Unobtainium"),
        (["flat", "--dose", "1e300"], "dose"),
        (["flat", "--size", "wide"], "not COLUMNSxROWS"),
        (["flat?current_na=1e6&dwell_us=1e9"], "electrons per pixel and segment"),
        (["flat?offset_mm=1"], "not X,Y"),
        (["flat?offset_mm=1e9,0"], "offset_mm"),
        (["flat?distance_mm=1e-9"], "distance_mm"),
        (["flat?pixel_nm=1e300"], "pixel_nm"),
        (["flat?effects=blur&energy_kev=1"], "no emission table at 1 keV"),
        (["flat?effects=blur,blur_material:Xx"], "no material 'Xx'"),
        (["copper-redox?particles_per_um2=1e9"], "ask for fewer"),
        (["moon"], "unknown scene 'moon'"),
        (["pyramid?face_deg=91"], "face_deg"),
        (["copper-redox", "--frames", "0"], "frames"),
        (["copper-redox", "--set", "current_na=1", "--dose", "5"], "give one of them"),
    ],
)
def test_nonsense_is_refused_in_one_line_before_anything_is_written(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *words, "--out", str(tmp_path / "a.ome.tif")]) == 2
    said = capsys.readouterr().err
    assert complaint in said and said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_words_of_the_command_become_an_address() -> None:
    assert recorded_address("sim://spiral?fps=1", {"size": "640x480"}, ["faces=a,b"]) == (
        "sim://spiral?fps=1&size=640x480&faces=a,b&frames=12"
    )
    with pytest.raises(InputError):
        recorded_address("spiral", {}, ["=3"])


def test_what_can_be_set_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "pyramid", "--parameters"]) == 0
    said = capsys.readouterr().out
    for name in ("face_deg", "emission", "faults", "lag_px"):
        assert name in said


def test_a_recording_needs_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "copper-redox"]) == 2
    assert "--out" in capsys.readouterr().err
