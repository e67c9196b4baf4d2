"""Files that are dropped anywhere onto a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget


class Drops(QObject):
    """Watches a window for files.

    Parameters
    ----------
    window : QWidget
    on_paths : callable
        Told what was dropped.
    """

    def __init__(self, window: QWidget, on_paths: Callable[[Sequence[Path]], object]) -> None:
        super().__init__(window)
        self._on_paths = on_paths
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """As Qt asks for it."""
        if event.type() == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent) and local(event.mimeData()):
            event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent) and (paths := local(event.mimeData())):
            event.acceptProposedAction()
            self._on_paths(paths)
            return True
        return False


def local(data: QMimeData) -> list[Path]:
    """Files and folders of this host."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()] if data.hasUrls() else []
