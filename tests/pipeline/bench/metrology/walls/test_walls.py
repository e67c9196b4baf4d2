import numpy as np
import pytest

from eclips4d.metrology.profiles.step import StepReading
from eclips4d.metrology.quantity import Quantity
from eclips4d.pipeline.bench.metrology.profiles.cases import Case
from eclips4d.pipeline.bench.metrology.walls import part
from eclips4d.pipeline.bench.metrology.walls.trials import BRIGHT, DARK, RIGHT, WRONG, Kind


def step(error, u=1.0, wall_open=True):
    """A step of 100 nm, of which a per cent is a nm."""
    return StepReading(*(Quantity(100.0 + error, u) for _ in range(4)), wall_open=wall_open)


def kind(plain, right, wrong=0.0, wall_open=True, angle_deg=60.0):
    case = Case(100.0, 600.0, angle_deg)
    readings = {said: (step(error),) * 3 for said, error in ((RIGHT, right), *((said, wrong) for said in WRONG))}
    return Kind(case, np.array([DARK, BRIGHT, BRIGHT]), (step(plain, wall_open=wall_open),) * 3, readings)


def values(rows):
    return {row.what.split(" readings")[0]: (row.value, row.met) for row in rows}


def test_what_is_off_without_a_declaration_must_say_so():
    told = values(part.summary_rows([kind(-5.0, 0.5), kind(0.2, 0.2)]))
    assert told["nothing declared: share of 2 kinds with a mean error ≤ 1 %, %"] == (50.0, None)
    assert told["nothing declared: share of the 1 others that say that the angle is open, %"] == (100.0, True)
    silent = values(part.summary_rows([kind(-5.0, 0.5, wall_open=False)]))
    assert silent["nothing declared: share of the 1 others that say that the angle is open, %"] == (0.0, False)


def test_a_declaration_that_does_not_help_misses_its_bar():
    right, wrong = (part.summary_rows([kind(-5.0, error)])[0].met for error in (0.9, 1.1))
    assert right and not wrong
    assert [row.met for row in part.height_rows([kind(-5.0, 0.9), kind(-5.0, -1.1)])] == [True, False]


def test_uncertainties_that_do_not_cover_a_wrong_declaration_miss_theirs():
    rows = {row.what: row for row in part.summary_rows([kind(0.0, 0.0, wrong=3.0)])}
    shares = [row for what, row in rows.items() if "/(2u)" in what]
    assert [(row.value, row.met) for row in shares] == [(100.0, True), (0.0, False), (0.0, False)]


@pytest.mark.parametrize(("wall_px", "expected"), [(2.0, (24, 24)), (1.0, (48, 48)), (0.115, (12, 420))])
def test_walls_are_drawn_as_steep_as_they_are_said_to_be(wall_px, expected):
    case = Case(2.0 * wall_px, 2.0, 45.0)
    assert case.sub_pixels == expected
    assert case.sub_pixels[1] * case.wall_px >= 48.0
