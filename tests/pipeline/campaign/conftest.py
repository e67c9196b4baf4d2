"""A folder of runs, and a catalogue to know them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from campaign_runs import write_run

from eclips4d.core.results import Status
from eclips4d.pipeline.campaign.catalogue import open_catalogue


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Path:
    """Three runs in a folder: two metals, three gases, two models."""
    top = tmp_path_factory.mktemp("campaign") / "data"
    write_run(
        top / "a.zarr",
        run_id="a1",
        begun="2026-03-01T12:00:00Z",
        specimen='material = "Copper (111)"\nsample = "Cu-7"',
        beam="current_na = 0.5\ndwell_us = 1.0",
        side=({"pressure_h2": 10.0, "pressure_o2": 0.0}, {"pressure_h2": 30.0, "pressure_o2": 0.0}, {}),
    )
    write_run(
        top / "april" / "b.zarr",
        run_id="b1",
        begun="2026-04-30T23:30:00Z",
        specimen='material = "copper"\ngas = "N2"',
        model="live",
        states=(Status.DONE, Status.DONE, Status.DOUBTED | Status.DONE),
    )
    write_run(top / "april" / "c.zarr", run_id="c1", begun="2026-05-01T01:00:00+02:00", specimen='material = "nickel"')
    return top


@pytest.fixture
def folder(made_once, tmp_path) -> Path:
    """These runs, to do with as a test likes."""
    return Path(shutil.copytree(made_once, tmp_path / "data"))


@pytest.fixture
def catalogue(tmp_path):
    """An empty one."""
    with open_catalogue(tmp_path / "runs.sqlite") as made:
        yield made
