"""The thread that measures: latest question first, tasks, what breaks, and its end."""

import threading
import time
from dataclasses import dataclass, replace

import pandas as pd
import pytest
from made_steps import GoingSteps, warm_up

from eclips4d.core.errors import StoreError
from eclips4d.viewer.measuring.answers import AreaReading, Asked, LineReading, Question
from eclips4d.viewer.measuring.rows import Row
from eclips4d.viewer.measuring.shapes import LineShape, rectangle
from eclips4d.viewer.measuring.tasks import FindSpirals, Outcome, WriteRows, WriteSteps
from eclips4d.viewer.measuring.worker import MOST_READINGS, Analyst

STEPS = GoingSteps(((60.0, 2.0, 4.0), (150.0, 1.0, -6.0)), frames=6, noise=0.006)
LINE = LineShape(((10.0, 29.0), (220.0, 29.0)), 16.0)
AREA = rectangle((100.0, 4.0), (140.0, 50.0))
PATIENCE_S = 120.0


@pytest.fixture(scope="module", autouse=True)
def compiled():
    warm_up()


@pytest.fixture
def analyst():
    made = []

    def make(movies=STEPS):
        made.append(Analyst(movies))
        return made[-1]

    yield make
    for one in made:
        one.close()


def wait_for(analyst, seen):
    """Answers of which this holds."""
    until, answers = time.monotonic() + PATIENCE_S, None
    while time.monotonic() < until:
        answers = analyst.take() or answers
        if answers is not None and seen(answers):
            return answers
        time.sleep(0.005)
    raise AssertionError(f"never answered: {answers}")


def test_a_line_and_an_area_are_read(analyst):
    one = analyst()
    one.ask(Asked(Question(LINE, 2)))
    reading = wait_for(one, lambda a: LINE in a.readings).readings[LINE]
    assert isinstance(reading, LineReading) and len(reading.steps) == 2 and not reading.note
    one.ask(Asked(Question(AREA, 2)))
    reading = wait_for(one, lambda a: AREA in a.readings).readings[AREA]
    assert isinstance(reading, AreaReading) and len(reading.facets) == 1


def test_nothing_new_is_told_twice(analyst):
    one = analyst()
    one.ask(Asked(Question(LINE, 2)))
    wait_for(one, lambda a: LINE in a.readings)
    one.ask(Asked(Question(LINE, 2)))
    time.sleep(0.1)
    assert one.take() is None


@dataclass
class Gate:
    """Movies that can be held up and broken."""

    steps: GoingSteps
    asked: int = 0
    broken: str = ""

    def __post_init__(self):
        self.open = threading.Event()
        self.open.set()

    def look(self, stack=1, *, aligned_only=True):
        self.asked += 1
        assert self.open.wait(PATIENCE_S)
        if self.broken:
            raise StoreError(self.broken)
        return self.steps.movie()


def test_of_questions_that_wait_only_the_latest_is_answered(analyst):
    gate = Gate(replace(STEPS, read=[]))
    gate.open.clear()
    one = analyst(gate)
    one.ask(Asked(Question(LINE, 0)))
    while not gate.asked:
        time.sleep(0.005)
    for frame in (1, 2, 3):
        one.ask(Asked(Question(LINE, frame)))
    gate.open.set()
    wait_for(one, lambda a: LINE in a.readings and a.readings[LINE].question.frame == 3)
    assert gate.steps.read == [0, 3]


def test_a_line_over_time_goes_on_with_new_frames(analyst):
    movies = _Growing(STEPS, 3)
    one = analyst(movies)
    one.ask(Asked(lines=(LINE,), committed=3, live=True))
    assert wait_for(one, lambda a: LINE in a.series and a.series[LINE].linked).series[LINE].wanted == 3
    movies.frames = 6
    one.ask(Asked(lines=(LINE,), committed=6, live=False))
    series = wait_for(one, lambda a: LINE in a.series and a.series[LINE].linked == 6).series[LINE]
    assert series.frames == (0, 1, 2, 3, 4, 5) and len(series.tracks) == 2


