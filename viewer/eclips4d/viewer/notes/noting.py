"""Notes of a window: the pad, and where in the run the window stands when a key is pressed."""

from __future__ import annotations

from eclips4d.viewer.model import Model
from eclips4d.viewer.notes.pad import NotePad


class Noting:
    """What the window asks for.

    A note belongs to the newest recorded frame while the run goes on, whichever frame is looked at: it tells what
    happens at the microscope. Afterwards it belongs to the frame that is shown.

    Parameters
    ----------
    pad : NotePad
    model : Model
    """

    def __init__(self, pad: NotePad, model: Model) -> None:
        self.pad, self._model = pad, model

    def begin(self) -> None:
        """Open the field."""
        self.pad.begin(*self._frame())

    def stamp(self, text: str) -> None:
        """Stamp these words for the key press that opened the field."""
        self.pad.stamp(text, ended=self._ended)

    def stamp_preset(self, number: int) -> None:
        """Stamp the words that belong to a key."""
        self.pad.stamp_preset(number, *self._frame(), ended=self._ended)

    @property
    def _ended(self) -> bool:
        return self._model.state is not None and self._model.state.ended

    def _frame(self) -> tuple[int | None, float | None]:
        state = self._model.state
        if state is None or not state.recorded:
            return None, None
        sequence = self._model.current if state.ended else self._model.last
        return sequence, self._model.time_of(sequence)
