"""What may stand in `nidaq://DEVICE?…`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from eclips4d.core.settings import Settings

TICK_US = 0.01
"""Of the clock that all of a device's rates are made from, 100 MHz."""


def _words(value: object) -> object:
    return tuple(value.split(",")) if isinstance(value, str) else value


Pair = Annotated[tuple[float, float], BeforeValidator(_words)]
Along = Annotated[int, Field(ge=2, le=8192)]


class NiScan(Settings):
    """How the device scans. Voltages in V, times in us."""

    inputs: Annotated[tuple[NonNegativeInt, ...], BeforeValidator(_words)] = (0, 1, 2, 3)
    """Analogue inputs, in the order of the instrument file's azimuths."""
    outputs: Annotated[tuple[NonNegativeInt, ...], BeforeValidator(_words), Field(min_length=2, max_length=2)] = (0, 1)
    """Analogue outputs to the column's X and Y scan inputs."""
    blank: str = ""
    """Digital line to the blanker, such as port0/line0; without it no dark level is measured."""
    blank_at: Literal["high", "low"] = "high"
    """Level of that line that blanks the beam."""
    width: Along = 512
    """Pixels along a row."""
    height: Along = 512
    """Rows."""
    dwell_us: Annotated[float, Field(ge=0.1, le=1e6)] = 10.0
    """Time per pixel."""
    samples: Annotated[int, Field(ge=1, le=1024)] = 4
    """Of each input within a pixel; their mean is the pixel."""
    flyback: Annotated[int, Field(ge=1, le=4096)] = 32
    """Pixels for the way back to the next row; with a blanker the beam is off meanwhile."""
    settle: NonNegativeInt = 16
    """Pixels before each row that are thrown away: the beam is under way at its speed when the row begins."""
    settle_rows: NonNegativeInt = 1
    """Rows above the image that are thrown away."""
    delay_us: Annotated[float, Field(ge=0, le=1e5)] = 0.0
    """By which the inputs are behind the outputs: filters of the amplifiers, lag of the deflection."""
    x_volts: Pair = (-5.0, 5.0)
    """Outputs at the left and right end of a row, settling included."""
    y_volts: Pair = (5.0, -5.0)
    """Outputs at the first and last row."""
    volts: Pair = (-10.0, 10.0)
    """Inputs that become 0 and 65535; the other way round for amplifiers that invert."""
    frames: PositiveInt | None = None
    """How many; without end when absent."""
    scene: str = ""
    """What `nidaq://fake` sees: a simulated microscope's address."""

    @field_validator("blank")
    @classmethod
    def _a_line(cls, blank: str) -> str:
        if blank and not re.fullmatch(r"port\d+/line\d+", blank):
            raise ValueError("is no digital line such as port0/line0")
        return blank

    @model_validator(mode="after")
    def _fitting(self) -> NiScan:
        if len(set(self.inputs)) < len(self.inputs):
            raise ValueError("one of the inputs is named twice")
        if self.outputs[0] == self.outputs[1]:
            raise ValueError("X and Y have one output")
        for name, limit in (("x_volts", 10.0), ("y_volts", 10.0), ("volts", 10.0)):
            low, high = getattr(self, name)
            if low == high or max(abs(low), abs(high)) > limit:
                raise ValueError(f"{name} has to be two different voltages within -10 and 10")
        return self
