"""Open the window, or paint it into a file. Qt is imported here and only when it is needed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.core.errors import InputError, MissingInputError, StoreError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from eclips4d.viewer.window import Window

PAINT_TIMEOUT_S = 60.0


def show(
    path: Path,
    *,
    follow: bool = True,
    stack: int | None = None,
    notices: str | None = None,
    report: Path | None = None,
    size: tuple[int, int] = (1600, 1000),
) -> int:
    """Open the window on a store, finished, growing, or not there yet, and return when it is closed.

    Parameters
    ----------
    path : Path
        The store.
    follow : bool
        Show the newest frame as it comes; otherwise start at the first.
    stack : int, optional
        Frames to average; as many as the run was begun with when not given.
    notices : str, optional
        Where the store's owner publishes what the store cannot tell.
    report : Path, optional
        File that is to hold the number of frames that were committed but never shown.
    size : (int, int)
        Width and height, screen pixels.

    Returns
    -------
    int
        0, or 130 when it was ended by Ctrl-C.

    Raises
    ------
    InputError
        Qt is not installed, there is no display, `stack` is out of range, or `notices` is no address.
    """
    _require_qt()
    if not _has_display():
        raise InputError("no display to open a window on", where=str(path), cure="paint it instead: --png FILE")
    app = _application(offscreen=False)
    window = _window(path, follow=follow, stack=stack, notices=notices, report=report)
    window.resize(*size)
    window.show()
    window.start()
    with _ended_by_signals(window) as code:
        app.exec()
    _dispose(window)
    return code[0]


def paint(path: Path, png: Path, *, stack: int | None = None, size: tuple[int, int] = (1600, 1000)) -> None:
    """Paint the window on the newest frame of a store into a PNG; no screen is needed.

    Parameters
    ----------
    path : Path
        The store.
    png : Path
        The file to write.
    stack : int, optional
        Frames to average; as many as the run was begun with when not given.
    size : (int, int)
        Width and height, pixels.

    Raises
    ------
    InputError
        Qt is not installed, `png` is no .png in a folder that is there, the store is not there or holds no frame yet.
    StoreError
        The store cannot be read, or the PNG not written.
    """
    _require_qt()
    _check_png(png)
    if not path.exists():
        raise MissingInputError("no store", where=str(path), cure="give a RUN.zarr")
    app = _application(offscreen=True)
    with _quiet_plugin():
        _paint(app, path, png, stack, size)


def _paint(app: QApplication, path: Path, png: Path, stack: int | None, size: tuple[int, int]) -> None:
    from PySide6.QtCore import Qt

    window = _window(path, stack=stack)
    try:
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        window.resize(*size)
        window.show()
        window.load(PAINT_TIMEOUT_S)
        picture = window.model.picture
        if picture.trouble:
            raise StoreError(picture.trouble, where=str(path))
        if picture.raw is None and picture.surface is None:
            raise InputError(picture.note, where=str(path), cure="wait for a frame")
        app.processEvents()
        window.draw()
        if not window.grab().save(str(png), "PNG"):
            raise StoreError("the picture cannot be written", where=str(png))
    finally:
        _dispose(window)


def _check_png(png: Path) -> None:
    if png.suffix.lower() != ".png":
        raise InputError("pictures are painted as PNG only", where=str(png), cure="give a name that ends in .png")
    if not png.parent.is_dir():
        raise MissingInputError("no such folder", where=str(png.parent), cure="make the folder first")


def _window(
    path: Path,
    *,
    follow: bool = True,
    stack: int | None = None,
    notices: str | None = None,
    report: Path | None = None,
) -> Window:
    from eclips4d.core.stacking import check_frames
    from eclips4d.viewer.model import Model
    from eclips4d.viewer.notices import Notices
    from eclips4d.viewer.reader import Reader
    from eclips4d.viewer.report import Report
    from eclips4d.viewer.store import StoreFrames
    from eclips4d.viewer.window import Window

    if stack is not None:
        check_frames(stack, "--stack")
    heard = Notices(notices) if notices else None
    told = Report(report) if report else None
    model = Model(follow=follow, stack=stack)
    return Window(model, Reader(StoreFrames(path)), title=path.name, notices=heard, report=told)


def _dispose(window: Window) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    window.close()
    window.deleteLater()
    # No event loop runs any more that would do it.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _application(*, offscreen: bool) -> QApplication:
    from PySide6.QtWidgets import QApplication

    from eclips4d.viewer.fonts import ensure_font

    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    app = QApplication(["eclips4d", *(["-platform", "offscreen"] if offscreen else [])])
    ensure_font(app)
    return app


def _require_qt() -> None:
    missing = [name for name in ("PySide6", "pyqtgraph") if find_spec(name) is None]
    if missing:
        raise InputError(f"{' and '.join(missing)} not installed", where="window", cure="pip install eclips4d[viewer]")


def _has_display() -> bool:
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


@contextmanager
def _quiet_plugin() -> Iterator[None]:
    """Keep the one thing off the terminal that the offscreen plugin says about every window."""
    from PySide6.QtCore import qInstallMessageHandler

    def pass_on(_kind: object, _where: object, text: str | None) -> None:
        if text and "propagateSizeHints" not in text:
            sys.stderr.write(f"{text}\n")

    before = qInstallMessageHandler(pass_on)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


@contextmanager
def _ended_by_signals(window: Window) -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM close the window as its button would; the exit code is in the list."""
    code = [0]
    if threading.current_thread() is not threading.main_thread():
        yield code
        return

    def end(number: int, _: object) -> None:
        code[0] = 130 if number == signal.SIGINT else 0
        window.close()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
