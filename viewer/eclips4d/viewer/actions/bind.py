"""From actions to menus and shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QMainWindow, QMenu

from eclips4d.viewer.actions.action import Action, Menu


class FieldsFirst(QObject):
    """What is typed into a field belongs to the field, also Enter, which Qt would give to a menu's entry before."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """As Qt asks for it."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            typing = isinstance(QApplication.focusWidget(), QLineEdit | QAbstractSpinBox)
            if typing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                event.accept()
                return True
        return False


def bind(window: QMainWindow, menus: Sequence[Menu]) -> None:
    """Put menus into the window's menu bar, their keys at work in the whole window, instead of those before."""
    bar = window.menuBar()
    bar.clear()
    if window.findChild(FieldsFirst) is None:
        window.installEventFilter(FieldsFirst(window))
    for menu in menus:
        made = bar.addMenu(menu.name)
        bound = [(action, _add(made, action, before)) for before, action in _with_group(menu.actions)]
        made.aboutToShow.connect(_refreshed(bound))


def _with_group(actions: Sequence[Action]) -> list[tuple[bool, Action]]:
    """Whether a line stands before each action."""
    return [(k > 0 and action.group != actions[k - 1].group, action) for k, action in enumerate(actions)]


def _add(menu: QMenu, action: Action, line_before: bool) -> QAction:
    if line_before:
        menu.addSeparator()
    made = menu.addAction(action.text)
    made.setShortcuts([QKeySequence(key) for key in action.keys])
    made.setCheckable(action.checked is not None)
    made.triggered.connect(lambda: action.do() if action.enabled is None or action.enabled() else None)
    return made


def _refreshed(bound: Sequence[tuple[Action, QAction]]) -> Callable[[], None]:
    def refresh() -> None:
        for action, made in bound:
            if action.checked is not None:
                made.setChecked(action.checked())
            if action.enabled is not None:
                made.setEnabled(action.enabled())

    return refresh
