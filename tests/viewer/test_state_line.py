import pytest

from eclips4d.viewer.disk import DiskForecast
from eclips4d.viewer.state_line import Condition, Mode, Tone, cells, duration, size


def text_of(condition, caption):
    return next(cell for cell in cells(condition) if cell.caption == caption)


def test_every_value_carries_its_unit_and_a_hint():
    line = cells(
        Condition(
            mode=Mode.LIVE,
            frame=7,
            frame_id=107,
            time_s=14.0,
            age_s=0.8,
            lag_frames=3,
            lag_s=6.0,
            recorded=11,
            committed=8,
            total=20,
            dropped=2,
            free_bytes=182_000_000_000,
            full_in_s=11_520,
            gaps=1,
        )
    )
    said = {cell.caption: cell.text for cell in line}
    assert said == {
        "state": "LIVE",
        "frame": "7  t = 14.00 s  (id 107)",
        "age": "0.8 s",
        "height behind raw": "3 frames, 6.0 s",
        "recorded · committed": "11 · 8 of 20",
        "dropped (view)": "2",
        "disk free": "182 GB, full in 3.2 h",
        "not shown": "1 gap",
    }
    assert all(cell.hint for cell in line)


def test_stale_and_nearly_full_are_alarms():
    condition = Condition(mode=Mode.STALE, age_s=90, free_bytes=1_000_000, full_in_s=100)
    assert text_of(condition, "state").tone is Tone.ALARM
    assert text_of(condition, "age").tone is Tone.ALARM
    assert text_of(condition, "disk free").tone is Tone.ALARM


def test_unknown_values_are_dashes():
    assert [cell.text for cell in cells(Condition(mode=Mode.WAITING))][1:4] == ["–", "–", "–"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (99.9, "99.9 s"), (100, "2 min"), (7200, "2.0 h"), (400_000, "5 d")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(999, "999 B"), (182e9, "182 GB"), (1.5e12, "1.5 TB"), (5e15, "5000 TB")])
def test_sizes(count, text):
    assert size(count) == text


def test_forecast_extrapolates_a_steady_loss():
    forecast = DiskForecast()
    for second in range(61):
        forecast.add(1000.0 + second, 10_000 - 50 * second)
    assert forecast.seconds_left() == pytest.approx(7000 / 50)


def test_forecast_knows_nothing_too_early_or_when_space_is_freed():
    forecast = DiskForecast()
    assert forecast.free_bytes is None
    forecast.add(0.0, 100)
    forecast.add(1.0, 90)
    assert forecast.seconds_left() is None
    forecast.add(30.0, 200)
    assert forecast.seconds_left() is None


def test_stages_that_work_need_no_word_and_others_are_named():
    states = {"storage": "working", "inference-0": "starting", "acquisition": "ended"}
    cell = text_of(Condition(mode=Mode.LIVE, stages=states), "stages")
    assert cell.text == "inference-0 starting" and cell.tone is Tone.NOTICE
    states |= {"registration": "restarting"}
    cell = text_of(Condition(mode=Mode.LIVE, stages=states), "stages")
    assert cell.text == "inference-0 starting · registration restarting" and cell.tone is Tone.ALARM
    settled = Condition(mode=Mode.LIVE, stages={"storage": "working", "acquisition": "ended"})
    assert "stages" not in {cell.caption for cell in cells(settled)}
