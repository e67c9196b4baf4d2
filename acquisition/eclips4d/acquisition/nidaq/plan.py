"""The scan: voltages for every pixel of one frame, and from samples back to pixels; all of it without a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.nidaq.settings import TICK_US, NiScan
from eclips4d.core.errors import WireError
from eclips4d.core.frame import RawArray

_HIGHEST = 65535


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """One frame's scan, repeated without a break.

    A row is `flyback` pixels on the way back, `settle` pixels under way, and the image's. `settle_rows` rows come
    before the image. Outputs hold for one pixel; inputs are sampled `samples` times in it, by a clock of whole ticks.
    """

    asked: NiScan

    @property
    def ticks(self) -> int:
        """Between two samples of an input."""
        return max(1, round(self.asked.dwell_us / self.asked.samples / TICK_US))

    @property
    def sample_rate_hz(self) -> float:
        """Of each input."""
        return 1e6 / (self.ticks * TICK_US)

    @property
    def dwell_us(self) -> float:
        """Time per pixel as it really is."""
        return self.ticks * self.asked.samples * TICK_US

    @property
    def columns(self) -> int:
        """Pixels of a row with its way back."""
        return self.asked.flyback + self.asked.settle + self.asked.width

    @property
    def rows(self) -> int:
        """With those above the image."""
        return self.asked.settle_rows + self.asked.height

    @property
    def frame_samples(self) -> int:
        """Of each input, in one frame."""
        return self.rows * self.columns * self.asked.samples

    @property
    def line_time_s(self) -> float:
        """Of one row."""
        return self.columns * self.dwell_us * 1e-6

    @property
    def frame_s(self) -> float:
        """From one frame to the next."""
        return self.rows * self.line_time_s

    @property
    def delay_samples(self) -> int:
        """That are thrown away once, when the scan starts."""
        return round(self.asked.delay_us / (self.ticks * TICK_US))

    @property
    def step_volts(self) -> float:
        """Between two pixels, the same along x and y."""
        (x0, x1), (y0, y1) = self.asked.x_volts, self.asked.y_volts
        return min(abs(x1 - x0) / (self.asked.settle + self.asked.width), abs(y1 - y0) / self.rows)

    def outputs(self) -> NDArray[np.float64]:
        """Voltages of one frame, [x or y, pixel]."""
        asked = self.asked
        along = np.arange(asked.settle + asked.width)
        row_x = self._volts(asked.x_volts, along.size)
        # From the middle of the last pixel back to where the next row begins, slow at both ends.
        way = (1.0 - np.cos(np.pi * (np.arange(asked.flyback) + 1.0) / (asked.flyback + 1.0))) / 2.0
        x = np.tile(np.concatenate([row_x[-1] + way * (row_x[0] - row_x[-1]), row_x]), self.rows)
        row_y = self._volts(asked.y_volts, self.rows)
        before = np.roll(row_y, 1)
        back = before[:, None] + way * (row_y - before)[:, None]
        y = np.concatenate([back, np.repeat(row_y[:, None], along.size, axis=1)], axis=1)
        return np.stack([x, y.ravel()])

    def blanked(self) -> NDArray[np.bool_]:
        """Pixels of one frame on which the beam is off."""
        row = np.arange(self.columns) < self.asked.flyback
        return np.tile(row, self.rows)

    def pixels(self, volts: NDArray[np.float64]) -> RawArray:
        """Image of every segment, uint16 [segment, row, column].

        Parameters
        ----------
        volts
            Samples of one frame, [segment, sample].

        Raises
        ------
        WireError
            Another number of samples, or some that are no voltages.
        """
        shaped = self._shaped(volts)
        image = shaped[:, self.asked.settle_rows :, self.asked.flyback + self.asked.settle :].mean(axis=3)
        return np.ascontiguousarray(self._adu(image).round().astype(np.uint16))

    def dark_adu(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of each segment with the beam off, in the units of the pixels.

        The first half of each way back is left out: blanker and amplifiers need it to come to rest.
        """
        shaped = self._shaped(volts)
        dark: NDArray[np.float64] = self._adu(shaped[:, :, self.asked.flyback // 2 : self.asked.flyback]).mean(
            (1, 2, 3)
        )
        return dark

    def clipped(self, data: RawArray) -> float:
        """Share of the pixels at an end of the range, %."""
        return float(100.0 * np.mean((data == 0) | (data == _HIGHEST)))

    def _volts(self, ends: tuple[float, float], pixels: int) -> NDArray[np.float64]:
        middle, sense = (ends[0] + ends[1]) / 2.0, np.sign(ends[1] - ends[0])
        volts: NDArray[np.float64] = middle + sense * self.step_volts * (np.arange(pixels) - (pixels - 1) / 2.0)
        return volts

    def _shaped(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        wanted = (len(self.asked.inputs), self.frame_samples)
        if volts.shape != wanted or not np.all(np.isfinite(volts)):
            raise WireError(f"samples of shape {volts.shape}, some maybe no numbers, instead of {wanted}")
        return volts.reshape(wanted[0], self.rows, self.columns, self.asked.samples)

    def _adu(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        low, high = self.asked.volts
        adu: NDArray[np.float64] = np.clip((volts - low) / (high - low), 0.0, 1.0) * _HIGHEST
        return adu
