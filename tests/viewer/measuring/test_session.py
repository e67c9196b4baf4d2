"""What is asked while which panel is in sight, and what Enter notes down."""

import time

import pandas as pd
import pytest
from made_steps import GoingSteps, warm_up

from eclips4d.core.errors import InputError
from eclips4d.metrology.profiles.wall import Wall
from eclips4d.viewer.asking import asked, present, steps_shown
from eclips4d.viewer.measuring.kymograph import Drawn
from eclips4d.viewer.measuring.session import Focus, Session
from eclips4d.viewer.measuring.shapes import LineShape, rectangle
from eclips4d.viewer.model import Model
from eclips4d.viewer.picture import Wanted
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.store import StoreFrames

STEPS = GoingSteps(((25.0, 1.0, 2.0), (55.0, 1.0, -3.0)), frames=4, shape=(30, 40), riser_nm=2.5, noise=0.004)
ALL = {"height", "profile", "table", "kymograph"}


@pytest.fixture(scope="module", autouse=True)
def compiled():
    warm_up()


@pytest.fixture
def model(store):
    store.grow(4)
    made = Model(measuring=Session(STEPS))
    made.accept(StoreFrames(store.path).look(Wanted()))
    made.line = ((4.0, 29.0), (76.0, 29.0))
    yield made
    made.measuring.close()


def pulled_until(model, seen, in_sight=ALL):
    until = time.monotonic() + 120.0
    while not seen():
        model.measuring.pull(asked(model, in_sight.__contains__))
        time.sleep(0.005)
        assert time.monotonic() < until


def test_only_what_is_in_sight_is_asked_for(model):
    def wants(*names):
        found = asked(model, set(names).__contains__)
        return found.reading is not None, bool(found.lines)

    assert wants() == wants("height") == (False, False)
    assert wants("profile") == wants("table") == (True, False)
    assert wants("kymograph") == (False, True)
    model.measuring.drawing.draw(rectangle((10.0, 10.0), (40.0, 40.0)))
    assert wants("height") == (True, False)


def test_the_line_that_a_window_begins_with_is_nobodys_question_while_a_run_goes_on(store):
    store.grow(2)
    model = Model(measuring=Session(STEPS))
    model.accept(StoreFrames(store.path).look(Wanted()))

    def wants(*names):
        return asked(model, {"profile", *names}.__contains__).reading is not None

    assert model.line is not None and not model.state.ended
    assert not wants() and wants("table") and wants("kymograph")
    model.line = ((4.0, 29.0), (76.0, 29.0))
    assert wants()
    model.measuring.drawing.undo()
    assert wants(), "whoever takes a step back measures"


def test_it_is_read_when_the_run_has_ended(store):
    store.grow(2)
    store.writer.finish(store.committed)
    model = Model(measuring=Session(STEPS))
    model.accept(StoreFrames(store.path).look(Wanted()))
    assert model.state.ended and asked(model, {"profile"}.__contains__).reading is not None


def test_no_thread_begins_before_something_is_to_be_measured(model):
    model.measuring.pull(asked(model, set().__contains__))
    assert model.measuring._analyst is None


def test_without_movies_the_table_is_exported_and_other_tasks_say_why_not(model, tmp_path):
    pictures = Model(measuring=Session())
    pictures.accept(model.picture)
    pictures.measuring.note(present(pictures))
    pictures.measuring.pull(asked(pictures, ALL.__contains__))
    assert pictures.measuring._analyst is None
    pictures.measuring.export_table(tmp_path / "t.csv")
    pulled_until(pictures, (tmp_path / "t.csv").exists)
    pictures.measuring.find_spirals(0)
    pulled_until(pictures, lambda: "open the window on the host" in pictures.measuring.words[0])
    assert pictures.measuring.words[1] is Tone.NOTICE
    pictures.measuring.close()


def test_steps_are_shown_of_the_frame_and_the_line_that_are_shown(model):
    pulled_until(model, lambda: steps_shown(model) is not None)
    assert len(steps_shown(model).steps) == 2
    assert steps_shown(model).question.frame == 3
    model.line = ((4.0, 20.0), (76.0, 20.0))
    assert steps_shown(model) is None
    pulled_until(model, lambda: steps_shown(model) is not None)


def test_what_was_read_of_an_earlier_frame_is_shown_as_such_and_not_noted(model, store):
    pulled_until(model, lambda: steps_shown(model) is not None)
    model.select(1)
    model.accept(StoreFrames(store.path).look(model.wanted))
    assert steps_shown(model).question.frame == 3
    assert not any(row.quantity.startswith("step") for row in present(model))
    pulled_until(model, lambda: steps_shown(model).question.frame == 1)
    assert any(row.quantity.startswith("step") for row in present(model))


