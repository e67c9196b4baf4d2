"""What may stand in `sharksem://HOST[:PORT]?…`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveInt, model_validator

from eclips4d.core.settings import Settings


def _list(value: object) -> object:
    return tuple(value.split(",")) if isinstance(value, str) else value


def _depth(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdigit() else value


Along = Annotated[int, Field(ge=1, le=8192)]


class ScanSettings(Settings):
    """How the microscope is asked to scan."""

    channels: Annotated[tuple[NonNegativeInt, ...], BeforeValidator(_list)] = (0, 1, 2, 3)
    """Image channels, in the order of the instrument file's azimuths."""
    detectors: Annotated[tuple[str, ...], BeforeValidator(_list)] = ()
    """Name or number of the detector for each channel; without it what the microscope's own software has chosen."""
    bpp: Annotated[Literal[8, 16], BeforeValidator(_depth)] = 16
    """Bits per pixel."""
    width: Along = 1024
    """Pixels along a row."""
    height: Along = 1024
    """Rows."""
    dwell_us: Annotated[float, Field(ge=0.001, le=1e6)] | None = None
    """Time per pixel, us; without it what the instrument file says."""
    frames: PositiveInt | None = None
    """How many; without end when absent."""

    @model_validator(mode="after")
    def _fitting(self) -> ScanSettings:
        if len(set(self.channels)) < len(self.channels):
            raise ValueError("one of the channels is named twice")
        if self.detectors and len(self.detectors) != len(self.channels):
            raise ValueError(f"{len(self.detectors)} detectors for {len(self.channels)} channels")
        return self

    @property
    def field_px(self) -> int:
        """The scan field is a square of so many pixels, of which the image is the middle."""
        return max(self.width, self.height)

    @property
    def window(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom pixel of the image in that square."""
        left, top = (self.field_px - self.width) // 2, (self.field_px - self.height) // 2
        return left, top, left + self.width - 1, top + self.height - 1
