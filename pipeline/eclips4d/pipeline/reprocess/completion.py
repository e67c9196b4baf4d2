"""What is done already and what is left: frames of which all is staged, and jobs for all others.

The ledger is the disk itself. A frame that is committed in the new store is done for good; what is staged under its key
waits for its turn. A key is of the run, the model, the calibration, the version and the place of the frame, so what
another command left there counts for nothing; whether it was made of the frame's very pixels is seen when it is taken.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from eclips4d.pipeline.cluster.staging import staged_path, sweep
from eclips4d.pipeline.reprocess.job import Job, Task
from eclips4d.pipeline.reprocess.made import Made, file_beside, made_of
from eclips4d.pipeline.reprocess.plan import Plan, Used
from eclips4d.pipeline.reprocess.reading import Begun
from eclips4d.registration.locating import Located

MOST_IN_A_JOB = 8
"""Frames."""
PIXELS_IN_A_JOB = 1 << 20
"""Of a segment: what is shared out costs some milliseconds each time, and should take a second or so."""


class Completion:
    """What is to be made of the frames of a plan, and what is there of it.

    Attributes
    ----------
    most_in_a_job : int
        Frames.
    """

    def __init__(self, plan: Plan, begun: Begun) -> None:
        self._plan, self._begun, self._folder = plan, begun, plan.folder
        self._folder.mkdir(exist_ok=True)
        self._there = {entry.name for entry in os.scandir(self._folder)}
        self._tasks: dict[int, Task] = {}
        """Of the frames that are not committed yet."""
        rows, columns = plan.info.shape[1:]
        self.most_in_a_job = min(MOST_IN_A_JOB, max(1, PIXELS_IN_A_JOB // (rows * columns)))

    def task(self, located: Located) -> Task:
        """What is to be made of a frame."""
        sequence = located.header.sequence
        key = self._plan.key(sequence, self._begun.calibration, located.placement)
        task = self._tasks[sequence] = Task(sequence, key, located.placement)
        return task

    def is_staged(self, task: Task) -> bool:
        """Whether an earlier command has left it."""
        return self._path(task).name in self._there

    def job(self, tasks: Sequence[Task]) -> Job:
        """The job of making these frames, which one model inverts."""
        plan = self._plan
        bench = plan.bench(tasks[0].sequence)
        return Job(bench, self._begun.calibration, plan.keep, tuple(tasks), str(self._folder))

    def go_together(self, one: Task, other: Task) -> bool:
        """Whether one job may hold both: one model inverts them."""
        schedule = self._plan.schedule
        return schedule.of(one.sequence) == schedule.of(other.sequence)

    def made(self, task: Task, pixels: int) -> Made | None:
        """What is staged, if it is whole and of the pixels with this checksum."""
        return made_of(pixels, self._path(task), task.key)

    def used(self, sequence: int) -> Used:
        """The model that inverts the frame."""
        return self._plan.used[self._plan.schedule.of(sequence)]

    def forget(self, sequences: range) -> None:
        """These frames are committed: what is staged of them need not wait any longer."""
        for sequence in sequences:
            if (task := self._tasks.pop(sequence, None)) is not None:
                self.drop(task)

    def drop(self, task: Task) -> None:
        """Nobody will ask for it any more."""
        path = self._path(task)
        for file in (path, *(file_beside(path, name) for name in ("raw", *self._plan.keep))):
            file.unlink(missing_ok=True)

    def clear(self) -> None:
        """All frames are committed."""
        sweep(self._folder)

    def _path(self, task: Task) -> Path:
        return staged_path(self._folder, task.sequence, task.key)
