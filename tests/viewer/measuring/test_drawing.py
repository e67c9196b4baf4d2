"""What is drawn, one step after the other, and steps back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from eclips4d.viewer.measuring.drawing import Drawing, Tool
from eclips4d.viewer.measuring.history import MOST_STEPS, History
from eclips4d.viewer.measuring.shapes import AreaShape, LineShape, rectangle

LINE = ((0.0, 0.0), (100.0, 50.0))


@given(st.lists(st.integers(), max_size=30), st.integers(0, 40))
def test_steps_back_and_forth_lead_where_they_came_from(states, back):
    history = History(-1)
    seen = [-1]
    for state in states:
        history = history.to(state)
        if state != seen[-1]:
            seen.append(state)
    for _ in range(back):
        history = history.undone()
    assert history.present == seen[max(0, len(seen) - 1 - back)]
    for _ in range(back):
        history = history.redone()
    assert history.present == seen[-1]


def test_a_gesture_is_one_step_and_the_next_gesture_another():
    history = History(0)
    for state in range(1, 20):
        history = history.to(state, "drag")
    history = history.released().to(30, "drag")
    assert history.undone().present == 19
    assert history.undone().undone().present == 0


def test_the_past_is_bounded():
    history = History(0)
    for state in range(1, MOST_STEPS + 50):
        history = history.to(state)
    assert len(history.past) == MOST_STEPS


def test_the_first_line_is_drawn_once_and_cannot_be_taken_back():
    drawing = Drawing()
    drawing.begin(LINE)
    drawing.begin(LINE)
    assert [m.name for m in drawing.sheet.measurements] == ["L1"]
    assert not drawing.can_undo
    drawing.delete()
    drawing.begin(LINE)
    assert drawing.line is None and not drawing.sheet.measurements
    drawing.undo()
    assert drawing.line == LINE


def test_names_are_not_given_twice():
    drawing = Drawing()
    drawing.begin(LINE)
    drawing.draw(LineShape(LINE))
    drawing.delete()
    drawing.draw(LineShape(LINE))
    drawing.draw(rectangle((0.0, 0.0), (9.0, 9.0)))
    assert [m.name for m in drawing.sheet.measurements] == ["L1", "L3", "A1"]


def test_the_profile_stays_that_of_the_last_line_while_an_area_is_selected():
    drawing = Drawing()
    drawing.begin(LINE)
    drawing.draw(LineShape(((1.0, 1.0), (50.0, 1.0))))
    drawing.draw(rectangle((0.0, 0.0), (9.0, 9.0)))
    assert drawing.sheet.chosen.name == "A1" and drawing.sheet.chosen_line.name == "L2"
    drawing.select(1)
    assert drawing.line == LINE
    drawing.select_next()
    assert drawing.sheet.chosen.name == "L2"
    drawing.delete()
    assert drawing.sheet.chosen_line.name == "L1"


def test_a_moved_line_keeps_its_width_and_a_new_one_takes_it_over():
    drawing = Drawing()
    drawing.begin(LINE)
    drawing.set_width(30.0)
    drawing.put_line(((0.0, 0.0), (10.0, 0.0)))
    assert drawing.line_shape.width_nm == 30.0
    drawing.draw(LineShape(LINE))
    assert drawing.line_shape == LineShape(LINE, 30.0)


def test_widths_go_up_and_down_and_end_at_none():
    drawing = Drawing()
    drawing.begin(LINE)
    drawing.widen(1, 4.0)
    widths = []
    for _ in range(8):
        widths.append(drawing.line_shape.width_nm)
        drawing.widen(1, 4.0)
    assert widths == sorted(widths) and widths[0] > 4.0
    for _ in range(20):
        drawing.widen(-1, 4.0)
    assert drawing.line_shape.width_nm == 0.0
    drawing.undo()
    assert drawing.line_shape.width_nm == 0.0 and not drawing.can_undo


def test_a_name_is_one_line_of_letters_and_an_empty_one_is_none():
    drawing = Drawing()
    drawing.begin(LINE)
    drawing.rename("  east \n edge ")
    assert drawing.sheet.chosen.name == "east edge"
    drawing.rename("   ")
    assert drawing.sheet.chosen.name == "east edge"
    drawing.undo()
    assert drawing.sheet.chosen.name == "L1"


def test_a_tool_is_put_away_by_taking_it_again_and_by_drawing():
    drawing = Drawing()
    drawing.take_tool(Tool.LINE)
    drawing.take_tool(Tool.RECTANGLE)
    assert drawing.tool is Tool.RECTANGLE
    drawing.take_tool(Tool.RECTANGLE)
    assert drawing.tool is None
    drawing.take_tool(Tool.POLYGON)
    drawing.draw(AreaShape(((0.0, 0.0), (9.0, 0.0), (0.0, 9.0))))
    assert drawing.tool is None


class AnyUse(RuleBasedStateMachine):
    """Whatever is done in whatever order, what is selected is there, and all can be taken back."""

    def __init__(self):
        super().__init__()
        self.drawing = Drawing()
        self.drawing.begin(LINE)

    @rule(x=st.floats(0, 100))
    def draw_line(self, x):
        self.drawing.draw(LineShape(((x, 0.0), (x + 20.0, 30.0))))

    @rule(x=st.floats(0, 100))
    def draw_area(self, x):
        self.drawing.draw(rectangle((x, 0.0), (x + 20.0, 30.0)))

    @rule(k=st.integers(0, 12))
    def select(self, k):
        self.drawing.select(k)

    @rule(x=st.floats(0, 100), released=st.booleans())
    def drag(self, x, released):
        one = self.drawing.sheet.chosen
        if one is not None:
            self.drawing.reshape(one.identity, one.shape.moved((x, 1.0)))
        if released:
            self.drawing.release()

    @rule()
    def delete(self):
        self.drawing.delete()

    @rule()
    def undo(self):
        self.drawing.undo()

    @rule()
    def redo(self):
        self.drawing.redo()

    @invariant()
    def all_is_well(self):
        sheet = self.drawing.sheet
        names = [m.identity for m in sheet.measurements]
        assert len(set(names)) == len(names)
        assert sheet.selected is None or sheet.selected in names
        lines = sheet.all_lines()
        assert (self.drawing.line is None) == (not lines)
        ordered = self.drawing.lines_in_order()
        assert not lines or ordered[0] == self.drawing.line_shape

    def teardown(self):
        while self.drawing.can_undo:
            self.drawing.undo()
        assert [m.name for m in self.drawing.sheet.measurements] == ["L1"]


TestAnyUse = AnyUse.TestCase


@pytest.mark.parametrize("kind", [LineShape(LINE), rectangle((0.0, 0.0), (5.0, 5.0))])
def test_reshaping_something_that_is_gone_does_nothing(kind):
    drawing = Drawing()
    drawing.begin(LINE)
    before = drawing.sheet
    drawing.reshape(77, kind)
    assert drawing.sheet == before
