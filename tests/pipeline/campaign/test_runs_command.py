"""`eclips4d runs` as it is typed."""

from __future__ import annotations

import growing_store
import numpy as np
import pandas as pd
import pytest
from growing_store import making_stores
from made_steps import GoingSteps

from eclips4d.core.errors import InputError
from eclips4d.core.results import Surface
from eclips4d.pipeline.campaign.joined import joined
from eclips4d.pipeline.campaign.read_entry import read_entry
from eclips4d.pipeline.cli import main


@pytest.fixture
def runs(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: str) -> tuple[int, str, str]:
        code = main(["runs", *words, "--catalogue", str(tmp_path / "runs.sqlite")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_runs_are_found_among_many(runs, folder):
    code, out, _ = runs("add", str(folder))
    assert (code, out) == (0, "3 new\n")
    code, out, _ = runs("list", "--material", "copper", "--since", "2026-04")
    assert code == 0
    assert "b.zarr" in out
    assert "a.zarr" not in out
    assert out.endswith("1 run, 3 frames\n")
    assert runs("list", "--gas", "xenon")[:2] == (0, "no run fits\n")
    code, out, _ = runs("show", "a1")
    assert code == 0
    assert "sample Cu-7" in out
    assert "pressure_h2: 10 to 30 Pa, mean 20" in out


def test_an_empty_catalogue_says_how_to_begin(runs):
    code, _, err = runs("list")
    assert code == 2
    assert "runs add FOLDER" in err


def test_what_is_forgotten_is_not_looked_for_again(runs, folder):
    runs("add", str(folder), str(folder / "april"))
    code, out, _ = runs("forget", "april")
    assert (code, out.count(": forgotten")) == (0, 3)  # two runs and a folder
    assert runs("forget", "april")[0] == 2
    assert (folder / "april" / "b.zarr" / "zarr.json").exists()


def test_any_question_gives_a_table(runs, folder, tmp_path):
    runs("add", str(folder))
    out = tmp_path / "answer.csv"
    question = "SELECT material, count(*) AS n FROM runs GROUP BY material ORDER BY material"
    assert runs("sql", question, "--out", str(out))[0] == 0
    assert pd.read_csv(out).values.tolist() == [["copper", 1], ["copper (111)", 1], ["nickel", 1]]


def test_a_table_over_runs_names_what_is_left_out(runs, folder, tmp_path):
    out = tmp_path / "steps.csv"
    with making_stores(folder) as make:
        store = make("plane.zarr", keep=("height", "slope", "slope_sd"))
        store.grow(3)
        store.finish()
        runs("add", str(folder))
        code, said, _ = runs("table", "summary", "--line", "4,20,70,20", "--out", str(out))
    assert code == 0, said
    assert said.count("left out") == 3  # they have no surfaces
    assert "rows of 1 runs" in said
    assert list(pd.read_csv(out).columns[:5]) == ["run_id", "run", "begun_utc", "material", "gas"]
    assert runs("table", "steps", "--line", "4,20,70,20", "--out", str(out), "--name", "a.zarr")[0] == 1


@pytest.fixture
def with_steps(tmp_path, monkeypatch):
    """A folder with a run of one step that stands."""
    shape = growing_store.ROWS, growing_store.COLUMNS
    movie = GoingSteps(((40.0, 0.0, 0.8),), shape=shape, riser_nm=0.6, noise=0.003)

    def surface_of(frame):
        seen = movie.frame(frame)
        sd = np.full(seen.height.shape, 0.003, np.float32)
        return Surface(seen.slope, seen.slope_sd, seen.height, sd, sd, np.full(sd.shape, 90, np.uint8))

    monkeypatch.setattr(growing_store, "surface_of", surface_of)
    with making_stores(tmp_path / "steps") as make:
        store = make("step.zarr", keep=("height", "height_sd", "slope", "slope_sd"))
        store.grow(3)
        store.finish()
    return tmp_path / "steps"


@pytest.mark.parametrize("what", ["steps", "summary"])
def test_walls_are_declared_for_all_runs_of_a_table_and_stand_in_it(runs, with_steps, tmp_path, what):
    runs("add", str(with_steps))
    words = ["table", what, "--line", "4,20,76,20", "--out", str(tmp_path / "steps.csv")]
    assert runs(*words)[0] == 0
    plain = pd.read_csv(tmp_path / "steps.csv")
    assert runs(*words, "--wall", "29:0.5")[0] == 0
    told = pd.read_csv(tmp_path / "steps.csv")
    assert plain["wall_deg"].isna().all() and plain["wall_open"].all()
    assert (told["wall_deg"] == 29.0).all() and (told["wall_u_deg"] == 0.5).all() and not told["wall_open"].any()
    assert (told["height_wall_u_nm"] < plain["height_wall_u_nm"]).all()


def test_what_is_no_wall_is_refused_before_any_run_is_read(runs, with_steps, tmp_path):
    runs("add", str(with_steps))
    code, out, err = runs("table", "steps", "--line", "4,20,76,20", "--out", str(tmp_path / "s.csv"), "--wall", "80")
    assert (code, out) == (2, "") and "--wall 80" in err
    assert not (tmp_path / "s.csv").exists()


def test_each_runs_rows_stand_below_the_last_ones(folder):
    entries = [read_entry(folder / "a.zarr"), read_entry(folder / "april" / "b.zarr")]
    own = {"a1": pd.DataFrame({"height_nm": [1.0, 2.0]}), "b1": pd.DataFrame({"height_nm": [3.0], "more": [4]})}
    table, failed = joined(entries, lambda run: own[run.run_id])
    assert failed == {}
    assert table["run_id"].tolist() == ["a1", "a1", "b1"]
    assert table["height_nm"].tolist() == [1.0, 2.0, 3.0]
    assert table["mean_pressure_h2"].tolist()[:2] == [20.0, 20.0]
    assert own["a1"].columns.tolist() == ["height_nm"]

    def unusable(run):
        raise InputError("no surfaces", where=run.path)

    nothing, failed = joined(entries, unusable)
    assert len(nothing) == 0
    assert list(failed) == [entry.path for entry in entries]
