"""What stands in the address of an instrument that pushes whole frames, and what is known of its source by that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.core.settings import Settings
from eclips4d.core.source import SourceInfo


def _names(value: object) -> object:
    return tuple(value.split(",")) if isinstance(value, str) else value


class PushedFrames(Settings):
    """Parameters of the address: what the frames will be, which has to be known before the first one comes."""

    width: PositiveInt
    height: PositiveInt
    bits: Literal["8", "16"] = "16"
    fps: Annotated[float, Field(gt=0)] | None = None
    """About so many frames come in a second; the sender's ring is made for it, and silence is noticed."""
    frames: PositiveInt | None = None
    """The source ends after so many, counted from the run's beginning; without end when absent."""
    channels: Annotated[tuple[str, ...], BeforeValidator(_names)] | None = None
    """Names of the segments' images, in the order of the instrument file's azimuths."""

    @property
    def dtype(self) -> str:
        """Of the pixels."""
        return f"uint{self.bits}"


def pushed_info(
    kind: str,
    address: str,
    instrument: Instrument,
    frames: PushedFrames,
    segments: tuple[str, ...],
    *,
    start_utc: str,
    side_units: Mapping[str, str] | None = None,
) -> SourceInfo:
    """What the source says of itself.

    Raises
    ------
    InputError
        As many segments as the instrument file does not have.
    """
    if len(segments) != instrument.segments:
        raise InputError(
            f"{len(segments)} channels, but the instrument file has {instrument.segments} azimuths",
            where=address,
            cure="name one channel per azimuth",
        )
    # An instrument file that was written for a recording may hold that one's times.
    scan = instrument.scan.model_copy(update={"frame_times_s": None})
    instrument = instrument.model_copy(update={"scan": scan})
    return SourceInfo(
        kind=kind,
        address=address,
        identity=address.split("?", 1)[0],
        instrument_toml=to_toml(instrument),
        instrument=instrument.fingerprint,
        segments=segments,
        dtype=frames.dtype,
        shape=(len(segments), frames.height, frames.width),
        frames=frames.frames,
        can_wait=False,
        start_utc=start_utc,
        frames_per_second=frames.fps,
        side_units=dict(side_units or {}),
        pushed=True,
    )
