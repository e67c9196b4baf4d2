"""The whole chain on a SharkSEM microscope that misbehaves, and on the same one a little later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from eclips4d.acquisition.sharksem.fake import fake_of, query_of
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.pipeline.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.timeout(800)]
SIMULATED = simulated_microscope("sim://copper-redox?size=48x40&fps=10&seed=3")
FAULTS = "lose@3,skip@5,repeat@6,break@8,turn@10,restart@12,cut@14,garbage@17"
GAPS = {3, 5, 8, 14, 17}
FRAMES, MORE = 24, 30


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """The store after two runs, and how many frames the first had recorded."""
    folder = tmp_path_factory.mktemp("sharksem")
    instrument, store = folder / "fake.toml", folder / "run.zarr"
    instrument.write_text(SIMULATED.instrument_toml)
    # Rendered before: a fake that renders too slowly skips frames, as a scan that nobody can hold back.
    with fake_of(SIMULATED, faults=FAULTS, advancing=True, loop=FRAMES + 8) as fake:
        for frames in (FRAMES, MORE):
            address = f"sharksem://{fake.address}?{query_of(SIMULATED)}&frames={frames}"
            asked = ["--instrument", str(instrument), "--out", str(store), "--model", "analytic", "--no-view"]
            assert main(["run", address, *asked]) == 0
    yield store, FRAMES


def test_every_frame_that_came_whole_is_there_unchanged(runs: tuple[Path, int]) -> None:
    store, first = runs
    with xr.open_zarr(store) as data:
        status, raw = data["status"].values, data["raw"].values
        assert data.sizes["time"] == MORE
        np.testing.assert_array_equal(data["frame_id"].values, np.arange(MORE))
    assert set(np.flatnonzero(status & 2)) == GAPS
    for k in set(range(first)) - GAPS:
        assert status[k] & (1 | 32), f"frame {k} is neither inverted nor deferred"
        np.testing.assert_array_equal(raw[k], SIMULATED.frame(k).data, err_msg=f"frame {k}")


def test_time_goes_on_from_the_runs_beginning(runs: tuple[Path, int]) -> None:
    store, first = runs
    with xr.open_zarr(store) as data:
        times = data["time"].values
    assert (np.diff(times) > 0).all()
    assert times[first] - times[first - 1] > 0.5, "between the runs a supervisor ended and another began"


def test_what_happened_is_told(runs: tuple[Path, int]) -> None:
    events = [json.loads(line) for line in (runs[0] / "events.jsonl").read_text().splitlines()]

    def counted(word: str) -> int:
        return sum(event["count"] for event in events if word in event["event"])

    assert counted("damaged") == len(GAPS - {5})
    assert counted("came back") == 2
    assert counted("buffer full") == 0


def test_what_the_microscope_said_is_kept_with_the_frames(runs: tuple[Path, int]) -> None:
    with xr.open_zarr(runs[0]) as data:
        assert data["side_chamber_pressure"].attrs["units"] == "Pa"
        assert set(data["side_stage_x"].values[sorted(set(range(FRAMES)) - GAPS)]) == {1.5}
