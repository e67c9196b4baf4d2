"""Which model inverts which frame."""

import pytest

from eclips4d.core.errors import InputError
from eclips4d.pipeline.model_schedule import Schedule, schedule_of


def test_a_frames_model_follows_from_its_number():
    schedule = Schedule("analytic").changed(5, "b").changed(9, "c")
    assert [schedule.of(s) for s in (0, 4, 5, 8, 9, 100)] == ["analytic", "analytic", "b", "b", "c", "c"]
    assert schedule.newest == "c"
    assert schedule_of("analytic", schedule.stored()) == schedule
    assert schedule_of("live", None) == Schedule("live")


def test_models_come_in_order():
    schedule = Schedule("analytic").changed(5, "b")
    assert schedule.changed(5, "c").of(5) == "c"
    with pytest.raises(InputError, match="frame 5 on"):
        schedule.changed(3, "c")
