"""What may stand in `obi://HOST[:PORT],…?…`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from eclips4d.acquisition.obi.commands import CYCLE_US, DAC_CODES, LARGEST_STEP, STEP
from eclips4d.core.settings import Settings


class ObiScan(Settings):
    """How the boards scan."""

    width: Annotated[int, Field(ge=2, le=8192)] = 1024
    """Pixels along a row."""
    height: Annotated[int, Field(ge=2, le=8192)] = 1024
    """Rows."""
    dwell_us: Annotated[float, Field(ge=CYCLE_US, le=8192.0)] = 1.0
    """Time per pixel; a whole number of 0.125 us."""
    settle: NonNegativeInt = 32
    """Pixels before each row that are thrown away: the beam comes back from the row before."""
    dark: Annotated[int, Field(ge=4, le=65535)] = 1024
    """Pixels that are sampled with the beam blanked, before each image."""
    frames: PositiveInt | None = None
    """How many; without end when absent."""

    @property
    def cycles(self) -> int:
        """Converter cycles of one pixel."""
        return max(1, round(self.dwell_us / CYCLE_US))

    @property
    def line_time_s(self) -> float:
        """Of one row, settling included."""
        return (self.width + self.settle) * self.cycles * CYCLE_US * 1e-6

    @property
    def step(self) -> int:
        """Between two pixels, in 1/256 code: the same along both axes, as large as the outputs and the number allow."""
        return min(LARGEST_STEP, DAC_CODES * STEP // max(self.width + self.settle, self.height))

    def start(self, pixels: int) -> int:
        """First code of so many pixels around the middle of an output's range."""
        return (DAC_CODES - pixels * self.step // STEP) // 2
