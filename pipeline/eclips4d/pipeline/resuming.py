"""What a new registration process has been given of the frames that its state rests on."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import WireError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline.arrivals import received_raw
from eclips4d.registration.registrar import Registrar, frames_needed


@dataclass(frozen=True, slots=True)
class Resuming:
    """State and calibration, and the frames that have come."""

    state: bytes
    calibration: Calibration
    reference: FrameHeader
    frames: dict[int, RawArray]

    @property
    def missing(self) -> tuple[int, ...]:
        """Frames still to come."""
        return tuple(s for s in frames_needed(self.state) if s not in self.frames)

    def take(self, sequence: int, raw: AnyArray | None) -> None:
        """One of the missing frames has come.

        Raises
        ------
        WireError
            It is none of them, or no frame of this run.
        """
        if sequence not in self.missing:
            raise WireError(f"frame {sequence} was not asked for")
        self.frames[sequence] = received_raw(raw, self.reference, f"sequence {sequence}")

    def registrar(self) -> Registrar:
        """Goes on where the other process ended.

        Raises
        ------
        InputError
            The state was not written by this version.
        """
        return Registrar.resume(self.state, self.frames, self.calibration)