@dataclass
class _Growing:
    steps: GoingSteps
    frames: int

    def look(self, stack=1, *, aligned_only=True):
        return self.steps.movie(self.frames)


def test_what_breaks_is_said_and_the_next_question_is_answered(analyst):
    gate = Gate(STEPS, broken="the metadata\n is gone")
    one = analyst(gate)
    one.ask(Asked(Question(LINE, 0), (LINE,), committed=1))
    answers = wait_for(one, lambda a: LINE in a.readings and LINE in a.series)
    assert answers.readings[LINE].note == answers.series[LINE].note == "the metadata is gone"
    gate.broken = ""
    one.ask(Asked(Question(LINE, 1), (LINE,), committed=2))
    answers = wait_for(one, lambda a: a.readings[LINE].question.frame == 1 and a.series[LINE].linked == 6)
    assert not answers.readings[LINE].note and not answers.series[LINE].note


def test_tables_are_written(analyst, tmp_path):
    one = analyst()
    one.do(WriteRows((Row("L1", 0, 0.0, "height", 1.0, 0.1, "nm"),), tmp_path / "rows.csv"))
    one.do(WriteSteps("L1", LINE, tmp_path / "steps.csv"))
    answers = wait_for(one, lambda a: a.told == 2)
    assert not answers.failed and "2 steps of L1 in 6 frames" in answers.said and not answers.busy
    assert len(pd.read_csv(tmp_path / "rows.csv")) == 1
    steps = pd.read_csv(tmp_path / "steps.csv")
    assert {"frame", "time_s", "step_id", "position_nm", "height_nm", "height_u_nm", "angle_deg", "angle_u_deg",
            "width_nm", "velocity_along_line_nm_s", "velocity_normal_nm_s"} <= set(steps.columns)  # fmt: skip
    assert len(steps) == 12


def test_a_task_that_fails_says_why(analyst, tmp_path):
    one = analyst()
    one.do(WriteSteps("L1", LineShape(((-900.0, 0.0), (10.0, 0.0))), tmp_path / "steps.csv"))
    answers = wait_for(one, lambda a: a.told == 1)
    assert answers.failed and "outside the field" in answers.said and not list(tmp_path.iterdir())


def test_spirals_that_are_not_there_are_not_found(analyst):
    one = analyst()
    one.do(FindSpirals(1))
    answers = wait_for(one, lambda a: a.told == 1)
    assert answers.said == "no spiral in frames 0 to 1" and answers.spirals.cores == ()


def test_a_question_is_answered_in_the_middle_of_a_task(analyst):
    one = analyst()
    served = threading.Event()

    def long_task(movies, pause):
        while not served.is_set():
            pause("working")
        return Outcome("done")

    one.do(long_task)
    wait_for(one, lambda a: a.busy == "working")
    one.ask(Asked(Question(LINE, 2)))
    wait_for(one, lambda a: LINE in a.readings)
    served.set()
    assert wait_for(one, lambda a: a.told == 1).said == "done"


def test_closing_ends_a_task_in_its_middle():
    one = Analyst(STEPS)

    def endless(movies, pause):
        while True:
            pause("for ever")

    one.do(endless)
    wait_for(one, lambda a: bool(a.busy))
    one.close()
    assert not any(thread.name == "viewer-analyst" for thread in threading.enumerate())


def test_only_some_readings_are_kept(analyst):
    one = analyst()
    shapes = [rectangle((100.0, 4.0), (140.0, 30.0 + k)) for k in range(MOST_READINGS + 3)]
    for shape in shapes:
        one.ask(Asked(Question(shape, 0)))
        answers = wait_for(one, lambda a, shape=shape: shape in a.readings)
    assert list(answers.readings) == shapes[-MOST_READINGS:]
