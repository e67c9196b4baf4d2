"""Frames in, registered surfaces out: one reference, a small state, and nothing else remembered."""

from __future__ import annotations

import msgspec

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.results import Drift, Registered, Surface
from eclips4d.registration.drift import DriftState, as_drift, expected_ends, first_state, predict, scan_time, update
from eclips4d.registration.reference import Reference, measure, prepare_reference
from eclips4d.registration.resample import resample

STATE_VERSION = 1


class Registrar:
    """Registers the frames of one run, in order, against its first frame.

    The same frames give the same bits, whether the registrar lived through the run or was resumed from its state
    at any frame in between.
    """

    def __init__(self, header: FrameHeader, reference: Reference, state: DriftState) -> None:
        self._header, self._reference, self._state = header, reference, state

    @classmethod
    def start(cls, header: FrameHeader, raw: RawArray, calibration: Calibration) -> Registrar:
        """A registrar whose reference is this frame.

        Raises
        ------
        InputError
            The calibration is for another number of segments.
        """
        return cls(header, prepare_reference(raw, calibration), first_state(header))

    @classmethod
    def resume(cls, header: FrameHeader, raw: RawArray, calibration: Calibration, state: bytes) -> Registrar:
        """Goes on after the frame at which `state()` was taken; header, pixels and calibration are the reference's.

        Raises
        ------
        InputError
            The state was not written by this version.
        """
        if not state:
            return cls.start(header, raw, calibration)
        try:
            version, belief = msgspec.msgpack.decode(state, type=tuple[int, DriftState])
        except (msgspec.MsgspecError, ValueError) as error:
            raise InputError(f"unreadable registration state: {error}", where=header.label) from error
        if version != STATE_VERSION or len(belief.mean) != 6 or len(belief.covariance) != 36:
            raise InputError(
                f"registration state of version {version}, this is version {STATE_VERSION}",
                where=header.label,
                cure="finish the run with the version that began it",
            )
        return cls(header, prepare_reference(raw, calibration), belief)

    def state(self) -> bytes:
        """All that later frames depend on besides the reference; a few hundred bytes."""
        return msgspec.msgpack.encode((STATE_VERSION, self._state))

    def register(self, header: FrameHeader, raw: RawArray, surface: Surface) -> Registered:
        """The frame's drift, and its surface on the specimen's grid.

        A frame whose shift cannot be found keeps the predicted drift and says `aligned=False`.

        Raises
        ------
        InputError
            The frame's shape differs from the reference's.
        """
        drift = self.locate(header, raw)
        return Registered(resample(surface, drift), drift)

    def locate(self, header: FrameHeader, raw: RawArray) -> Drift:
        """As `register`, without moving any surface."""
        if raw.shape != self._reference.shape:
            raise InputError(
                f"shape {raw.shape} differs from the reference's {self._reference.shape}",
                where=header.label,
                cure="start a new run when the scan changes",
            )
        if header.sequence == self._header.sequence:
            return Drift((0.0, 0.0), reference=header.sequence)
        believed = predict(self._state, header)
        expected, spread = expected_ends(believed, raw.shape[1])
        shift = measure(self._reference, raw, expected, spread, rates=scan_time(header) > 0)
        if shift.aligned:
            believed = update(believed, shift, raw.shape[1])
        self._state = believed
        return as_drift(believed, aligned=shift.aligned, reference=self._header.sequence)
