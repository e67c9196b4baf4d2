"""`eclips4d drift`: the table, the summary, the picture, and what it refuses."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from eclips4d.core.results import Datum, Drift, Status
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.drift_report.summary import ranges

COLUMNS = (
    "frame,time_s,reference,aligned,drift_row_px,drift_col_px,drift_row_u_px,drift_col_u_px,rate_row_px,rate_col_px,"
    "drift_x_nm,drift_y_nm,velocity_x_nm_s,velocity_y_nm_s,"
    "datum_offset_nm,datum_offset_u_nm,datum_tilt_x,datum_tilt_x_u,datum_tilt_y,datum_tilt_y_u,datum_observable"
)


@pytest.fixture
def store(make_store):
    """Frame 0; an aligned one; one that is not; one without results; one on another grid."""
    store = make_store()
    store.grow(datum=Datum((0.0,) * 3, (0.0,) * 3))
    store.grow(drift=Drift((1.0, -2.0), (0.29, 0.58), (0.1, 0.2)), datum=Datum((-1.5, 1e-3, -2e-3), (0.25, 1e-4, 2e-4)))
    store.grow(drift=Drift((2.0, -4.0), (0.29, 0.58), (0.9, 0.8), aligned=False))
    store.record()
    store.settle(status=Status.QUARANTINED)
    store.grow(drift=Drift((3.0, -6.0), (0.0, 0.0), (0.1, 0.2), reference=4))
    return store


@pytest.fixture
def said(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words):
        code = main(["drift", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_table_has_a_row_per_committed_frame(store, said, tmp_path):
    store.record()  # not committed
    file = tmp_path / "drift.csv"
    assert said(store.path, "--out", file)[:2] == (0, f"{file}: 5 frames\n")
    assert file.read_text().splitlines()[0] == COLUMNS
    table = pd.read_csv(file)
    assert table["frame"].tolist() == [0, 1, 2, 3, 4]
    assert table["time_s"].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert table["aligned"].tolist() == [True, True, False, False, True]
    assert table["reference"].tolist() == [0, 0, 0, -1, 4]
    assert table["drift_row_px"].tolist()[:3] == [0.0, 1.0, 2.0] and math.isnan(table["drift_row_px"][3])
    assert (table["drift_x_nm"][1], table["drift_y_nm"][1]) == (-4.0, 2.0)
    assert (table["drift_row_u_px"][1], table["drift_col_u_px"][1]) == (0.1, 0.2)
    assert table["velocity_x_nm_s"][1] == pytest.approx(0.58 * 2.0 / 0.29)
    assert table["velocity_y_nm_s"][1] == pytest.approx(0.29 * 2.0 / 0.29)
    assert table["datum_offset_nm"].tolist()[:2] == [0.0, -1.5] and table["datum_offset_u_nm"][1] == 0.25
    assert (table["datum_tilt_x"][1], table["datum_tilt_x_u"][1]) == (1e-3, 1e-4)
    assert (table["datum_tilt_y"][1], table["datum_tilt_y_u"][1]) == (-2e-3, 2e-4)
    assert table["datum_observable"].tolist() == [True, True, False, False, False]
    assert table["datum_offset_nm"][2:].isna().all()


def test_the_table_grows_with_the_store(store, said, tmp_path):
    file = tmp_path / "drift.csv"
    said(store.path, "--out", file)
    store.grow(2)
    said(store.path, "--out", file)
    assert len(pd.read_csv(file)) == 7


def test_parquet_holds_the_same(store, said, tmp_path):
    pytest.importorskip("pyarrow")
    said(store.path, "--out", tmp_path / "drift.csv")
    assert said(store.path, "--out", tmp_path / "drift.parquet")[0] == 0
    table = pd.read_parquet(tmp_path / "drift.parquet")
    pd.testing.assert_frame_equal(table, pd.read_csv(tmp_path / "drift.csv"))


def test_the_summary_says_how_it_went(store, said):
    store.writer.event({"time_utc": "2026-01-01T00:00:08+00:00", "event": "new reference grid", "sequence": 4})
    store.writer.event({"time_utc": "2026-01-01T00:00:09+00:00", "event": "disk nearly full"})
    code, out, _ = said(store.path)
    lines = {line.strip().split("  ")[0]: line for line in out.splitlines()}
    assert code == 0
    assert "5 committed, 4 with results" in lines["frames"]
    assert "3 of 4 (75 %); not aligned: 2" in lines["aligned"]
    assert "x −12.00 ± 0.40 nm, y +6.00 ± 0.20 nm (column −6.00 px, row +3.00 px) at frame 4" in lines["total drift"]
    assert "nm/s" in lines["rms rate"]
    assert "0.9 px, 1.8 nm at frame 2, not aligned" in lines["largest sd"]
    assert "frame 0 from 0 to 2; frame 4 from 4 to 4" in lines["reference grids"]
    assert "observable in 2 of 4 frames (50 %)" in lines["height datum"]
    newest = "frame 1 against frame 0: offset −1.50 ± 0.25 nm, tilt along x +0.06 ± 0.01°, tilt along y −0.11 ± 0.01°"
    assert newest in lines["newest datum"]
    assert "new reference grid (sequence 4)" in lines["events"] and "disk" not in out


def test_frames_recorded_only_have_no_drift(make_store, said, tmp_path):
    store = make_store()
    store.record(2)
    store.settle(2, Status.DEFERRED)
    assert "none yet" in said(store.path)[1]
    assert said(store.path, "--out", tmp_path / "drift.csv")[0] == 0
    code, _, err = said(store.path, "--plot", tmp_path / "drift.png")
    assert code == 2 and "no frame has a drift" in err


def test_a_line_of_the_events_that_is_being_written_is_passed_over(store, said):
    line = json.dumps({"time_utc": "2026-01-01T00:00:08+00:00", "event": "not aligned", "frames": 3})
    (store.path / "events.jsonl").write_text(f"{line}\n{line[:20]}")
    assert said(store.path)[1].count("not aligned (frames 3)") == 1


def test_a_picture_is_drawn(store, said, tmp_path):
    target = tmp_path / "drift.png"
    assert said(store.path, "--plot", target)[0] == 0
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "words, line",
    [
        (["none.zarr"], "no such store; give the path"),
        (["run.zarr", "--out", "drift.xlsx"], "drift.xlsx: not a file that can be made; give NAME.csv or NAME.parquet"),
        (["run.zarr", "--out", "nowhere/drift.csv"], "in a folder that exists"),
        (["run.zarr", "--plot", "drift.pdf"], "drift.pdf: not a file that can be made; give NAME.png"),
        (["empty.zarr"], "no frame is committed yet; wait for the first frame"),
        (["."], "is not a store"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words, line, store, make_store, said, tmp_path, monkeypatch):
    make_store("empty.zarr")
    monkeypatch.chdir(tmp_path)
    code, out, err = said(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert line in err


def test_parquet_without_its_library_names_the_cure(store, said, tmp_path, monkeypatch):
    monkeypatch.setattr("eclips4d.pipeline.drift_report.table.find_spec", lambda name: None)
    code, _, err = said(store.path, "--out", tmp_path / "drift.parquet")
    assert code == 2 and "pip install eclips4d[formats]" in err


def test_frame_numbers_in_short():
    assert ranges(np.array([2, 5, 6, 7])) == "2, 5–7"
    assert ranges(np.arange(0, 40, 2)) == "0, 2, 4, 6, 8, 10 and 14 more"
