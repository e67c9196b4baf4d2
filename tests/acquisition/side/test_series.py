"""Which value a frame has: interpolated or the last, by whose clock, and when there is none."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.side.address import parse_side
from eclips4d.acquisition.side.series import Series

NOW = 1.8e9


def series(more: str = "") -> Series:
    return Series(parse_side("t", f"zmq://127.0.0.1:5570/t?unit=K{more}"))


@given(
    st.lists(st.tuples(st.floats(0.02, 5.0), st.floats(-1e3, 1e3)), min_size=1, max_size=30), st.floats(-20.0, 160.0)
)
def test_values_are_interpolated_as_numpy_does(steps: list[tuple[float, float]], at: float) -> None:
    one = series("&stale_s=1000")
    times = np.cumsum([step for step, _ in steps])
    for time_s, (_, value) in zip(times, steps, strict=True):
        one.add(value, "K", NOW + time_s, NOW + time_s)
    found = one.at(NOW + at)
    if at < times[0] - 1e-6:
        assert math.isnan(found)
    elif abs(times - at).min() > 1e-6:
        assert found == np.interp(at, times, [v for _, v in steps]) or math.isclose(
            found, np.interp(at, times, [v for _, v in steps]), abs_tol=1e-2
        )


def test_the_last_value_is_that_before_the_moment() -> None:
    one = series("&kind=last")
    for second, value in enumerate((1.0, 2.0, 3.0)):
        one.add(value, "", NOW + second, NOW + second)
    assert one.at(NOW + 1.9) == 2.0


def test_a_value_too_far_away_is_none_unless_somebody_vouches_for_it() -> None:
    one = series("&kind=last&stale_s=2")
    one.add(1.0, "", NOW, NOW)
    assert one.at(NOW + 1.9) == 1.0 and math.isnan(one.at(NOW + 2.1))
    one.holds(True)
    assert one.at(NOW + 3600.0) == 1.0
    one.holds(False)
    assert math.isnan(one.at(NOW + 3600.0))


def test_no_line_is_drawn_across_a_gap() -> None:
    one = series("&stale_s=2")
    one.add(0.0, "", NOW, NOW)
    one.add(100.0, "", NOW + 50.0, NOW + 50.0)
    assert one.at(NOW + 1.0) == 0.0 and math.isnan(one.at(NOW + 25.0))


def test_a_clock_that_is_off_is_put_right() -> None:
    for ahead_s in (50.0, -50.0):
        one = series()
        for tenth in range(20):
            one.add(float(tenth), "K", NOW + ahead_s + 0.1 * tenth, NOW + 0.1 * tenth + 0.004 * (tenth % 3))
        assert abs(one.shift_s + ahead_s) < 0.02
        assert abs(one.at(NOW + 1.0) - 10.0) < 0.2


def test_messages_that_waited_do_not_move_the_clock() -> None:
    one = series()
    for tenth in range(300):  # thirty seconds that came at once
        one.add(float(tenth), "K", NOW + 0.1 * tenth, NOW + 30.0)
    assert one.shift_s == 0.0 or abs(one.shift_s) <= 1.0
    assert abs(one.at(NOW + 20.0) - 200.0) < 10.0


def test_a_senders_clock_is_believed_if_it_is_to_be() -> None:
    one = series("&clock=sender&stale_s=100")
    one.add(5.0, "K", NOW - 50.0, NOW)
    assert one.shift_s == 0.0 and one.at(NOW - 50.0) == 5.0
    other = series("&clock=arrival")
    other.add(5.0, "K", NOW - 50.0, NOW)
    assert math.isnan(other.at(NOW - 50.0)) and other.at(NOW) == 5.0


def test_a_clock_put_back_begins_anew() -> None:
    one = series("&clock=sender")
    one.add(1.0, "K", NOW + 3600.0, NOW)
    one.add(2.0, "K", NOW, NOW + 1.0)
    assert one.at(NOW) == 2.0 and one.refused == 0


def test_other_units_no_numbers_and_late_values_are_refused() -> None:
    one = series()
    one.add(1.0, "degC", NOW, NOW)
    one.add(math.nan, "K", NOW, NOW)
    one.add(1.0, "K", NOW, NOW)
    one.add(9.0, "K", NOW - 0.5, NOW)
    assert one.refused == 3 and one.at(NOW) == 1.0


def test_a_fast_stream_is_thinned_and_bounded() -> None:
    one = series("&stale_s=1000")
    for k in range(100_000):
        one.add(float(k), "K", NOW + 1e-3 * k, NOW + 1e-3 * k)
    assert len(one._times) <= 1.02 * 100.0 / 0.01
    assert abs(one.at(NOW + 50.0) - 50_000) < 1.0
