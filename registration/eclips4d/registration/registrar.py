"""Frames in, registered surfaces out: a few remembered frames, a small state, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.results import Datum, Drift, Registered, Surface
from eclips4d.registration.channels import segment_means
from eclips4d.registration.datum import DatumTrack
from eclips4d.registration.height_samples import SeenHeight, seen_height
from eclips4d.registration.look import Eye, Look, open_eye
from eclips4d.registration.memory import Memory, decode, encode
from eclips4d.registration.placement import Placement, onto_grid
from eclips4d.registration.poses import first_pose
from eclips4d.registration.robust import BLOCK_PX
from eclips4d.registration.staying import still_at
from eclips4d.registration.straightening import rows_of
from eclips4d.registration.tracking import SECOND, Sighting, asked, can_be_undone, drift_of, follow_frame, on_grid


class Registrar:
    """Registers the frames of one run, in order.

    The same frames give the same bits, whether the registrar lived through the run or was resumed from its state
    at any frame in between.

    Attributes
    ----------
    sightings : tuple of Sighting
        What the last frame was seen by.
    events : tuple of str
        What is worth telling of the last frame: jumps, new grids.
    jump_px : float
        How far the last frame was from where it could be expected; zero but for jumps.
    rows : float64 [y, 2], optional
        How far each row of the last frame is displaced by itself, pixels, where that is more than noise.
    """

    def __init__(self, eye: Eye, memory: Memory, looks: dict[int, Look], datum: DatumTrack) -> None:
        self._eye, self._memory, self._looks, self._datum = eye, memory, looks, datum
        self.sightings: tuple[Sighting, ...] = ()
        self.events: tuple[str, ...] = ()
        self.jump_px = 0.0
        self.rows: NDArray[np.float64] | None = None
        self._to_come: Memory | None = None
        """What the next frame goes by, once the last one has been asked."""

    @classmethod
    def start(cls, header: FrameHeader, raw: RawArray, calibration: Calibration) -> Registrar:
        """A registrar whose first grid is this frame's.

        Raises
        ------
        InputError
            The calibration is for another number of segments.
        """
        means, first = segment_means(raw), header.sequence
        eye = open_eye(raw.shape, means, calibration)
        memory = Memory(first_pose(header), tuple(means.tolist()), first, (first,))
        look = eye.look(raw)
        look.settle()
        return cls(eye, memory, {first: look}, DatumTrack.start(raw.shape[1:], header.pixel_size_nm, first))

    @classmethod
    def resume(cls, state: bytes, frames: Mapping[int, RawArray], calibration: Calibration) -> Registrar:
        """Goes on after the frame at which `state()` was taken.

        Parameters
        ----------
        state : bytes
        frames : mapping of int to uint8 or uint16 [n, y, x]
            The pixels of `frames_needed(state)`.
        calibration : Calibration

        Raises
        ------
        InputError
            The state was not written by this version, a frame is missing, or the calibration is for another number of
            segments.
        """
        memory = decode(state)
        missing = [s for s in memory.needed if s not in frames]
        if missing:
            raise InputError(f"registration cannot go on without frames {missing}")
        eye = open_eye(frames[memory.grid].shape, np.asarray(memory.means), calibration)
        looks = {s: eye.look(frames[s]) for s in memory.needed}
        for sequence, look in looks.items():
            if sequence != memory.poses.newest:
                look.settle()
        return cls(eye, memory, looks, DatumTrack.resume(memory.datum))

    @property
    def memory(self) -> Memory:
        """What is known after the last frame, but for the height datum."""
        return self._memory

    @property
    def rate_to_come(self) -> bool:
        """Whether only the next frame will show how far the content drifted while the last one was scanned."""
        return self._memory.count == 1 and self._memory.poses.scan_s > 0

    def state(self, memory: Memory | None = None) -> bytes:
        """All that later frames depend on besides the pixels of `frames_needed`; some ten kilobytes at most.

        Parameters
        ----------
        memory : Memory, optional
            Of an earlier frame, to go on from there.
        """
        return encode(replace(memory or self._memory, datum=self._datum.state()))

    def register(self, header: FrameHeader, raw: RawArray, surface: Surface) -> Registered:
        """The frame's drift, its surface on the grid of the frame that `drift.reference` names, and its height datum.

        A frame whose shift cannot be found keeps the predicted drift and says `aligned=False`. The first frame is taken
        as if nothing drifted while it was scanned: `placing` does better.

        Raises
        ------
        InputError
            The frame's shape differs from the first one's.
        """
        drift = self.locate(header, raw)
        return self.place(header, surface, drift, self.rows)

    def place(
        self,
        header: FrameHeader,
        surface: Surface,
        drift: Drift,
        rows: NDArray[np.float64] | None = None,
        memory: Memory | None = None,
    ) -> Registered:
        """The surface of a frame that has been located on the grid, and its height datum; frames in order.

        Parameters
        ----------
        header : FrameHeader
        surface : Surface
        drift : Drift
        rows : float64 [y, 2], optional
            How far each row is displaced by itself, pixels.
        memory : Memory, optional
            After the frame, where later ones have been located since.
        """
        return self.placed(header, surface, self.placement(drift, rows, memory), memory)

    def placement(
        self, drift: Drift, rows: NDArray[np.float64] | None = None, memory: Memory | None = None
    ) -> Placement:
        """Where the surface of a frame that has been located belongs; parameters as for `place`."""
        on = on_grid(memory or self._memory, drift)
        if not can_be_undone(on, self._eye.shape[1]):
            on, drift = (dataclasses.replace(d, rate=(0.0, 0.0), aligned=False) for d in (on, drift))
        return Placement(drift, on, rows)

    def placed(
        self, header: FrameHeader, surface: Surface, placement: Placement, memory: Memory | None = None
    ) -> Registered:
        """The surface on the grid, and its height datum; frames in order."""
        moved = onto_grid(surface, placement, header.pixel_size_nm)
        seen = seen_height(moved.height, moved.height_sd, header.pixel_size_nm)
        return Registered(moved, placement.drift, self.datum_of(header.sequence, placement.drift, seen, memory))

    def datum_of(self, sequence: int, drift: Drift, seen: SeenHeight, memory: Memory | None = None) -> Datum:
        """Datum of a frame whose height has been moved, wherever that was done; frames in order.

        Parameters
        ----------
        sequence : int
        drift : Drift
            Of its `Placement`.
        seen : SeenHeight
        memory : Memory, optional
            After the frame, where later ones have been located since.
        """
        known, lattice = memory or self._memory, self._datum.lattice
        self._datum.on_grid(drift.reference)
        still = still_at(known.staying, *lattice.pixels(), BLOCK_PX * self._eye.binning)
        static = None if still is None else lattice.sample_pixels(still)
        return self._datum.update_seen(seen, sequence, drift.aligned, static)

    def drift_of(self, sequence: int) -> Drift:
        """What is believed now of a frame that is still remembered."""
        return drift_of(self._memory, sequence, aligned=True)

    def locate(self, header: FrameHeader, raw: RawArray) -> Drift:
        """As `register`, without moving any surface."""
        if raw.shape != self._eye.shape:
            raise InputError(
                f"shape {raw.shape} differs from the first frame's {self._eye.shape}",
                where=header.label,
                cure="start a new run when the scan changes",
            )
        self.sightings, self.events, self.jump_px, self.rows = (), (), 0.0, None
        if header.sequence == self._memory.poses.newest and self._memory.count == 1:
            return self.drift_of(header.sequence)
        self.look_back()
        look, straight_before = self._eye.look(raw), not self._memory.rows.displaced
        outcome = follow_frame(self._eye, self._to_come or self._memory, self._looks, header, look)
        self._memory, self.sightings, self.events = outcome.memory, outcome.sightings, outcome.events
        self.jump_px = outcome.jump_px
        self._straighten(look, straight_before)
        self._looks = {s: look if s == header.sequence else self._looks[s] for s in outcome.memory.needed}
        self._to_come = None
        return outcome.drift

    def look_back(self) -> None:
        """Ask the last frame what is due to be asked, while nobody waits; else the next frame waits for it."""
        if self._to_come is None:
            try:
                self._to_come = asked(self._eye, self._memory, self._looks)
            except (ArithmeticError, ValueError):
                self._to_come = self._memory  # no answer, the same whoever asks; it will be due again
            for look in self._looks.values():
                look.settle()

    def _straighten(self, look: Look, straight_before: bool) -> None:
        """Finds displaced rows, if the frame was seen as a whole; the second of a run, and where some are known."""
        memory = self._memory
        whole = [s.shift for s in self.sightings if s.against == memory.grid and not memory.evolving]
        if not whole or memory.grid not in self._looks or not (memory.rows.displaced or memory.count == SECOND):
            return
        rows = rows_of(self._eye, memory.rows, memory.grid, self._looks[memory.grid], look, whole[0])
        if rows.offset is not None and straight_before:
            self.events = (*self.events, "rows are displaced by themselves, and are put straight")
        self.rows, self._memory = rows.offset, replace(memory, rows=rows.memory)


def frames_needed(state: bytes) -> tuple[int, ...]:
    """Sequences of the frames whose pixels `Registrar.resume` has to be given.

    Raises
    ------
    InputError
        The state was not written by this version.
    """
    return decode(state).needed
