"""Pictures of the window for a page: every layout, and every panel by itself, in all looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDeadlineTimer, QEventLoop, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from eclips4d.viewer.actions.measure import note_down
from eclips4d.viewer.exporting.names import whole
from eclips4d.viewer.panels.layouts import LAYOUTS, Column, Layout, Row
from eclips4d.viewer.panels.surface3d import without_opengl
from eclips4d.viewer.theme import PALETTES

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window

WINDOW_PX, PANEL_PX = (1200, 750), (760, 480)
NEEDS_OPENGL = ("surface",)
SETTLES_WITHIN_MS = 60_000
QUIET_ROUNDS = 6
"""Of the event loop without anything new, after which nothing more is expected."""
LINE = (0.12, 0.30), (0.88, 0.62)
"""Ends of the line that is measured, in shares of the field's width and height."""


def paint_pictures(window: Window, folder: Path) -> Iterator[str]:
    """Paint them one after the other; each time what was written, or why not, in words.

    Parameters
    ----------
    window : Window
        On a store with frames; not at work yet.
    folder : Path
        Which is there.
    """
    if without_opengl():
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    window.resize(*WINDOW_PX)
    window.show()
    window.start()
    _prepare(window)
    for look in PALETTES:
        window.set_look(look)
        window.menuBar().show()
        for name, layout in LAYOUTS.items():
            yield _painted(window, layout, WINDOW_PX, folder / f"layout-{name.lower()}-{look}.png", whole=True)
        for aside in (window.state_bar, window.time_bar, window.menuBar()):
            aside.hide()
        QApplication.processEvents()  # only then may the window become smaller
        for name in window.docked:
            if name in NEEDS_OPENGL and without_opengl():
                yield f"{name}: not painted, it needs OpenGL (use a screen, such as xvfb-run)"
                continue
            yield _painted(window, only(name), PANEL_PX, folder / f"{name}-{look}.png")


def only(panel: str) -> Layout:
    """A layout of one panel."""
    return Layout((Row(1, (Column(1, (panel,)),)),))


def pixels(image: QImage) -> NDArray[np.uint8]:
    """[row, column, rgb]."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return lines[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def write_png(image: NDArray[np.uint8], path: Path) -> int:
    """Write [row, column, rgb] with all its colours, as small as deflate makes it; how many bytes it has."""
    from PIL import Image

    with whole(path) as partial:
        Image.fromarray(image).save(partial, "PNG", optimize=True)
        return partial.stat().st_size


def _prepare(window: Window) -> None:
    """A line that crosses the field, measured over all frames, and its read-out in the table."""
    _settle(window, lambda: window.model.picture.surface is not None)
    grid = window.model.picture.grid
    if grid is None:
        return
    left, top, width, height = grid.rectangle_nm
    (ax, ay), (bx, by) = ((left + x * width, top + y * height) for x, y in LINE)
    window.move_line(((ax, ay), (bx, by)))
    window.arrange("Measure")
    _settle(window, lambda: _is_measured(window))
    note_down(window)


def _is_measured(window: Window) -> bool:
    measuring, state, surface = window.model.measuring, window.model.state, window.model.picture.surface
    series = measuring.series()
    if surface is None or state is None or measuring.drawing.line is None:
        return True
    read = measuring.line_reading(surface.sequence, window.model.stack) is not None
    return read and series is not None and (bool(series.note) or series.linked >= series.wanted)


def _painted(window: Window, layout: Layout, size: tuple[int, int], path: Path, *, whole: bool = False) -> str:
    window.resize(*size)
    window.area.arrange(layout)
    window.fit()
    _settle(window, lambda: not window.model.measuring.words[0])
    window.draw()  # what was said for some seconds is not any more
    shown: QWidget = window if whole else window.area
    written = write_png(pixels(shown.grab().toImage()), path)
    return f"{path.name}: {written / 1000:.0f} kB"


def _settle(window: Window, is_there: Callable[[], bool]) -> None:
    """Let the window work until it shows what it wants to show, or does not get any further."""
    deadline, quiet, before = QDeadlineTimer(SETTLES_WITHIN_MS), 0, object()
    while quiet < QUIET_ROUNDS and not deadline.hasExpired():
        # The window's own timer wakes it.
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        now = window.model.picture
        settled = is_there() and now is before and now.wanted == window.model.wanted
        quiet, before = (quiet + 1 if settled else 0), now
