"""`eclips4d profile`: the table, the summary, the picture, and what it refuses."""

import growing_store
import numpy as np
import pandas as pd
import pytest
from growing_store import COLUMNS, PIXEL_NM, ROWS
from scipy.special import ndtr

from eclips4d.core.results import Status, Surface
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.profile_report.wall_words import wall_lines
from eclips4d.pipeline.profile_report.words import passage_lines

LINE = "2,29,76,29"
AT_LEAST = {
    *("frame", "time_s", "step_id", "position_nm", "position_u_nm", "height_nm", "height_u_nm", "angle_deg"),
    *("angle_u_deg", "width_nm", "width_u_nm", "spacing_nm", "velocity_along_line_nm_s", "velocity_normal_nm_s"),
    *("velocity_along_line_u_nm_s", "velocity_normal_u_nm_s", "aliased"),
}
KEPT = ("height", "height_sd", "slope", "slope_sd")
SPEED_NM_S, HEIGHT_NM, RISER_NM = 0.5, 6.0, 3.0


def surface_of(frame):
    """Two steps that fall to the right and go there; rows are 10 ms apart, frames 2 s."""
    random = np.random.default_rng(frame)
    x = np.arange(COLUMNS) * PIXEL_NM
    t = 2.0 * frame + 0.01 * np.arange(ROWS)[:, None]
    height, slope = np.zeros((ROWS, COLUMNS)), np.zeros((2, ROWS, COLUMNS))
    for place in (20.0, 45.0):
        off = (x - place - SPEED_NM_S * t) / RISER_NM
        height -= HEIGHT_NM * ndtr(off)
        slope[0] -= HEIGHT_NM * np.exp(-0.5 * off**2) / (np.sqrt(2 * np.pi) * RISER_NM)
    slope += random.normal(0.0, 0.01, slope.shape)
    sd = np.full(height.shape, 0.01, np.float32)
    planes = height.astype(np.float32), 10 * sd, sd
    return Surface(slope.astype(np.float32), sd, *planes, np.full(height.shape, 90, np.uint8))


@pytest.fixture
def store(make_store, monkeypatch):
    monkeypatch.setattr(growing_store, "surface_of", surface_of)
    store = make_store(keep=KEPT)
    store.grow(8)
    return store


