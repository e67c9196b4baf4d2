"""What the panels in sight need measured, and what is read out of what is shown."""

from __future__ import annotations

from collections.abc import Callable

from eclips4d.viewer.measuring.answers import Asked, LineReading
from eclips4d.viewer.measuring.rows import Row
from eclips4d.viewer.measuring.shapes import AreaShape
from eclips4d.viewer.model import Model

READ_BY = ("profile", "table")
"""Panels that show what is read of a line; of an area also the map."""
MEASURED_BY = ("table", "kymograph")
"""Panels that nobody opens but to measure."""


def asked(model: Model, in_sight: Callable[[str], bool]) -> Asked:
    """What is worth measuring while these panels can be seen.

    Parameters
    ----------
    model : Model
    in_sight : callable
        Whether a panel, by its name, can be seen.
    """
    surface, state, measuring = model.picture.surface, model.state, model.measuring
    if surface is None or state is None:
        return Asked()
    chosen = measuring.sheet.chosen
    readers = (*READ_BY, "height") if chosen is not None and isinstance(chosen.shape, AreaShape) else READ_BY
    # Steps along the line that a window begins with are nobody's question while a run needs the processors.
    worth = state.ended or measuring.drawing.is_touched or any(map(in_sight, MEASURED_BY))
    reading = measuring.question(surface.sequence, model.stack) if worth and any(map(in_sight, readers)) else None
    lines = measuring.drawing.lines_in_order() if in_sight("kymograph") else ()
    return Asked(reading, lines, state.committed if lines else 0, not state.ended)


def steps_shown(model: Model) -> LineReading | None:
    """The steps of the line whose height is shown, as read last; None before that, and where a change is shown.

    While frames come faster than steps are read, they are those of a frame before: `question` tells which.
    """
    if model.picture.surface is None or model.change is not None:
        return None
    reading = model.measuring.latest_line_reading()
    return reading if reading is not None and reading.question.stack == model.stack else None


def present(model: Model) -> tuple[Row, ...]:
    """What `Enter` notes down."""
    surface = model.picture.surface
    time_s = None if surface is None else model.time_of(surface.sequence)
    if surface is None or time_s is None:
        return ()
    sheet = model.measuring.sheet
    found = model.profile() if sheet.selected is not None and sheet.selected == sheet.line else None
    return model.measuring.present(
        surface.sequence, time_s, model.stack, None if found is None or model.change is not None else found[1]
    )
