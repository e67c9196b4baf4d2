"""`eclips4d compare`: figures, table, picture, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from growing_store import surface_of
from made_maps import Rough

from eclips4d.core.results import Datum, Drift, Registered, Surface
from eclips4d.metrology.maps.placement import Placement
from eclips4d.pipeline.cli import main

ROUGH = Rough(3, width_px=2.0, rms_nm=6.0)


def rough_surface() -> Surface:
    plain = surface_of(0)
    height = ROUGH.seen((30, 40), 2.0).astype(np.float32)
    slope = np.stack(np.gradient(height, 2.0)[::-1]).astype(np.float32)
    return Surface(slope, plain.slope_sd, height, plain.height_sd * 0.02, plain.residual, plain.trust)


@pytest.fixture
def store(make_store):
    """Two frames of a rough surface."""
    store = make_store(keep=("height", "height_sd", "slope", "slope_sd", "trust"))
    store.record(2)
    for k in range(2):
        found = Registered(rough_surface(), Drift((0.0, 0.0)), Datum((0.0,) * 3, (0.0,) * 3))
        store.writer.write_registered(k, found, *store.keys).result()
    store.committed = 2
    store.writer.commit(committed=2, recorded=2)
    return store


@pytest.fixture
def map_file(tmp_path):
    height = ROUGH.seen((30, 40), 2.0, Placement((3.0, -2.0))) / 1.02
    np.savez(tmp_path / "map.npz", height_nm=height, pixel_size_nm=2.0)
    return tmp_path / "map.npz"


@pytest.fixture
def said(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words):
        code = main(["compare", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_figures_are_said_and_written_and_drawn(store, map_file, said, tmp_path):
    out, plot = tmp_path / "c.csv", tmp_path / "c.png"
    code, text, err = said(store.path, "--with", map_file, "--align", "shift", "--out", out, "--plot", plot)
    assert (code, err) == (0, "")
    assert "frame 1 less map.npz" in text and "mean plane is nobody's" in text and f"{out}: figures" in text
    rows = pd.read_csv(out).set_index("figure")["value"]
    assert rows["height scale, run over map"] == pytest.approx(1.02, abs=0.005)
    assert (rows["shift along x"], rows["shift along y"]) == pytest.approx((3.0, -2.0), abs=0.1)
    assert plot.read_bytes()[:4] == b"\x89PNG"


def test_frames_and_stacks_are_chosen(store, map_file, said):
    assert "frame 0 less" in said(store.path, "--with", map_file, "--frame", 0, "--align", "shift")[1]
    assert said(store.path, "--with", map_file, "--stack", 2, "--align", "turn")[0] == 0


WRONG = (
    ("--frame", "7"),
    ("--turn", "sideways"),
    ("--reference", "1,2,3"),
    ("--map-sd=-1",),
    ("--pixel", "3"),
    ("--channel", "phase"),
    ("--out", "table.txt"),
    ("--level", "curve"),
)


def test_a_wrong_call_is_one_line(store, map_file, said):
    for words in WRONG:
        code, out, err = said(store.path, "--with", map_file, *words)
        assert (code, out) == (2, "") and err.count("\n") == 1 and err.startswith("eclips4d: "), words


def test_a_map_of_another_place_is_refused(store, said, tmp_path):
    np.savez(tmp_path / "other.npz", height_nm=Rough(77, width_px=2.0).seen((30, 40), 2.0), pixel_size_nm=2.0)
    code, out, err = said(store.path, "--with", tmp_path / "other.npz", "--align", "shift")
    assert (code, out) == (2, "") and "other.npz" in err and "--turn any" in err


def test_help_has_an_example(capsys):
    assert main(["compare", "--help"]) == 0
    assert "eclips4d compare movie.zarr --with afm.gwy" in capsys.readouterr().out


@pytest.mark.shared
@pytest.mark.slow
def test_a_recorded_afm_surface_agrees_with_its_truth(shared_data, tmp_path, said):
    recording = shared_data / "recordings" / "granular_afm.ome.tif"
    store, out = tmp_path / "afm.zarr", tmp_path / "afm.csv"
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    code, _, _ = said(store, "--with", shared_data / "recordings" / "granular_afm.truth.npz", "--out", out)
    assert code == 0
    rows = pd.read_csv(out).set_index("figure")["value"]
    assert rows["rms difference"] < 0.1 and rows["height scale, run over map"] == pytest.approx(1.0, abs=0.01)