@pytest.fixture
def said(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")

    def call(*words):
        code = main(["profile", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_table_has_a_row_per_frame_and_step(store, said, tmp_path):
    store.record()  # not committed
    file = tmp_path / "steps.csv"
    code, out, _ = said(store.path, "--line", LINE, "--width", 30, "--out", file)
    assert (code, out) == (0, f"{file}: 2 steps, 16 rows\n")
    table = pd.read_csv(file)
    assert set(table.columns) >= AT_LEAST
    assert table["frame"].tolist() == [k for k in range(8) for _ in range(2)]
    # Row 14.5 at y = 29 nm was scanned 0.145 s after the frame's start.
    np.testing.assert_allclose(table["time_s"], 2.0 * table["frame"] + 0.145, atol=1e-6)
    starts = table["position_nm"] + 2.0 - SPEED_NM_S * table["time_s"]
    np.testing.assert_allclose(starts.to_numpy().reshape(8, 2), np.tile([20.0, 45.0], (8, 1)), atol=0.3)
    np.testing.assert_allclose(table["velocity_along_line_nm_s"], SPEED_NM_S, rtol=0.1)
    np.testing.assert_allclose(table["spacing_nm"][::2], 25.0, atol=0.4)
    assert not table["rises"].any() and not table["aliased"].any()


def test_parquet_holds_the_same(store, said, tmp_path):
    pytest.importorskip("pyarrow")
    for name in ("steps.csv", "steps.parquet"):
        assert said(store.path, "--line", LINE, "--out", tmp_path / name)[0] == 0
    table, again = pd.read_parquet(tmp_path / "steps.parquet"), pd.read_csv(tmp_path / "steps.csv")
    pd.testing.assert_frame_equal(table.drop(columns="members"), again.drop(columns="members"))


def test_the_table_grows_with_the_store(store, said, tmp_path):
    file = tmp_path / "steps.csv"
    said(store.path, "--line", LINE, "--out", file)
    store.grow(2)
    said(store.path, "--line", LINE, "--out", file)
    assert pd.read_csv(file)["frame"].max() == 9


def test_the_summary_has_a_line_per_step(store, said):
    code, out, _ = said(store.path, "--line", LINE, "--width", 30)
    assert code == 0
    lines = [line.split() for line in out.splitlines() if "falls" in line]
    assert [words[:3] for words in lines] == [["1", "0–7", "falls"], ["2", "0–7", "falls"]]
    for words in lines:
        assert float(words[3]) == pytest.approx(HEIGHT_NM, rel=0.08)
        assert words[4] == "±" and "nm/s" in words


def test_a_wall_that_is_told_is_in_the_table_and_contradicted_where_pixels_know_better(store, said, tmp_path):
    file = tmp_path / "steps.csv"
    code, out, _ = said(store.path, "--line", LINE, "--width", 30, "--wall", "15:1.5", "--out", file)
    table = pd.read_csv(file)
    assert code == 0 and (table["wall_deg"] == 15.0).all() and (table["wall_u_deg"] == 1.5).all()
    assert (table["height_wall_u_nm"] <= table["height_systematic_u_nm"] + 1e-9).all() and not table["wall_open"].any()
    assert "steps 1, 2: the wall reads" in out and "not the 15° ± 1.5° that was declared" in out
    assert "wall reads" not in said(store.path, "--line", LINE, "--width", 30)[1]


@pytest.mark.parametrize("words", ["steep", "45:1:1", "80", "45:0", "nan", ""])
def test_what_is_no_wall_is_refused(store, said, words):
    code, out, err = said(store.path, "--line", LINE, "--wall", words)
    assert (code, out) == (2, "") and len(err.splitlines()) == 1 and "--wall" in err


def test_steps_whose_wall_is_open_are_named():
    steps = pd.DataFrame({"step_id": [3, 4], "wall_open": [True, False], "wall_deg": np.nan, "wall_u_deg": np.nan})
    steps = steps.assign(height_nm=2.0, height_wall_u_nm=0.1, angle_deg=45.0)
    (line,) = wall_lines(steps)
    assert line.startswith("step 3: ") and "5 %" in line and line.endswith("give --wall DEG if you know")
    assert wall_lines(steps.tail(1)) == wall_lines(steps.head(0)) == []


def test_what_passes_the_middle_is_said():
    steps = {"step_id": [1, 2, 3], "left_nm": 2.0, "left_u_nm": 0.05, "left_systematic_u_nm": 0.03, "aliased": False}
    passed = pd.DataFrame({"line": 0, "position_nm": 50.0, "time_s": [1.0, 3.0, 5.0], **steps})
    (text,) = passage_lines(passed)
    assert text.startswith("middle, 50 nm: 3 passages of steps left +6.00 ± ") and "nm/s" in text
    assert "nm/s" not in passage_lines(passed.head(1))[0] and passage_lines(passed.head(0)) == []


def test_stacks_and_lines_side_by_side(store, said, tmp_path):
    file = tmp_path / "steps.csv"
    assert said(store.path, "--line", LINE, "--stack", 2, "--out", file)[0] == 0
    table = pd.read_csv(file)
    assert table["frame"].unique().tolist() == [1, 3, 5, 7]
    # Means of frames 0 and 1, and so on: in the middle between them.
    np.testing.assert_allclose(table["time_s"] - 2.0 * table["frame"], -1.0 + 0.145, atol=1e-6)
    assert said(store.path, "--line", LINE, "--width", 36, "--lines", 3, "--out", file)[0] == 0
    numbers = pd.read_csv(file).groupby("line")["step_id"].unique()
    assert [sorted(ids) for ids in numbers] == [[1, 2]] * 3


def test_a_picture_and_the_events_are_written(store, said, tmp_path):
    picture, events = tmp_path / "steps.png", tmp_path / "events.csv"
    code, _, _ = said(store.path, "--line", LINE, "--width", 30, "--plot", picture, "--events", events)
    assert code == 0
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert events.read_text().splitlines()[0] == "frame,time_s,line,event,position_nm,steps"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--line", "2,29,76"], "not a line"),
        (["--line", "2,29,x,29"], "not a line"),
        (["--line", "2,29,nan,29"], "not a line"),
        (["--line", "2,29,176,29"], "outside the field"),
        (["--line", "2,29,20,29"], "pixels long"),
        (["--line", "2,29,2,29"], "pixels long"),
        (["--line", LINE, "--width=-3"], "width"),
        (["--line", LINE, "--width", "nan"], "width"),
        (["--line", LINE, "--stack", "0"], "stack"),
        (["--line", LINE, "--lines", "3"], "room"),
        (["--line", LINE, "--lines", "0"], "lines"),
        (["--line", LINE, "--window", "1"], "velocity"),
        (["--line", LINE, "--out", "steps.txt"], "can be made"),
        (["--line", LINE, "--out", "/no/such/folder/steps.csv"], "can be made"),
        (["--line", LINE, "--plot", "steps.pdf"], "can be made"),
        ([], "line"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(store, said, words, what):
    code, out, err = said(store.path, *words)
    assert (code, out) == (2, "")
    assert what in err and err.count("\n") == 1


def test_parquet_without_pyarrow_says_what_to_install(store, said, monkeypatch, tmp_path):
    monkeypatch.setattr("eclips4d.pipeline.drift_report.table.find_spec", lambda name: None)
    code, _, err = said(store.path, "--line", LINE, "--out", tmp_path / "steps.parquet")
    assert code == 2 and "eclips4d[formats]" in err


def test_a_store_without_frames_or_none_at_all_is_refused(make_store, said, tmp_path):
    code, _, err = said(tmp_path / "none.zarr", "--line", LINE)
    assert code == 2 and "none.zarr" in err
    empty = make_store("empty.zarr", keep=KEPT)
    assert said(empty.path, "--line", LINE)[0] == 2
    empty.record()
    empty.settle(status=Status.DEFERRED)
    code, _, err = said(empty.path, "--line", LINE)
    assert code == 2 and "no frame has a surface" in err


def test_a_store_without_heights_says_what_to_keep(make_store, said):
    store = make_store("raw.zarr", keep=("slope",))
    store.grow(2)
    code, _, err = said(store.path, "--line", LINE)
    assert code == 2 and "--keep" in err


def test_nothing_but_a_plane_has_no_steps(make_store, said, tmp_path):
    store = make_store("plane.zarr", keep=KEPT)
    store.grow(3)
    file = tmp_path / "steps.csv"
    assert said(store.path, "--line", LINE, "--out", file, "--plot", tmp_path / "steps.png")[0] == 0
    assert len(pd.read_csv(file)) == 0 and set(pd.read_csv(file).columns) >= AT_LEAST
