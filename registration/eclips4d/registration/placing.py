"""Surfaces onto the grid, each as soon as the place of its frame is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.results import Registered, Surface
from eclips4d.registration.locating import Located, Locator
from eclips4d.registration.registrar import Registrar


@dataclass(frozen=True, slots=True)
class Placed:
    """A registered frame, registration's state after it, and what is worth telling of it."""

    sequence: int
    registered: Registered
    state: bytes
    events: tuple[str, ...] = ()


class Placer:
    """Takes the frames of one run in order and gives them back registered, in order, none or several at a time."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar, self._locator = registrar, Locator(registrar)
        self._surfaces: dict[int, Surface] = {}

    @property
    def waiting(self) -> int | None:
        """Sequence of the frame that waits for the next one."""
        return self._locator.waiting

    def take(self, header: FrameHeader, raw: RawArray, surface: Surface) -> tuple[Placed, ...]:
        """One frame more.

        Raises
        ------
        InputError
            The frame's shape differs from the first one's.
        """
        located = self._locator.take(header, raw)
        self._surfaces[header.sequence] = surface
        return self._placed(located)

    def no_more(self) -> tuple[Placed, ...]:
        """The frame that waits, if one does, with what is known of it by now."""
        return self._placed(self._locator.no_more())

    def look_back(self) -> None:
        """Do now what the next frame would wait for."""
        self._registrar.look_back()

    def _placed(self, located: Iterable[Located]) -> tuple[Placed, ...]:
        return tuple(self._one(each, self._surfaces.pop(each.header.sequence)) for each in located)

    def _one(self, located: Located, surface: Surface) -> Placed:
        registered = self._registrar.placed(located.header, surface, located.placement, located.memory)
        return Placed(located.header.sequence, registered, self._registrar.state(located.memory), located.events)
