"""`eclips4d export`: files, their names, and what it refuses."""

import json
import subprocess

import numpy as np
import pytest
import tifffile

from eclips4d.metrology import optional
from eclips4d.metrology.maps.reading.files import read_map
from eclips4d.pipeline.cli import main


@pytest.fixture
def store(make_store):
    store = make_store()
    store.grow(3)
    return store


@pytest.fixture
def said(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def call(*words):
        code = main(["export", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


LINES = {
    "gwy": ("run.gwy", "channels of 1 frame"),
    "tiff": ("run.ome.tif", "heights of 3 frames"),
    "hdf5": ("run.h5", "arrays of 3 frames"),
    "csv": ("run.csv", "pixels of 1 frame"),
    "mp4": ("run.mp4", "a movie of 3 frames"),
}


def test_files_are_named_like_the_store_and_lie_where_one_is(store, said, tmp_path):
    for to, (name, line) in LINES.items():
        code, out, err = said(store.path, "--to", to)
        assert (code, err) == (0, "") and out.splitlines()[0] == f"{name}: {line}"
        assert (tmp_path / name).stat().st_size > 1000
        assert out.splitlines()[1:] == (["run.frames.csv: one line per frame"] if to == "csv" else [])
    assert not list(tmp_path.glob(".*.partial"))


def test_an_exported_height_is_read_back_by_compare(store, said, tmp_path):
    said(store.path, "--to", "gwy", "--frames", "1", "--out", "one.gwy")
    said(store.path, "--to", "tiff", "--frames", "1", "--out", "one.ome.tif")
    one, other = read_map(tmp_path / "one.gwy"), read_map(tmp_path / "one.ome.tif")
    np.testing.assert_allclose(one.height_nm, other.height_nm, rtol=1e-6)
    assert one.pixel_size_nm == pytest.approx((2.0, 2.0)) and other.pixel_size_nm == pytest.approx((2.0, 2.0))


def test_nothing_is_overwritten_unless_that_is_said(store, said, tmp_path):
    assert said(store.path, "--to", "tiff", "--frames", "0")[0] == 0
    before = (tmp_path / "run.ome.tif").read_bytes()
    code, _, err = said(store.path, "--to", "tiff")
    assert code == 2 and "exists already" in err and "--force" in err and err.count("\n") == 1
    assert (tmp_path / "run.ome.tif").read_bytes() == before
    assert said(store.path, "--to", "tiff", "--force")[0] == 0
    assert tifffile.imread(tmp_path / "run.ome.tif").shape == (3, 30, 40)


def test_the_table_of_frames_is_not_overwritten_either(store, said, tmp_path):
    (tmp_path / "run.frames.csv").write_text("mine")
    assert said(store.path, "--to", "csv")[0] == 2
    assert (tmp_path / "run.frames.csv").read_text() == "mine" and not (tmp_path / "run.csv").exists()


def test_a_missing_package_is_one_line(store, said, tmp_path, monkeypatch):
    monkeypatch.setattr(optional, "find_spec", lambda _: None)
    for to, package, extra in (("gwy", "gwyfile", "formats"), ("mp4", "imageio_ffmpeg", "video")):
        code, out, err = said(store.path, "--to", to)
        assert (code, out) == (2, "") and err.count("\n") == 1
        assert f"{package} is not installed" in err and f"eclips4d[{extra}]" in err
    assert [file.name for file in tmp_path.iterdir()] == ["run.zarr"]


WRONG = (
    ("--to", "xyz"),
    ("--to", "csv", "--frames", "7"),
    ("--to", "csv", "--out", "nowhere/a.csv"),
    ("--to", "mp4", "--span", "3"),
    ("--to", "mp4", "--span", "3,1"),
    ("--to", "mp4", "--fps", "0"),
    ("--to", "csv", "--stack", "99"),
)


def test_a_wrong_call_is_one_line_and_leaves_nothing(store, said, tmp_path):
    for words in WRONG:
        code, out, err = said(store.path, *words)
        assert (code, out) == (2, "") and err.count("\n") == 1 and err.startswith("eclips4d: "), words
    assert [file.name for file in tmp_path.iterdir()] == ["run.zarr"]


def test_a_failure_half_way_leaves_what_was_there(store, said, tmp_path, monkeypatch):
    said(store.path, "--to", "tiff")
    before = (tmp_path / "run.ome.tif").read_bytes()
    monkeypatch.setattr("tifffile.TiffWriter.write", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "full")))
    code, _, err = said(store.path, "--to", "tiff", "--force")
    assert code == 2 and "disk is full" in err
    assert (tmp_path / "run.ome.tif").read_bytes() == before and not list(tmp_path.glob(".*.partial"))


def test_a_movie_keeps_the_colours_asked_for(store, said, tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    said(store.path, "--to", "mp4", "--level", "none", "--span=-5,15", "--fps", "5")
    told = subprocess.run([ffmpeg, "-i", "run.mp4"], cwd=tmp_path, capture_output=True, text=True, check=False).stderr
    assert "5 fps" in told and "yuv420p" in told


def test_help_has_an_example(capsys):
    assert main(["export", "--help"]) == 0
    assert "eclips4d export movie.zarr --to gwy" in capsys.readouterr().out


def test_hdf5_says_what_was_taken_off(store, said, tmp_path):
    h5py = pytest.importorskip("h5py")
    said(store.path, "--to", "hdf5", "--level", "plane", "--raw")
    with h5py.File(tmp_path / "run.h5") as file:
        assert file.attrs["taken off the heights"] == "plane" and "raw" in file
        assert json.loads(file.attrs["eclips4d"])["run_id"] == "run"
