"""What is asked of a device: the few calls between a scan plan and the hardware, or its fake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.nidaq.plan import ScanPlan


@dataclass(frozen=True, slots=True)
class Limits:
    """What a device can do.

    Attributes
    ----------
    name
        Its type.
    input_hz
        Samples per second of each input, with as many inputs as are asked for.
    output_hz
        Values per second of each output.
    simultaneous
        Every input has a converter of its own; otherwise one converter takes them in turn.
    """

    name: str
    input_hz: float
    output_hz: float
    simultaneous: bool


class Daq(Protocol):
    """A device that scans. One thread uses it.

    All errors of the hardware are `OSError`: what was being sampled is lost, `stop` and `start` begin anew.
    """

    def limits(self, inputs: int) -> Limits:
        """With so many inputs."""
        ...

    def start(self, plan: ScanPlan) -> None:
        """Scan frame after frame, from the first pixel on, without a break."""
        ...

    def read(self, samples: int) -> NDArray[np.float64]:
        """The next samples of all inputs in V, [input, sample]; waits for them."""
        ...

    def stop(self) -> None:
        """End the scan, blank the beam if there is a blanker, release the device; may be called again."""
        ...
