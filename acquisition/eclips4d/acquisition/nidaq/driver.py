"""A device of National Instruments, through the package nidaqmx and the driver NI-DAQmx."""

from __future__ import annotations

from contextlib import suppress
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.nidaq.daq import Limits
from eclips4d.acquisition.nidaq.plan import ScanPlan
from eclips4d.core.errors import InputError, SourceError

PATIENCE_S = 10.0
_BUFFER_FRAMES = 4


class NiDevice:
    """`Daq` on a device such as `Dev1`.

    Inputs and outputs count the same clock: the outputs start with the inputs' start trigger, the digital line follows
    the outputs' sample clock. Outputs repeat one frame from the device's buffer.

    Raises
    ------
    InputError
        The package nidaqmx is missing.
    """

    def __init__(self, device: str) -> None:
        try:
            import nidaqmx
            import nidaqmx.constants
            import nidaqmx.errors
            import nidaqmx.stream_readers
            import nidaqmx.stream_writers
            import nidaqmx.system
        except ImportError as error:
            raise InputError(
                "scanning with NI hardware needs nidaqmx", where=device, cure="pip install 'eclips4d[nidaq]'"
            ) from error
        self._ni: ModuleType = nidaqmx
        self._device = device
        self._tasks: list[Any] = []
        self._reader: Any = None
        self._inputs = 0

    def limits(self, inputs: int) -> Limits:
        """What the device says of itself.

        Raises
        ------
        SourceError
            No driver, or no such device.
        """
        try:
            device = self._ni.system.Device(self._device)
            simultaneous = bool(device.ai_simultaneous_sampling_supported)
            input_hz = float(device.ai_max_multi_chan_rate) / (1 if simultaneous else inputs)
            return Limits(str(device.product_type), input_hz, float(device.ao_max_rate), simultaneous)
        except self._ni.errors.Error as error:
            raise SourceError(
                f"the device cannot be asked: {error}",
                where=self._device,
                cure="install NI-DAQmx, and check the device's name in NI MAX or with nilsdev",
            ) from error

    def start(self, plan: ScanPlan) -> None:
        """Set tasks up and start them, the inputs last: they trigger the others."""
        try:
            self._start(plan)
        except self._ni.errors.Error as error:
            self.stop()
            raise OSError(f"{self._device}: {error}") from error

    def read(self, samples: int) -> NDArray[np.float64]:
        """The next samples."""
        volts = np.empty((self._inputs, samples), dtype=np.float64)
        try:
            self._reader.read_many_sample(volts, number_of_samples_per_channel=samples, timeout=PATIENCE_S)
        except self._ni.errors.Error as error:
            raise OSError(f"{self._device}: {error}") from error
        return volts

    def stop(self) -> None:
        """Release the device."""
        tasks, self._tasks = self._tasks, []
        for task in reversed(tasks):
            with suppress(self._ni.errors.Error):
                task.close()

    def _start(self, plan: ScanPlan) -> None:
        ni, asked, constants = self._ni, plan.asked, self._ni.constants
        pixel_hz = plan.sample_rate_hz / asked.samples
        pixels, continuous = plan.rows * plan.columns, constants.AcquisitionType.CONTINUOUS
        inputs, outputs = self._task(), self._task()
        for number in asked.inputs:
            inputs.ai_channels.add_ai_voltage_chan(
                f"{self._device}/ai{number}", min_val=min(asked.volts), max_val=max(asked.volts)
            )
        inputs.timing.cfg_samp_clk_timing(
            plan.sample_rate_hz, sample_mode=continuous, samps_per_chan=_BUFFER_FRAMES * plan.frame_samples
        )
        for number in asked.outputs:
            outputs.ao_channels.add_ao_voltage_chan(f"{self._device}/ao{number}")
        outputs.timing.cfg_samp_clk_timing(pixel_hz, sample_mode=continuous, samps_per_chan=pixels)
        outputs.out_stream.regen_mode = constants.RegenerationMode.ALLOW_REGENERATION
        outputs.triggers.start_trigger.cfg_dig_edge_start_trig(f"/{self._device}/ai/StartTrigger")
        writer = ni.stream_writers.AnalogMultiChannelWriter(outputs.out_stream, auto_start=False)
        writer.write_many_sample(np.ascontiguousarray(plan.outputs()), timeout=PATIENCE_S)
        if asked.blank:
            self._blanker(plan, pixel_hz).start()
        outputs.start()
        self._reader, self._inputs = ni.stream_readers.AnalogMultiChannelReader(inputs.in_stream), len(asked.inputs)
        inputs.start()

    def _blanker(self, plan: ScanPlan, pixel_hz: float) -> Any:
        ni, constants = self._ni, self._ni.constants
        line, task = plan.asked.blank, self._task()
        task.do_channels.add_do_chan(f"{self._device}/{line}", line_grouping=constants.LineGrouping.CHAN_FOR_ALL_LINES)
        task.timing.cfg_samp_clk_timing(
            pixel_hz,
            source=f"/{self._device}/ao/SampleClock",
            sample_mode=constants.AcquisitionType.CONTINUOUS,
            samps_per_chan=plan.rows * plan.columns,
        )
        task.out_stream.regen_mode = constants.RegenerationMode.ALLOW_REGENERATION
        high = plan.blanked() == (plan.asked.blank_at == "high")
        # A value holds one bit for every line of the port.
        values = np.where(high, 1 << int(line.rpartition("line")[2]), 0).astype(np.uint32)
        writer = ni.stream_writers.DigitalSingleChannelWriter(task.out_stream, auto_start=False)
        writer.write_many_sample_port_uint32(values, timeout=PATIENCE_S)
        return task

    def _task(self) -> Any:
        task = self._ni.Task()
        self._tasks.append(task)
        return task
