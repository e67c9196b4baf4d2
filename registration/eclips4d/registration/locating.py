"""Where frames lie on the grid, each as soon as that is known: the run's first frame only with the one after it.

The first frame is undisplaced by definition, but it was scanned while the content drifted, and only the next frame
shows how far. Put on the grid as if nothing had moved, it would be the one distorted frame of the run, and every change
of height since then would show its distortion. So it waits for the next frame, or until none will come.
"""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.results import Drift
from eclips4d.registration.memory import Memory
from eclips4d.registration.placement import Placement
from eclips4d.registration.registrar import Registrar


@dataclass(frozen=True, slots=True)
class Located:
    """A frame whose place is known.

    Attributes
    ----------
    header : FrameHeader
    placement : Placement
    memory : Memory
        Registration's, after the frame.
    events : tuple of str
        What is worth telling of it.
    """

    header: FrameHeader
    placement: Placement
    memory: Memory
    events: tuple[str, ...] = ()


class Locator:
    """Takes the frames of one run in order and says where they lie, in order, none or several at a time."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._held: tuple[FrameHeader, Drift, Memory] | None = None

    @property
    def waiting(self) -> int | None:
        """Sequence of the frame that waits for the next one."""
        return None if self._held is None else self._held[0].sequence

    def take(self, header: FrameHeader, raw: RawArray) -> tuple[Located, ...]:
        """One frame more.

        Raises
        ------
        InputError
            The frame's shape differs from the first one's.
        """
        registrar = self._registrar
        drift = registrar.locate(header, raw)
        if registrar.rate_to_come:
            self._held = (header, drift, registrar.memory)
            return ()
        before = self.no_more()
        placement = registrar.placement(drift, registrar.rows)
        return (*before, Located(header, placement, registrar.memory, registrar.events))

    def no_more(self) -> tuple[Located, ...]:
        """The frame that waits, if one does, with what is known of it by now."""
        if self._held is None:
            return ()
        (header, drift, memory), self._held = self._held, None
        now = self._registrar.memory
        if now.grid == memory.grid and header.sequence in now.poses.sequences:
            drift = self._registrar.drift_of(header.sequence)
        return (Located(header, self._registrar.placement(drift, memory=memory), memory),)
