"""All windows of one process: it ends with the last of them; each has a reader of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QSize, QTimer
from PySide6.QtGui import QGuiApplication

from eclips4d.viewer.errands import Errands
from eclips4d.viewer.opening import Processing
from eclips4d.viewer.recent import RecentRuns

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window

FRAME_PX = 12, 44
"""What a window manager draws around a window, about: both sides, and title and lower edge."""
ASIDE_PX = 32
"""How far a further window lies from the one before."""
Ways = Callable[[Path], tuple[str | None, str | None]]
"""Where the owner of a store publishes notices and takes notes, if it has one."""


def no_ways(store: Path) -> tuple[str | None, str | None]:
    """Nobody knows."""
    return None, None


def _within(size: QSize, screen: QSize) -> QSize:
    """As large as is wanted, or as can be seen whole with its frame; where nobody sees it, as large as is wanted."""
    seen = QGuiApplication.platformName() != "offscreen"
    return size.boundedTo(screen - QSize(*FRAME_PX)) if seen else size


class Windows:
    """Opens and keeps them.

    Parameters
    ----------
    make : callable
        A window on a store: `make(store, errands=…, follow=…, notices=…, …)`.
    recent : RecentRuns
    size : (int, int)
        Of a window where none is remembered, screen pixels; smaller where the screen is.
    ways : callable
        To owners of stores.
    """

    def __init__(
        self, make: Callable[..., Window], recent: RecentRuns, size: tuple[int, int], ways: Ways = no_ways
    ) -> None:
        self._make, self.recent, self._size, self._ways = make, recent, size, ways
        self._started: list[Processing] = []
        self.open_ones: list[Window] = []

    def open(self, store: Path, **options: Any) -> Window:
        """A new window on a store, at work.

        Parameters
        ----------
        store : Path
            It need not exist yet.
        **options
            As `make` takes them.
        """
        is_here = options.get("place") is None
        errands = Errands(store if is_here else None)
        window = self._make(store, errands=errands, **options)
        errands.desk = _DeskOf(self, window, store, options)
        self.open_ones.append(window)
        if is_here:
            self.recent.add(store)
        if not window.remembered:
            window.resize(_within(QSize(*self._size), window.screen().availableSize()))
        window.show()
        window.start()
        for one in self.open_ones:
            one.make_menus()  # they list what was opened last
        return window

    def open_beside(self, window: Window, store: Path) -> Window:
        """Instead of a window that has shown nothing yet, else besides it."""
        made = self.open(store, **dict(zip(("notices", "notes"), self._ways(store), strict=True)))
        if window.model.state is None:
            made.setGeometry(window.geometry())
            window.close()
        else:
            made.move(window.pos() + QPoint(ASIDE_PX, ASIDE_PX))
        return made

    def open_again(self, window: Window, store: Path, options: dict[str, Any]) -> Window:
        """One more window on the same run."""
        # One window reports what was not shown.
        made = self.open(store, **{name: value for name, value in options.items() if name != "report"})
        made.move(window.pos() + QPoint(ASIDE_PX, ASIDE_PX))
        return made

    def hold(self, processing: Processing) -> None:
        """Keep what is known of a run that was started here."""
        self._started.append(processing)

    def forget(self, window: Window) -> None:
        """It has closed."""
        if window in self.open_ones:
            self.open_ones.remove(window)
            window.deleteLater()

    def close(self) -> None:
        """All of them, as their buttons would."""
        for window in list(self.open_ones):
            window.close()

    def dispose(self) -> None:
        """Close them and let them go; no event loop runs any more that would do it."""
        self.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class _DeskOf:
    """The desk as one window sees it. What it asks for is done after the event that asked: it may close the window."""

    def __init__(self, windows: Windows, window: Window, store: Path, options: dict[str, Any]) -> None:
        self._windows, self._window = windows, window
        self._store, self._options = store, options
        self._held: Processing | None = None

    def open(self, store: Path) -> None:
        QTimer.singleShot(0, partial(self._open, store, self._held))
        self._held = None

    def open_again(self) -> None:
        QTimer.singleShot(0, lambda: self._windows.open_again(self._window, self._store, self._options))

    def recent(self) -> tuple[Path, ...]:
        return tuple(run for run in self._windows.recent.runs() if run != self._store.absolute())

    def hold(self, processing: Processing) -> None:
        self._windows.hold(processing)
        self._held = processing

    def closed(self) -> None:
        self._windows.forget(self._window)

    def _open(self, store: Path, processing: Processing | None) -> None:
        made = self._windows.open_beside(self._window, store)
        if processing is not None:
            made.errands.watch(processing)
