"""Recordings rendered by several workers have the bytes of one rendered by one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from eclips4d.acquisition.recording_writer import write_recording
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.errors import StageDiedError, StoreError
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.cluster.pool import Call, Died
from eclips4d.pipeline.shared_rendering import render, rendered_frames, rendered_heights

ADDRESS, COUNT = "sim://copper-redox?size=48x40&fps=1&frames=5&seed=4", 5


class Shuffled:
    """Three workers that finish in any order."""

    size = 3

    def __init__(self) -> None:
        self._random, self._jobs = random.Random(1), dict[int, tuple[Call, Any]]()

    def submit(self, number: int, call: Call, job: Any) -> None:
        self._jobs[number] = (call, job)

    def next(self) -> tuple[int, Any]:
        number = self._random.choice(sorted(self._jobs))
        call, job = self._jobs.pop(number)
        return number, call(job)


class Useless(Shuffled):
    """Its workers do nothing, or die."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self._answer = answer

    def next(self) -> tuple[int, Any]:
        return self._jobs.popitem()[0], self._answer


def test_the_bytes_are_those_of_one_process(tmp_path: Path) -> None:
    address = f"{ADDRESS.split('?')[0]}?size=48x40&fps=1&seed=4"
    assert (
        main(["simulate", address.removeprefix("sim://"), "--frames", "5", "--out", str(tmp_path / "a.ome.tif")]) == 0
    )
    microscope, folder = simulated_microscope(ADDRESS), tmp_path / "staged"
    folder.mkdir()
    truth = microscope.truth(COUNT, rendered=rendered_heights(Shuffled(), ADDRESS, COUNT, folder))
    taken = rendered_frames(Shuffled(), ADDRESS, COUNT, folder)
    write_recording(tmp_path / "b.ome.tif", taken, microscope.instrument, truth)
    for ending in ("ome.tif", "toml", "truth.npz"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes(), ending
    assert not any(folder.iterdir())


def test_a_frame_that_kills_its_workers_is_named(tmp_path: Path) -> None:
    with pytest.raises(StageDiedError, match="rendering frame 0: killed"):
        list(rendered_frames(Useless(Died("killed")), ADDRESS, 1, tmp_path))


def test_workers_that_see_another_folder_are_found_out(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="see under the same path"):
        list(rendered_frames(Useless(0), ADDRESS, 1, tmp_path))


def test_a_job_stages_what_it_names(tmp_path: Path) -> None:
    from eclips4d.pipeline.shared_rendering import Rendering

    frame, height = (Rendering(ADDRESS, what, 2, str(tmp_path)) for what in ("frame", "height"))
    assert render(frame) == render(height) == 2
    assert frame.path.exists() and height.path.exists() and frame.path != height.path