def test_enter_notes_ends_and_steps_with_names_frames_and_units(model):
    pulled_until(model, lambda: steps_shown(model) is not None)
    model.measuring.note(present(model))
    rows = model.measuring.results.rows
    assert {row.name for row in rows} == {"L1"} and {row.frame for row in rows} == {3}
    by_quantity = {row.quantity: row for row in rows}
    assert by_quantity["length"].value == pytest.approx(72.0)
    assert by_quantity["step 2 height"].value == pytest.approx(3.0, abs=5 * by_quantity["step 2 height"].u)
    assert by_quantity["step 1 angle"].unit == "°"
    assert f"{len(rows)} rows noted" in model.measuring.words[0]
    model.measuring.note(present(model))
    assert model.measuring.results.rows == rows


def test_a_declared_wall_is_read_anew_noted_and_in_the_table_of_steps(model, tmp_path):
    measuring = model.measuring
    pulled_until(model, lambda: steps_shown(model) is not None)
    measuring.declare_wall("25:0.5")
    assert steps_shown(model) is None, "what was read without it is not shown as if it were with it"
    assert not any(row.quantity.startswith("step") for row in present(model))
    pulled_until(model, lambda: steps_shown(model) is not None)
    assert steps_shown(model).question.wall == measuring.wall == Wall(25.0, 0.5)
    rows = {row.quantity: row for row in present(model)}
    assert (rows["walls, declared"].value, rows["walls, declared"].u) == (25.0, 0.5)
    measuring.export_steps(tmp_path / "s.csv")
    pulled_until(model, (tmp_path / "s.csv").exists)
    table = pd.read_csv(tmp_path / "s.csv")
    assert (table["wall_deg"] == 25.0).all() and (table["wall_u_deg"] == 0.5).all()
    measuring.declare_wall(" ")
    pulled_until(model, lambda: steps_shown(model) is not None)
    assert measuring.wall is None and "walls, declared" not in {row.quantity for row in present(model)}


def test_what_is_no_wall_leaves_what_was_declared(model):
    model.measuring.declare_wall("25")
    with pytest.raises(InputError):
        model.measuring.declare_wall("80")
    assert model.measuring.wall == Wall(25.0)


def test_an_area_is_not_read_anew_for_a_wall(model):
    model.measuring.drawing.draw(rectangle((2.0, 2.0), (16.0, 56.0)))
    area = model.measuring.sheet.chosen.shape
    pulled_until(model, lambda: model.measuring.area_reading(area) is not None)
    before = [row.value for row in present(model)]
    model.measuring.declare_wall("25")
    assert before and [row.value for row in present(model)] == before


def test_enter_notes_the_selected_area(model):
    model.measuring.drawing.draw(rectangle((2.0, 2.0), (16.0, 56.0)))
    area = model.measuring.sheet.chosen.shape
    pulled_until(model, lambda: model.measuring.area_reading(area) is not None)
    rows = {row.quantity: row for row in present(model)}
    assert rows["facet 1 tilt"].value < 2.0 and "length" not in rows and rows["Sq"].name == "A1"


def test_enter_notes_a_velocity_that_was_drawn_until_the_line_is_another_one(model):
    measuring = model.measuring
    pulled_until(model, lambda: measuring.series() is not None and measuring.series().linked == 4)
    measuring.draw_velocity(Drawn((20.0, 0.0), (23.0, 3.0)))
    assert measuring.focus is Focus.VELOCITY
    (row,) = present(model)
    assert (row.quantity, row.unit, row.name) == ("velocity drawn", "nm/s", "L1")
    assert row.value == pytest.approx(1.0) and row.u > 0 and row.time_s == 0.0
    measuring.drawing.draw(LineShape(((4.0, 10.0), (76.0, 10.0))))
    assert measuring.focus is Focus.SHAPE and measuring.drawn is None and measuring.velocity() is None


def test_velocities_of_the_steps_are_found_over_time(model):
    measuring = model.measuring
    pulled_until(model, lambda: measuring.series() is not None and measuring.series().linked == 4)
    for track in measuring.series().tracks:
        assert track.mean_nm_s.normalised_error(1.0) < 2.0


def test_a_table_is_exported_or_refused(model, tmp_path):
    measuring = model.measuring
    pulled_until(model, lambda: steps_shown(model) is not None)
    measuring.note(present(model))
    with pytest.raises(InputError):
        measuring.export_table(tmp_path / "t.doc")
    measuring.export_table(tmp_path / "t.csv")
    measuring.export_steps(tmp_path / "s.csv")
    pulled_until(model, lambda: (tmp_path / "s.csv").exists())
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 1 + len(measuring.results.rows)


def test_what_was_said_is_gone_after_a_while():
    now = [0.0]
    session = Session(clock=lambda: now[0])
    session.say("done")
    assert session.words == ("done", Tone.GOOD)
    now[0] = 60.0
    assert session.words[0] == ""
