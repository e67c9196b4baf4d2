"""A device that is not there: it looks at images where the plan's voltages point, and misbehaves on demand."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Event

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.nidaq.daq import Limits
from eclips4d.acquisition.nidaq.plan import ScanPlan
from eclips4d.core.frame import RawArray

WORDS: Mapping[str, str] = {
    "overflow": "the driver says that samples were overwritten before they were read",
    "nonsense": "some samples are no numbers",
    "short": "fewer samples come than were asked for",
}
DARK_V = -0.25
_FULL = 65535.0


class MockDaq:
    """`Daq` over images.

    The beam is where the outputs are: a sample is the image's pixel at the place of the plan's voltages. The way from
    voltages to places is taken from the corners of the scan field, not from the plan's own counting.

    Parameters
    ----------
    image
        `image(k)`: what is seen during frame k, uint16 [segment, row, column].
    paced
        Samples come when they are due, as from hardware.
    """

    def __init__(self, image: Callable[[int], RawArray], *, paced: bool = True) -> None:
        self._image, self._paced = image, paced
        self.faults: dict[int, str] = {}
        self.frame = self.starts = 0
        self._place = 0
        self._plan: ScanPlan | None = None
        self._begun_s = 0.0
        self._pause = Event()

    def provoke(self, word: str) -> None:
        """Let the frame after the next one go wrong."""
        self.faults[self.frame + 2] = word

    def limits(self, inputs: int) -> Limits:
        """Of a usual multiplexed device."""
        return Limits("Fake of NI hardware", 2e6 / inputs, 2.8e6, simultaneous=False)

    def start(self, plan: ScanPlan) -> None:
        """Begin with a new frame."""
        self._plan, self._place = plan, -round(plan.asked.delay_us * 1e-6 * plan.sample_rate_hz)
        self.frame += 1 if self.starts else 0
        self.starts += 1
        self._begun_s = time.monotonic()

    def read(self, samples: int) -> NDArray[np.float64]:
        """The next samples, when they are due."""
        plan = self._plan
        if plan is None:
            raise OSError("the scan was not started")
        made = []
        missing = samples
        if self._place < 0:
            early = min(missing, -self._place)
            made.append(np.full((len(plan.asked.inputs), early), DARK_V))
            missing -= early
            self._place += early
        while missing:
            inside = self._place % plan.frame_samples
            take = min(missing, plan.frame_samples - inside)
            made.append(self._frame(plan)[:, inside : inside + take])
            missing -= take
            self._place += take
            if self._place % plan.frame_samples == 0:
                self.frame += 1
        if self._paced:
            self._pause.wait(max(0.0, self._begun_s + self._place / plan.sample_rate_hz - time.monotonic()))
        return self._spoilt(np.concatenate(made, axis=1))

    def stop(self) -> None:
        """Nothing to release."""
        self._plan = None

    def _frame(self, plan: ScanPlan) -> NDArray[np.float64]:
        seen = self._image(self.frame).astype(np.float64) / _FULL
        low, high = plan.asked.volts
        x, y = plan.outputs()
        columns = _places(x, plan.asked.x_volts, plan.step_volts, seen.shape[2], plan.asked.settle)
        rows = _places(y, plan.asked.y_volts, plan.step_volts, seen.shape[1], plan.asked.settle_rows)
        volts = low + (high - low) * seen[:, rows, columns]
        if plan.asked.blank:
            volts = np.where(plan.blanked(), DARK_V, volts)
        return np.repeat(volts, plan.asked.samples, axis=1)

    def _spoilt(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        word = self.faults.pop(self.frame, "")
        if word == "overflow":
            raise OSError("samples were overwritten before they were read (-200279)")
        if word == "nonsense":
            volts[1, volts.shape[1] // 2] = np.nan
        return volts[:, :-1] if word == "short" else volts


def _places(
    volts: NDArray[np.float64], ends: tuple[float, float], step: float, pixels: int, before: int
) -> NDArray[np.intp]:
    """Pixels of an image that lies at the end of the span around the middle of these voltages."""
    sense = np.sign(ends[1] - ends[0])
    first = (ends[0] + ends[1]) / 2.0 - sense * step * (pixels + before) / 2.0
    place = np.floor(sense * (volts - first) / step + 1e-6).astype(np.intp) - before
    inside: NDArray[np.intp] = np.clip(place, 0, pixels - 1)
    return inside
