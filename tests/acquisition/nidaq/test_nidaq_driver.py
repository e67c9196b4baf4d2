"""Calls of the driver's package, against its own signatures; the driver itself is on no machine that tests run on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import MagicMock, create_autospec

import numpy as np
import pytest

from eclips4d.acquisition.nidaq.driver import NiDevice
from eclips4d.acquisition.nidaq.plan import ScanPlan
from eclips4d.acquisition.nidaq.settings import NiScan
from eclips4d.core.errors import InputError, SourceError

nidaqmx = pytest.importorskip("nidaqmx", reason="nidaqmx is in the extra nidaq")
collections = pytest.importorskip("nidaqmx.task.collections")

PLAN = ScanPlan(NiScan(inputs=(2, 3, 4, 5), outputs=(1, 0), blank="port0/line3", width=6, height=4, samples=3))
PIXELS = PLAN.rows * PLAN.columns


def task(made: list) -> SimpleNamespace:
    """A task whose parts have the signatures of the real ones."""
    from nidaqmx.task import Timing
    from nidaqmx.task.triggering import StartTrigger

    one = SimpleNamespace(
        ai_channels=create_autospec(collections.AIChannelCollection, instance=True),
        ao_channels=create_autospec(collections.AOChannelCollection, instance=True),
        do_channels=create_autospec(collections.DOChannelCollection, instance=True),
        timing=create_autospec(Timing, instance=True),
        triggers=SimpleNamespace(start_trigger=create_autospec(StartTrigger, instance=True)),
        in_stream=object(),
        out_stream=SimpleNamespace(regen_mode=None),
        start=MagicMock(),
        close=MagicMock(),
    )
    made.append(one)
    return one


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    from nidaqmx import stream_readers, stream_writers

    seen = SimpleNamespace(
        tasks=[],
        reader=create_autospec(stream_readers.AnalogMultiChannelReader, instance=True),
        analogue=create_autospec(stream_writers.AnalogMultiChannelWriter, instance=True),
        digital=create_autospec(stream_writers.DigitalSingleChannelWriter, instance=True),
    )
    monkeypatch.setattr(nidaqmx, "Task", lambda: task(seen.tasks))
    monkeypatch.setattr(stream_readers, "AnalogMultiChannelReader", lambda stream: seen.reader)
    monkeypatch.setattr(stream_writers, "AnalogMultiChannelWriter", lambda stream, auto_start: seen.analogue)
    monkeypatch.setattr(stream_writers, "DigitalSingleChannelWriter", lambda stream, auto_start: seen.digital)
    yield seen


def test_tasks_share_clock_and_start(made: SimpleNamespace) -> None:
    device = NiDevice("Dev1")
    device.start(PLAN)
    inputs, outputs, line = made.tasks
    asked = [call.args[0] for call in inputs.ai_channels.add_ai_voltage_chan.call_args_list]
    assert asked == ["Dev1/ai2", "Dev1/ai3", "Dev1/ai4", "Dev1/ai5"]
    assert [call.args[0] for call in outputs.ao_channels.add_ao_voltage_chan.call_args_list] == ["Dev1/ao1", "Dev1/ao0"]
    assert inputs.timing.cfg_samp_clk_timing.call_args.args[0] == PLAN.sample_rate_hz
    assert outputs.timing.cfg_samp_clk_timing.call_args.args[0] == pytest.approx(PLAN.sample_rate_hz / 3)
    assert outputs.timing.cfg_samp_clk_timing.call_args.kwargs["samps_per_chan"] == PIXELS
    outputs.triggers.start_trigger.cfg_dig_edge_start_trig.assert_called_once_with("/Dev1/ai/StartTrigger")
    assert line.timing.cfg_samp_clk_timing.call_args.kwargs["source"] == "/Dev1/ao/SampleClock"
    assert made.analogue.write_many_sample.call_args.args[0].shape == (2, PIXELS)
    values = made.digital.write_many_sample_port_uint32.call_args.args[0]
    assert values.dtype == np.uint32 and np.array_equal(values == 8, PLAN.blanked()) and set(values) == {0, 8}
    for one in made.tasks:
        one.start.assert_called_once_with()


def test_the_inputs_start_last(made: SimpleNamespace) -> None:
    order: list[str] = []
    device = NiDevice("Dev1")
    original = nidaqmx.Task

    def named() -> SimpleNamespace:
        one = original()
        name = ("inputs", "outputs", "line")[len(made.tasks) - 1]
        one.start = lambda: order.append(name)
        return one

    nidaqmx.Task = named
    device.start(PLAN)
    assert order == ["line", "outputs", "inputs"]
    device.stop()
    device.stop()
    assert all(one.close.call_count == 1 for one in made.tasks)


def test_read(made: SimpleNamespace) -> None:
    def fill(volts: np.ndarray, number_of_samples_per_channel: int, timeout: float) -> int:
        volts[:] = 0.5
        return number_of_samples_per_channel

    made.reader.read_many_sample.side_effect = fill
    device = NiDevice("Dev1")
    device.start(PLAN)
    assert np.array_equal(device.read(7), np.full((4, 7), 0.5))


def test_errors_of_the_driver_are_breaks(made: SimpleNamespace) -> None:
    device = NiDevice("Dev1")
    device.start(PLAN)
    made.reader.read_many_sample.side_effect = nidaqmx.errors.DaqReadError("overwritten", -200279, "_task", 0)
    with pytest.raises(OSError, match="overwritten"):
        device.read(7)
    made.analogue.write_many_sample.side_effect = nidaqmx.errors.DaqError("busy", -50103)
    with pytest.raises(OSError, match="busy"):
        device.start(PLAN)


def test_without_the_driver() -> None:
    """On a machine that has it this needs a device that is not there."""
    with pytest.raises(SourceError, match="cannot be asked"):
        NiDevice("NoSuchDevice").limits(4)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nidaqmx", None)
    with pytest.raises(InputError, match=r"eclips4d\[nidaq\]"):
        NiDevice("Dev1")
