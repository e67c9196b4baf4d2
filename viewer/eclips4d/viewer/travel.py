"""How one gets from frame to frame besides step and slider: playing, and from event to event; knows no Qt."""

from __future__ import annotations

from collections.abc import Callable

from eclips4d.viewer.event_marks import neighbour
from eclips4d.viewer.model import Model


class Travel:
    """What a user can ask for.

    Parameters
    ----------
    model : Model
    pull : callable
        Shows what the model wants now.
    """

    def __init__(self, model: Model, pull: Callable[[], object]) -> None:
        self._model, self._pull = model, pull

    def play(self) -> None:
        """Play, or pause."""
        self._model.play(not self._model.player.playing)
        self._pull()

    def set_speed(self, speed: float) -> None:
        """Play so many times faster than the run was."""
        self._model.player.set_speed(speed)
        self._pull()

    def change_speed(self, steps: int) -> None:
        """Play faster, or slower."""
        self._model.player.change_speed(steps)
        self._pull()

    def loop(self) -> None:
        """Begin again at the end, or do not."""
        self._model.player.loop = not self._model.player.loop

    def to_event(self, direction: int) -> None:
        """Show the frame of the next event, or of the one before; where there is none, stay."""
        sequence = neighbour(self._model.marks, self._model.current, direction)
        if sequence is not None:
            self._model.select(sequence)
            self._pull()
