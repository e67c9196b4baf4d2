"""Menu `Measure`: lines and areas, what is read of them, and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QInputDialog

from eclips4d.core.errors import InputError
from eclips4d.viewer.actions.action import Action
from eclips4d.viewer.asking import present
from eclips4d.viewer.exporting.names import proposal
from eclips4d.viewer.measuring.drawing import Tool

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window

KINDS = "CSV (*.csv);;Parquet (*.parquet)"


def measure_actions(window: Window) -> list[Action]:
    """What can be asked for."""
    return [*_tools(window), *_of_line(window), *_of_one(window), *_results(window)]


def _tools(window: Window) -> list[Action]:
    drawing = window.model.measuring.drawing

    def take(tool: Tool) -> None:
        drawing.take_tool(tool)
        window.height_map.listen()
        window.draw()

    def action(text: str, key: str, tool: Tool, hint: str = "") -> Action:
        return Action(text, lambda: take(tool), (key,), hint, checked=lambda: drawing.tool is tool, group="draw")

    return [
        action("Draw a line", "D", Tool.LINE, "draw a line (Shift and drag does, too)"),
        action("Draw a rectangle", "R", Tool.RECTANGLE),
        action("Draw a polygon", "G", Tool.POLYGON),
    ]


def _of_line(window: Window) -> list[Action]:
    return [
        Action("Wider line", lambda: _widen(window, 1), ("W",), "average the line over more", group="line"),
        Action("Narrower line", lambda: _widen(window, -1), ("Shift+W",), group="line"),
        Action("Put the line back", window.reset_line, ("L",), group="line"),
    ]


def _of_one(window: Window) -> list[Action]:
    drawing = window.model.measuring.drawing

    def then_draw(do: Callable[[], object]) -> Callable[[], None]:
        def both() -> None:
            do()
            window.draw()

        return both

    undo, redo = then_draw(drawing.undo), then_draw(drawing.redo)
    return [
        Action("Next one", then_draw(drawing.select_next), (".",), "select the next line or area", group="one"),
        Action("Rename…", lambda: _rename(window), enabled=lambda: drawing.sheet.chosen is not None, group="one"),
        Action("Delete", then_draw(drawing.delete), ("Del", "Backspace"), "remove the selected one", group="one"),
        Action("Undo", undo, ("Ctrl+Z",), enabled=lambda: drawing.can_undo, group="undo"),
        Action("Redo", redo, ("Ctrl+Shift+Z", "Ctrl+Y"), enabled=lambda: drawing.can_redo, group="undo"),
    ]


def _results(window: Window) -> list[Action]:
    keys = ("Return", "Enter")
    return [
        Action("Note down", lambda: note_down(window), keys, "note the read-out in the table", group="results"),
        Action("Spirals", lambda: _spirals(window), group="results"),
        Action("Export the table…", lambda: export_table(window), ("Ctrl+S",), group="export"),
        Action("Export the steps of this line…", lambda: export_steps(window), ("Ctrl+Shift+S",), group="export"),
    ]


def note_down(window: Window) -> None:
    """Append the present read-out to the table."""
    window.model.measuring.note(present(window.model))
    window.draw()


def declare_wall(window: Window, text: str) -> None:
    """Say how steep the walls of steps are, DEG or DEG:U, or that nobody knows; what is none is refused in words."""
    try:
        window.model.measuring.declare_wall(text)
    except InputError as error:
        window.model.measuring.say(str(error), failed=True)
    window.pull()


def export_table(window: Window, path: Path | None = None) -> None:
    """All noted rows as a file; asks for its name when none is given."""
    if not window.model.measuring.results.rows:
        window.model.measuring.say("nothing was noted yet: Enter notes the read-out", failed=True)
    else:
        _export(window, "Export the table", "measurements", window.model.measuring.export_table, path)


def export_steps(window: Window, path: Path | None = None) -> None:
    """The steps of the line in all frames as a file; asks for its name when none is given."""
    line = window.model.measuring.sheet.chosen_line
    if line is not None:
        _export(window, "Export the steps", f"steps {line.name}", window.model.measuring.export_steps, path)


def _export(window: Window, title: str, what: str, write: Callable[[Path], None], path: Path | None) -> None:
    if path is None:
        name = proposal(window.errands.store, what, None, ".csv")
        chosen, kind = QFileDialog.getSaveFileName(window, title, str(name), KINDS)
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(".parquet" if "parquet" in kind else ".csv")
    try:
        write(path)
    except InputError as error:
        window.model.measuring.say(str(error), failed=True)
    window.draw()


def _widen(window: Window, steps: int) -> None:
    grid = window.model.picture.grid
    if grid is not None:
        window.model.measuring.drawing.widen(steps, 2.0 * min(grid.pixel_size_nm))
        window.draw()


def _spirals(window: Window) -> None:
    """Look for them, and show what is found where it can be noted down."""
    window.area.bring("table")
    window.model.measuring.find_spirals(window.model.current)


def _rename(window: Window) -> None:
    one = window.model.measuring.sheet.chosen
    if one is not None:
        name, good = QInputDialog.getText(window, "Rename", f"Name of {one.name}:", text=one.name)
        if good:
            window.model.measuring.drawing.rename(name)
            window.draw()
