"""`eclips4d report`: where the page goes, what is said, what is refused."""

from __future__ import annotations

import pytest
from read_page import ReadPage

from eclips4d.pipeline.cli import main

MEASURABLE = ("height", "height_sd", "slope", "slope_sd")


@pytest.fixture
def said(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words):
        code = main(["report", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_page_is_written_beside_the_store_with_its_name(make_store, said):
    store = make_store(keep=MEASURABLE)
    store.grow(3)
    code, out, _ = said(store.path)
    page = store.path.with_suffix(".html")
    assert code == 0 and out.startswith(f"{page}: ")
    assert ReadPage(page.read_text(encoding="utf-8")).words["h1"] == ["Report of run.zarr"]


def test_the_page_goes_where_it_is_wanted_and_replaces_an_older_one(make_store, said, tmp_path):
    store = make_store(keep=MEASURABLE)
    store.grow(2)
    target = tmp_path / "an other.html"
    target.write_text("older")
    assert said(store.path, "--out", target, "--line", "10,10,60,40", "--stack", "2")[0] == 0
    told = target.read_text(encoding="utf-8")
    assert told.startswith("<!DOCTYPE html>") and "the mean of up to 2 frames" in told


@pytest.mark.parametrize(
    "words, line",
    [
        (["none.zarr"], "no such store; give the path"),
        (["run.zarr", "--out", "report.pdf"], "report.pdf: not a file that can be made; give NAME.html"),
        (["run.zarr", "--out", "nowhere/report.html"], "in a folder that exists"),
        (["run.zarr", "--line", "1,2,3"], "--line: '1,2,3' is no line; give X0,Y0,X1,Y1 in nm"),
        (["run.zarr", "--line", "1,2,1,2"], "has no length"),
        (["run.zarr", "--lattice", "kubic"], "--lattice: 'kubic' is no lattice; give cubic, tetragonal:C/A"),
        (["run.zarr", "--planes", "100,1x"], "--planes: '1x' is no plane; give three indices each"),
        (["run.zarr", "--stack", "0"], "--stack: a mean of 0 frames; give a number from 1 to 64"),
        (["empty.zarr"], "no frame is committed yet; wait for the first frame"),
        (["."], "is not a store"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words, line, make_store, said, tmp_path, monkeypatch):
    make_store(keep=MEASURABLE).grow(1)
    make_store("empty.zarr")
    monkeypatch.chdir(tmp_path)
    code, out, err = said(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert line in err
