"""What is told of a side stream: once, and what happens often together."""

from __future__ import annotations

import math

from eclips4d.acquisition.side.address import parse_side
from eclips4d.acquisition.side.series import Series
from eclips4d.acquisition.side.telling import EVERY_S, Telling

NOW = 1.8e9


def stream() -> Series:
    return Series(parse_side("t", "zmq://127.0.0.1:5570/t?unit=K"))


def test_a_silence_is_told_once_and_its_end_with_the_frames_it_took() -> None:
    telling = Telling(stream())
    told = [telling.seen(value, float(k)) for k, value in enumerate([1.0, math.nan, math.nan, math.nan, 2.0, 3.0])]
    said = {k: (remark.what, remark.values) for k, remark in enumerate(told) if remark is not None}
    assert said == {
        1: ("the side stream t is silent, frames go without it", {}),
        4: ("the side stream t is back", {"frames_without": 3}),
    }


def test_a_stream_that_comes_and_goes_does_not_fill_the_events() -> None:
    telling = Telling(stream())
    told = [telling.seen(math.nan if k % 2 else 1.0, 0.1 * k) for k in range(1000)]
    remarks = [remark for remark in told if remark is not None]
    assert len(remarks) <= 2 * (100.0 / EVERY_S + 1)
    told_of = sum(remark.values.get("frames_without", 0) for remark in remarks)
    assert 400 < told_of <= 500, "none of the frames without is forgotten but the last"


def test_refused_values_and_a_clock_that_is_off_are_told_by_numbers() -> None:
    series = stream()
    telling = Telling(series)
    series.refuse()
    series.add(1.0, "degC", NOW, NOW)
    series.add(1.0, "K", NOW + 5.0, NOW)
    said = {remark.what: remark.values for remark in telling.news()}
    assert said == {
        "values of the side stream t were refused": {"count": 2},
        "the clock of the side stream t is off, corrected": {"seconds_ahead": 5.0},
    }
    assert list(telling.news()) == []
