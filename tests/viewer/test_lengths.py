import math

import pytest

from eclips4d.viewer.lengths import length_read_out, percent, unit_of, with_uncertainty


@pytest.mark.parametrize(
    "nm, text", [(1228.84, "1228.8 nm"), (9999.9, "9999.9 nm"), (59996.2, "59.996 µm"), (0, "0.0 nm")]
)
def test_lengths_change_unit_at_ten_micrometres(nm, text):
    assert length_read_out(nm) == text


def test_unit_of_heights_of_either_sign():
    assert unit_of(-20_000.0).name == "µm" and unit_of(math.nan).name == "nm"


@pytest.mark.parametrize(
    "value, u, unit, scale_u, text",
    [
        (8.23, 0.08, "nm", 0.0, ("+8.23 ± 0.08 nm", "")),
        (-37.2, 28.0, "nm", 0.14, ("−37 ± 28 nm", "random; ± 14 % scale")),
        (-37.2, 28.0, "nm", float("inf"), ("−37 ± 28 nm", "random; scale not calibrated")),
        (-2.33, 0.01, "°", 0.012, ("−2.33 ± 0.01°", "random; ± 1.2 % scale")),
        (12.3456, 0.0042, "µm", 0.0, ("+12.346 ± 0.004 µm", "")),
        (3.0, math.nan, "nm", 0.05, ("+3.00 nm", "± 5 % scale")),
        (math.nan, 1.0, "nm", 0.1, ("–", "")),
    ],
)
def test_both_parts_of_an_uncertainty(value, u, unit, scale_u, text):
    assert with_uncertainty(value, u, unit, scale_u) == text


def test_percentages():
    assert [percent(s) for s in (0.01, 0.014, 0.14, 1.0)] == ["1 %", "1.4 %", "14 %", "100 %"]
