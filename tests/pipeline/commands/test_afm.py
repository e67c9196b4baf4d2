"""`eclips4d afm`: what it says, writes and draws, and what it refuses."""

import numpy as np
import pytest
from growing_store import surface_of as surface_at
from made_maps import Rough

from eclips4d.core.errors import InputError
from eclips4d.core.results import Datum, Drift, Registered
from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.maps.reading.files import read_map
from eclips4d.pipeline.afm_report.surface import Seen, surface_of
from eclips4d.pipeline.afm_report.words import said
from eclips4d.pipeline.cli import main

ROUGH = Rough(4, side=200, width_px=4.0, rms_nm=8.0)
TRUTH = Affine((1.05, 0.97), 9.0, -0.02, (14.0, -20.0))


def height_file(path, surface: Rough = ROUGH, times: float = 1.0, **other):
    y, x = ((np.arange(n) - (n - 1) / 2) * 2.4 for n in (90, 100))
    height = times * surface.at(*TRUTH.to_grid(*np.meshgrid(x, y)))
    np.savez(path, height_nm=height, **{"pixel_size_nm": 2.4, **other})
    return path


@pytest.fixture
def said_by(capsys, monkeypatch):
    """The command on a frame of 110 × 110 pixels that shows the surface."""
    monkeypatch.setenv("COLUMNS", "200")
    seen = Seen("made.zarr frame 0", ROUGH.seen((110, 110), 2.0), (2.0, 2.0), 0.02)
    monkeypatch.setattr("eclips4d.pipeline.afm_report.surface.surface_of", lambda source, frame, stack: seen)

    def call(*arguments):
        code = main(["afm", "made.zarr", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_map_is_said_written_and_drawn(said_by, tmp_path):
    out, plot = tmp_path / "aligned.npz", tmp_path / "aligned.png"
    code, text, err = said_by(height_file(tmp_path / "map.npz"), "--tip", 0, "--out", out, "--plot", plot)
    assert (code, err) == (0, "")
    assert "map.npz on made.zarr frame 0" in text and "turned counter-clockwise: 8.99" in text
    assert "heights, run over map: 1.0000" in text and "confidence: slopes correlate by 1.000" in text
    assert plot.read_bytes()[:4] == b"\x89PNG"
    with np.load(out) as held:
        assert held["parameters"] == pytest.approx(TRUTH.numbers(), abs=0.15)
        assert held["height_nm"].shape == (110, 110) and np.isnan(held["height_nm"]).any()
        rest = ROUGH.seen((110, 110), 2.0) - held["height_nm"]
        assert np.nanstd(rest) < 0.2
        assert held["matrix"] @ (0.0, 0.0) + held["shift_nm"] == pytest.approx(TRUTH.shift_nm, abs=0.15)
    assert read_map(out).pixel_size_nm == (2.0, 2.0)


def test_heights_out_of_calibration_are_called_so(said_by, tmp_path):
    path = height_file(tmp_path / "map.npz", times=0.8)
    text = said_by(path, "--tip", 0, "--out", tmp_path / "aligned.npz")[1]
    assert "heights, run over map: 1.25" in text and "one of both scales is doubtful" in text


def test_a_map_of_another_place_is_refused(said_by, tmp_path):
    path = height_file(tmp_path / "other.npz", Rough(21, side=200, width_px=4.0))
    code, out, err = said_by(path, "--out", tmp_path / "aligned.npz")
    assert (code, out) == (2, "") and err.count("\n") == 1 and "other.npz" in err and "same place" in err
    assert not (tmp_path / "aligned.npz").exists()


WRONG = (
    ("--out", "table.csv"),
    ("--out", "a.npz", "--plot", "picture.jpg"),
    ("--out", "a.npz", "--tip=-1"),
    ("--out", "a.npz", "--stack", "0"),
    ("--out", "a.npz", "--turn", "nan"),
    ("--out", "a.npz", "--pixel-size", "3"),
    ("--out", "a.npz", "--sign", "sideways"),
    ("--out", "a.npz", "--channel", "phase"),
    (),
)


@pytest.mark.parametrize("arguments", WRONG)
def test_a_wrong_call_is_one_line(said_by, tmp_path, monkeypatch, arguments):
    path = height_file(tmp_path / "map.npz")
    monkeypatch.chdir(tmp_path)
    code, out, err = said_by(path, *arguments)
    assert (code, out) == (2, "") and err.count("\n") == 1 and err.startswith("eclips4d: ")


def test_help_has_an_example(capsys):
    assert main(["afm", "--help"]) == 0
    assert "eclips4d afm movie.zarr afm.gwy --out aligned.npz" in capsys.readouterr().out


def test_heights_of_a_store(make_store):
    store = make_store(keep=("height", "height_sd", "slope", "slope_sd", "trust"))
    store.record(2)
    with pytest.raises(InputError, match="no frame has heights yet"):
        surface_of(str(store.path), None)
    for k in range(2):
        found = Registered(surface_at(k), Drift((0.0, 0.0)), Datum((0.0,) * 3, (0.0,) * 3))
        store.writer.write_registered(k, found, *store.keys).result()
    store.committed = 2
    store.writer.commit(committed=2, recorded=2)
    seen = surface_of(str(store.path), None, 1)
    assert seen.name.endswith("frame 1") and seen.pixel_nm == (2.0, 2.0)
    assert seen.height_nm == pytest.approx(surface_at(1).height, abs=0.1)
    with pytest.raises(InputError, match="frame 7 has no aligned heights"):
        surface_of(str(store.path), 7)
    both, asked = surface_of(str(store.path), None), surface_of(str(store.path), 1, 2)
    assert "frame 1, mean of 2 frames" in both.name  # their slopes are the same: nothing moves
    np.testing.assert_array_equal(both.height_nm, asked.height_nm)
    with pytest.raises(InputError, match="not aligned"):
        surface_of("movie.ome.tif", 0, 4)


def test_as_many_digits_as_are_known():
    assert said(1.23456, 0.0123) == "1.235 ± 0.012" and said(12.0, 0.0) == "12"


@pytest.mark.shared
@pytest.mark.slow
def test_a_recorded_surface_is_found_with_its_drift(shared_data, tmp_path, capsys):
    recordings = shared_data / "recordings"
    seen = surface_of(str(recordings / "granular_afm.ome.tif"), 0)
    out = tmp_path / "aligned.npz"
    truth = recordings / "granular_afm.truth.npz"
    arguments = ["afm", str(recordings / "granular_afm.ome.tif"), str(truth), "--channel", "0", "--out", str(out)]
    assert main(arguments) == 0 and "granular_afm.truth.npz" in capsys.readouterr().out
    with np.load(out) as held, np.load(truth) as known:
        drift = known["drift_within_frame_px"][0]
        pixel = float(known["pixel_size_nm"])
        assert held["shift_nm"] == pytest.approx(drift[::-1] / 2 * pixel, abs=0.1 * pixel)
        assert held["height_nm"].shape == seen.height_nm.shape
        assert held["height_ratio"] == pytest.approx(1.0, abs=0.01)
