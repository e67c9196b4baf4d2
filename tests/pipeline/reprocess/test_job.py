"""A worker that would make other numbers does nothing and says why; what jobs and sweeps are made up of."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift
from eclips4d.pipeline.model_schedule import Schedule
from eclips4d.pipeline.reprocess.completion import MOST_IN_A_JOB, Completion
from eclips4d.pipeline.reprocess.job import Job, Task, Verdict, divided, make
from eclips4d.pipeline.reprocess.plan import Wish, plan
from eclips4d.pipeline.reprocess.reading import Reading
from eclips4d.pipeline.reprocess.sweep import Asked, wishes
from eclips4d.registration.locating import Locator
from eclips4d.registration.placement import Placement
from eclips4d.registration.registrar import Registrar

AT_REST = Placement(Drift((0.0, 0.0)), Drift((0.0, 0.0)))


@pytest.fixture
def job(odd: Path, tmp_path: Path) -> Job:
    made = plan(Wish(run=odd, out=tmp_path / "new.zarr"))
    with Reading(made) as reading:
        begun = reading.begun()
        completion, first = Completion(made, begun), reading.frame(0)
        located = Locator(Registrar.start(first.header, first.data, begun.calibration))
        found = [one for k in (0, 1) for one in located.take(reading.frame(k).header, reading.frame(k).data)]
    return completion.job([completion.task(one) for one in found])


def test_a_job_stages_surfaces_and_answers_in_a_few_words(job: Job, tmp_path: Path) -> None:
    assert make(job) == (Verdict(0), Verdict(1))
    assert len(list(Path(job.folder).glob("*.raw.staged"))) == 2
    assert [one.tasks for one in divided(job)] == [(task,) for task in job.tasks]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": "0.0.0"}, "install one version on all hosts"),
        ({"run_id": "another"}, "sees another run"),
        ({"fingerprint": "another"}, "give all hosts the same weights"),
        ({"run": "/nowhere/run.zarr"}, "no such store"),
    ],
)
def test_a_worker_that_differs_refuses(job: Job, changes: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make(msgspec.structs.replace(job, bench=msgspec.structs.replace(job.bench, **changes)))


def test_a_job_has_one_model_and_is_no_longer_than_a_second_or_so(tmp_path: Path) -> None:
    def completion(side: int) -> Completion:
        info, schedule = SimpleNamespace(shape=(4, side, side)), Schedule("a", ((25, "b"),))
        made: Any = SimpleNamespace(folder=tmp_path, schedule=schedule, info=info)
        return Completion(made, SimpleNamespace(calibration=None))  # type: ignore[arg-type]

    assert [completion(side).most_in_a_job for side in (64, 512, 1024, 4096)] == [MOST_IN_A_JOB, 4, 1, 1]
    tasks = {k: Task(k, "key", AT_REST) for k in (23, 24, 25)}
    assert completion(64).go_together(tasks[23], tasks[24])
    assert not completion(64).go_together(tasks[24], tasks[25])


def test_one_store_or_a_folder_of_them(tmp_path: Path) -> None:
    run, out = tmp_path / "run.zarr", tmp_path / "out"
    assert [w.out for w in wishes(Asked(run, out, ("live",)))] == [out]
    assert [(w.out.name, w.model) for w in wishes(Asked(run, out, ("live", "x/my.onnx")))] == [
        ("live.zarr", "live"),
        ("my.zarr", "x/my.onnx"),
    ]
    several = wishes(Asked(run, out, ("live", "best"), (Path("a.toml"), Path("b.toml"))))
    assert [w.out.name for w in several] == ["live-a.zarr", "live-b.zarr", "best-a.zarr", "best-b.zarr"]
    with pytest.raises(InputError, match=r"two stores would be called a\.zarr"):
        wishes(Asked(run, out, (), (Path("a.toml"), Path("x/a.toml"))))
    out.touch()
    with pytest.raises(InputError, match="no folder for several stores"):
        wishes(Asked(run, out, ("live", "best")))
