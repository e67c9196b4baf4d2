"""Surfaces onto the grid, each as soon as its drift is known: the run's first frame only with the one after it.

The first frame is undisplaced by definition, but it was scanned while the content drifted, and only the next frame
shows how far. Put on the grid as if nothing had moved, it would be the one distorted frame of the run, and every change
of height since then would show its distortion. So it waits for the next frame, or until none will come.
"""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.results import Drift, Registered, Surface
from eclips4d.registration.memory import Memory
from eclips4d.registration.registrar import Registrar


@dataclass(frozen=True, slots=True)
class Placed:
    """A registered frame, registration's state after it, and what is worth telling of it."""

    sequence: int
    registered: Registered
    state: bytes
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    header: FrameHeader
    surface: Surface
    drift: Drift
    memory: Memory


class Placer:
    """Takes the frames of one run in order and gives them back registered, in order, none or several at a time."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._held: _Held | None = None

    @property
    def waiting(self) -> int | None:
        """Sequence of the frame that waits for the next one."""
        return None if self._held is None else self._held.header.sequence

    def take(self, header: FrameHeader, raw: RawArray, surface: Surface) -> tuple[Placed, ...]:
        """One frame more.

        Raises
        ------
        InputError
            The frame's shape differs from the first one's.
        """
        drift = self._registrar.locate(header, raw)
        if self._registrar.rate_to_come:
            self._held = _Held(header, surface, drift, self._registrar.memory)
            return ()
        before = self.no_more()
        registered = self._registrar.place(header, surface, drift, self._registrar.rows)
        return (*before, Placed(header.sequence, registered, self._registrar.state(), self._registrar.events))

    def no_more(self) -> tuple[Placed, ...]:
        """The frame that waits, if one does, with what is known of it by now."""
        if self._held is None:
            return ()
        held, self._held = self._held, None
        sequence, now = held.header.sequence, self._registrar.memory
        known = now.grid == held.memory.grid and sequence in now.poses.sequences
        drift = self._registrar.drift_of(sequence) if known else held.drift
        registered = self._registrar.place(held.header, held.surface, drift, memory=held.memory)
        return (Placed(sequence, registered, self._registrar.state(held.memory)),)
