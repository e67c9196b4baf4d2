"""Open the window, or paint it into a file. Qt is imported here and only when it is needed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.core.errors import InputError, MissingInputError, StoreError
from eclips4d.storage.objects import is_object
from eclips4d.viewer.allocation import keep_freed

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from eclips4d.viewer.errands import Errands
    from eclips4d.viewer.remote.link import Place
    from eclips4d.viewer.window import Window
    from eclips4d.viewer.windows import Ways

PAINT_TIMEOUT_S = 60.0
NOTES_PATIENCE_S = 12.0
"""For the answer to a note that a view service passes on: longer than the run's owner takes, or a lock."""
SIGNALS_MS = 50
"""How often it is looked whether a signal came."""


def show(
    path: Path,
    *,
    follow: bool = True,
    stack: int | None = None,
    notices: str | None = None,
    notes: str | None = None,
    report: Path | None = None,
    size: tuple[int, int] = (1600, 1000),
    ways: Ways | None = None,
    place: Place | None = None,
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
    notes : str, optional
        Where it takes notes.
    report : Path, optional
        File that is to hold how many frames were committed but never shown, and how many were shown.
    size : (int, int)
        Width and height, screen pixels, where no window is remembered.
    ways : callable, optional
        To the owners of stores that are opened from the window: from a store to `(notices, notes)`.
    place : Place, optional
        Of a store on another host, seen through its view service; `path` is then its name.

    Returns
    -------
    int
        0, or 130 when it was ended by Ctrl-C.

    Raises
    ------
    InputError
        Qt is not installed, there is no display, `stack` is out of range, or `notices` or `notes` is no address.
    """
    _require_qt()
    if not _has_display():
        raise InputError("no display to open a window on", where=str(path), cure="paint it instead: --png FILE")
    from eclips4d.viewer.memory import usual_file
    from eclips4d.viewer.recent import RecentRuns
    from eclips4d.viewer.windows import Windows, no_ways

    app = _application(offscreen=False)
    make = partial(_window, memory=usual_file())
    windows = Windows(make, RecentRuns(usual_file()), size, ways or no_ways)
    with _ended_by_signals(windows.close) as code:
        ends: dict[str, object] = {"notices": notices, "notes": notes} if place is None else {"place": place}
        windows.open(path, follow=follow, stack=stack, report=report, **ends)
        app.exec()
    windows.dispose()
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
    if not is_object(path) and not path.exists():
        raise MissingInputError("no store", where=str(path), cure="give a RUN.zarr")
    app = _application(offscreen=True)
    with _quiet_plugin():
        _paint(app, path, png, stack, size)


def paint_pictures(path: Path, folder: Path, *, stack: int | None = None) -> Iterator[str]:
    """Paint the window in every layout and every panel by itself, in all looks, into a folder.

    Without a screen what needs OpenGL is left out.

    Parameters
    ----------
    path : Path
        The store.
    folder : Path
        Made where it is not there.
    stack : int, optional
        Frames to average; as many as the run was begun with when not given.

    Yields
    ------
    str
        What was written, in words, or what was not.

    Raises
    ------
    InputError
        Qt is not installed, or the store is not there.
    """
    _require_qt()
    if not is_object(path) and not path.exists():
        raise MissingInputError("no store", where=str(path), cure="give a RUN.zarr")
    folder.mkdir(parents=True, exist_ok=True)
    _application(offscreen=not _has_display())
    from eclips4d.viewer.exporting import pictures

    with _quiet_plugin():
        window = _window(path, stack=stack)
        try:
            yield from pictures.paint_pictures(window, folder)
        finally:
            _dispose(window)


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
    notes: str | None = None,
    report: Path | None = None,
    memory: Path | None = None,
    errands: Errands | None = None,
    place: Place | None = None,
) -> Window:
    from eclips4d.core.stacking import check_frames
    from eclips4d.viewer.measuring.movies import StoredMovies
    from eclips4d.viewer.measuring.session import Session
    from eclips4d.viewer.memory import WindowMemory
    from eclips4d.viewer.model import Model
    from eclips4d.viewer.notes.archive import ArchiveNotes
    from eclips4d.viewer.notes.live import LiveNotes
    from eclips4d.viewer.notes.pad import NotePad
    from eclips4d.viewer.notices import Notices
    from eclips4d.viewer.on_screen import OnScreen
    from eclips4d.viewer.reader import Reader
    from eclips4d.viewer.report import Report
    from eclips4d.viewer.store import StoreFrames
    from eclips4d.viewer.window import Window

    if stack is not None:
        check_frames(stack, "--stack")
    if place is not None:
        return _remote_window(place, follow=follow, stack=stack, memory=memory, errands=errands)
    heard = Notices(notices) if notices else None
    live = LiveNotes(notes) if notes else None
    pad = NotePad(live, ArchiveNotes(path))
    told = Report(report) if report else None
    model = Model(follow=follow, stack=stack, measuring=Session(StoredMovies(path)))
    frames = StoreFrames(path)
    return Window(
        model,
        Reader(frames, frames.ahead),
        title=path.name,
        notices=heard,
        report=told,
        memory=WindowMemory(memory),
        notes=pad,
        errands=errands,
        on_screen=None if live is None else OnScreen(live.tell),
    )


def _remote_window(
    place: Place, *, follow: bool, stack: int | None, memory: Path | None, errands: Errands | None
) -> Window:
    """On a store of another host; notes take the same way as questions."""
    from eclips4d.viewer.errands import Errands
    from eclips4d.viewer.memory import WindowMemory
    from eclips4d.viewer.model import Model
    from eclips4d.viewer.notes.live import LiveNotes
    from eclips4d.viewer.notes.pad import NotePad
    from eclips4d.viewer.reader import Reader
    from eclips4d.viewer.remote.frames import RemoteFrames
    from eclips4d.viewer.remote.movies import RemoteSession
    from eclips4d.viewer.window import Window

    model = Model(follow=follow, stack=stack, measuring=RemoteSession(place))
    reader = Reader(RemoteFrames(place))
    way = LiveNotes(place.address, place.name, place.prepare, NOTES_PATIENCE_S)
    errands = errands or Errands()
    errands.place = place
    return Window(
        model, reader, title=place.title, memory=WindowMemory(memory), notes=NotePad(way, way), errands=errands
    )


def _dispose(window: Window) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    window.close()
    window.deleteLater()
    # No event loop runs any more that would do it.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _application(*, offscreen: bool) -> QApplication:
    # Before Qt, which looks through the source of every module that is imported after it.
    import_module("eclips4d.viewer.store")
    from PySide6.QtWidgets import QApplication

    from eclips4d.viewer.fonts import ensure_font

    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    keep_freed()
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
def _ended_by_signals(close: Callable[[], None]) -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM close all windows as their buttons would; the exit code is in the list."""
    from PySide6.QtCore import QCoreApplication, QTimer

    code = [0]
    if threading.current_thread() is not threading.main_thread():
        yield code
        return
    asked: list[int] = []

    def end() -> None:
        if asked:
            code[0] = 130 if asked[0] == signal.SIGINT else 0
            close()
            QCoreApplication.quit()

    # Windows are closed by the event loop alone: a signal may come before it has begun, or while a window is made.
    timer = QTimer()
    timer.timeout.connect(end)
    timer.start(SIGNALS_MS)

    def note(number: int, _: object) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield code
    finally:
        timer.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
