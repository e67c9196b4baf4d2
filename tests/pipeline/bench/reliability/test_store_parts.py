"""The parts that measure the store: they measure what they say, and they can fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import xarray as xr
from rich.console import Console

import eclips4d.storage as storage
from eclips4d.pipeline.bench.reliability.commits import part as commits
from eclips4d.pipeline.bench.reliability.commits.ours import commits_per_second
from eclips4d.pipeline.bench.reliability.commits.watcher import look as watch
from eclips4d.pipeline.bench.reliability.compression import part as compression
from eclips4d.pipeline.bench.reliability.compression.cases import Case
from eclips4d.pipeline.bench.reliability.compression.codecs import CANDIDATES, OURS, UNCHECKED
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.frames import simulated
from eclips4d.pipeline.bench.reliability.ghosts import part as ghosts
from eclips4d.pipeline.bench.reliability.ghosts.growing import grow
from eclips4d.pipeline.bench.reliability.ghosts.reader import WAYS, Seen, look
from eclips4d.pipeline.bench.reliability.long import part as long
from eclips4d.pipeline.bench.reliability.long.picture import draw
from eclips4d.pipeline.bench.reliability.long.recording import record
from eclips4d.pipeline.bench.reliability.long.tidied import TABLE as COMPACTION
from eclips4d.pipeline.bench.reliability.long.tidied import tidied
from eclips4d.storage.layout import PRODUCTS
from eclips4d.storage.rounding import stored_planes


@pytest.fixture(scope="module")
def made():
    return simulated(64, 2)


@pytest.fixture
def context():
    return ReliabilityContext(Console(quiet=True), 0, 0.01)


def test_every_frame_that_is_counted_is_committed(made, tmp_path):
    assert commits_per_second(tmp_path / "run.zarr", made, 9, tuple(PRODUCTS)) > 0
    run = xr.open_zarr(tmp_path / "run.zarr", chunks=None)
    assert run.sizes["time"] == 9 and (run.status.values & 1).all()
    assert np.array_equal(run.raw[8], made.frames[0].data) and np.array_equal(run.raw[7], made.frames[1].data)
    commits_per_second(tmp_path / "raw.zarr", made, 5, ())
    assert storage.open(tmp_path / "raw.zarr", recorded=True).sizes["time"] == 5
    assert watch(tmp_path / "raw.zarr") is True and watch(tmp_path / "nothing") is None


def test_writers_that_are_not_installed_are_said_to_be(made, monkeypatch, context, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commits, "simulated", lambda *_: made)
    monkeypatch.setattr(commits, "installed", dict)
    rows = commits._raw_alone(context)
    assert rows[0].met is None and rows[0].value > 0
    assert [np.isnan(row.value) and "not installed" in row.what for row in rows[1:]] == [True, True]
    monkeypatch.setattr(commits, "installed", lambda: {"acquire-zarr": lambda *_: 1e9})
    assert commits._raw_alone(context)[0].met is False
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    path = tmp_path_factory.mktemp("grown") / "run.zarr"
    grow(path, 5, 64)
    return path


def test_readers_find_a_whole_store_whole(grown):
    for way in WAYS.values():
        seen = Seen()
        look(way, grown, seen)
        assert (seen.opens, seen.exceptions, seen.ghosts, seen.newest) == (1, 0, 0, 5), seen.first_error


@pytest.fixture
def ghost(grown, tmp_path):
    """One frame more than there is, as a store would show that counted before it wrote."""
    path = shutil.copytree(grown, tmp_path / "ghost.zarr")
    document = json.loads((path / "zarr.json").read_bytes())
    document["attributes"]["committed"] = 6
    for name, array in document["consolidated_metadata"]["metadata"].items():
        if array["dimension_names"][0] == "time":
            array["shape"][0] = 6
        (path / name / "zarr.json").write_text(json.dumps(array))
    (path / "zarr.json").write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("way", WAYS)
def test_readers_see_a_ghost_and_a_failure(ghost, way):
    seen = Seen()
    look(WAYS[way], ghost, seen)
    assert seen.ghosts + seen.exceptions == 1
    look(WAYS[way], ghost.parent / "nowhere", seen)
    assert seen.ghosts + seen.exceptions == 2 and seen.first_error


@pytest.mark.slow
def test_ghosts_are_looked_for_while_a_store_grows(monkeypatch, context):
    monkeypatch.setattr(ghosts, "OPENS", 4000)
    monkeypatch.setattr(ghosts, "OTHERS", 400)
    monkeypatch.setattr(ghosts, "AFTERWARDS_S", 0.0)
    rows = ghosts.rows(context)
    assert [row.met for row in rows] == [True] * 4 and rows[0].what.startswith("xarray.open_zarr: 40 opens")
    assert ghosts._row("xarray.open_zarr", Seen(opens=9, ghosts=1), context).met is False


def test_a_long_run_is_told_in_stretches(tmp_path):
    told = list(record(tmp_path / "run.zarr", 12, 64, 3))
    assert [stretch.frames for stretch in told] == [4, 8, 12]
    assert all(min(msgspec.structs.astuple(stretch)) > 0 for stretch in told)
    assert storage.summary(tmp_path / "run.zarr").total == 12
    draw(told, tmp_path / "long.png")
    assert (tmp_path / "long.png").stat().st_size > 10_000


def test_growth_is_found_and_noise_is_not():
    frames, random = np.arange(1.0, 61), np.random.default_rng(0)
    noisy = 5 + random.normal(0, 0.5, 60)
    noisy[[20, 21, 40]] += 50
    assert long.trend(frames, noisy).flat
    assert not long.trend(frames, noisy + frames / 20).flat
    assert long.trend(frames, 10 + frames / 6).gained == pytest.approx(10 / 15.6, rel=0.1)


def test_compaction_saves_files(context, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = {row.what: row.value for row in tidied(context, 64)}
    assert values["files, after"] < values["files, before"] / 1.5
    assert not list(tmp_path.iterdir())


def test_codecs_are_compared_on_the_same_frames(made, context, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = Case("made", made.source, made.frames[0].data, stored_planes(made.results[0].surface, PRODUCTS))
    monkeypatch.setattr(compression, "cases", lambda _: [case])
    rows = compression.rows(context)
    assert len(rows) == 2 * len(CANDIDATES)
    shares = {row.what.partition(", %")[0]: row.value for row in rows if row.table == compression.RAW}
    assert shares["made: none"] == pytest.approx(100, abs=3)
    costs = compression.compare(case, {"raw": case.raw}, CANDIDATES)
    chunks = case.raw.shape[0]
    assert (costs[OURS].share - costs[UNCHECKED].share) * case.raw.nbytes == pytest.approx(4 * chunks)


def test_each_table_has_its_place():
    page = (Path(__file__).parents[4] / "docs" / "reliability.md").read_text(encoding="utf-8")
    titles = (commits.TABLE, commits.RAW, compression.RAW, compression.RESULTS, ghosts.TABLE, long.TABLE, COMPACTION)
    assert [title for title in titles if f"<!-- table: {title} -->" not in page] == []
