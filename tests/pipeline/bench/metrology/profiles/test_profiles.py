import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.metrology.profiles.step import StepReading
from eclips4d.metrology.quantity import Quantity
from eclips4d.pipeline.bench.metrology.profiles import part
from eclips4d.pipeline.bench.metrology.profiles.cases import Case, Read, cases, readings

CASE = Case(10.0, 4.0, 20.0)


def read(height_nm, dose=3000.0, seed=1, angle_u=0.1):
    step = StepReading(
        Quantity(CASE.half_nm, 0.1),
        Quantity(height_nm, 0.1),
        Quantity(20.5, angle_u),
        Quantity(0.8 * CASE.wall_nm, 1.0),
    )
    return Read(CASE, dose, seed, step, Quantity(height_nm, 0.3), None)


@given(
    height=st.sampled_from([2.0, 10.0, 50.0]),
    pixel=st.sampled_from([2.0, 4.0, 10.0]),
    angle=st.floats(5.0, 60.0),
    orientation=st.sampled_from([8.0, 98.0, 188.0]),
)
def test_one_whole_step_lies_on_the_line_and_no_other(height, pixel, angle, orientation):
    case = Case(height, pixel, angle, orientation)
    lower, riser, upper = case.intervals(rises=True)
    (x0, y0), (x1, y1) = case.line()
    assert math.dist((x0, y0), (x1, y1)) == pytest.approx(2.0 * case.half_nm)
    assert lower[1] == riser[0] < riser[1] == upper[0]
    assert riser[1] - riser[0] > case.wall_nm
    # The next step's wall begins beyond the ends of the line.
    assert case.half_nm <= case.apart_nm - 0.5 * case.wall_nm + 1e-9
    columns = case.shape[1]
    if orientation != 98.0:
        assert min(x0, x1) >= -4.0 * pixel
        assert max(x0, x1) <= (columns + 3) * pixel
    # Terraces are longer than the shade of the wall.
    assert lower[1] - lower[0] > 1.2 * height - case.wall_nm


def test_the_table_has_every_combination_once():
    assert len(set(cases())) == len(cases()) == 36


def test_what_is_right_meets_its_bars_and_what_is_not_does_not():
    right = [[read(10.05), read(9.95), read(10.0)]]
    wrong = [[read(10.25), read(10.15)]]
    assert part.height_rows(right)[0].met is True
    assert part.height_rows(wrong)[0].met is False
    assert part.height_rows(wrong)[0].value == pytest.approx(2.0)
    assert part.angle_rows(right)[0].met is False
    assert part.angle_rows([[read(10.0, angle_u=3.0)]])[0].met is None


def test_shares_count_errors_within_two_standard_uncertainties():
    reads = [read(10.0 + 0.3 * (k < 2), dose, k + 1) for dose in part.DOSES for k in range(5)]
    rows = {row.what: row for row in part.summary_rows([reads], 5)}
    share = rows["height: share of |error|/(2u) ≤ 1, %"]
    assert share.value == pytest.approx(60.0)
    assert share.met is False
    assert rows["position: share of |error|/(2u) ≤ 1, %"].value == 100.0


def test_a_rendered_step_is_read_within_its_uncertainty():
    found = list(readings(CASE, {300.0: 2, 3000.0: 2}))
    assert [(r.dose, r.seed) for r in found] == [(300.0, 1), (300.0, 2), (3000.0, 1), (3000.0, 2)]
    for r in found:
        assert abs(r.step.height_nm.value - 10.0) < 4.0 * r.step.height_nm.u
        assert abs(r.step.angle_deg.value - 20.0) < 4.0 * r.step.angle_deg.u
        assert abs(r.plateau.value - 10.0) < 4.0 * r.plateau.u
    assert found[0].step.height_nm.random_u == pytest.approx(np.sqrt(10.0) * found[2].step.height_nm.random_u, rel=0.4)
