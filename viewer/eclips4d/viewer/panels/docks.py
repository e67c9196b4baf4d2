"""Where panels are docked: an area in which they can be moved, tabbed, floated and closed, and layouts for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QToolButton

from eclips4d.viewer.panels.layouts import Layout
from eclips4d.viewer.panels.panel import Panel


class Docks(QMainWindow):
    """Docks of all panels; a panel that is hidden or behind another tab is not drawn.

    Parameters
    ----------
    panels : mapping of str to Panel
    on_shown : callable
        Told the name of a panel that has come into sight.
    exports : mapping of str to callable
        What exports a panel, for those that can be exported.
    """

    def __init__(
        self,
        panels: Mapping[str, Panel],
        on_shown: Callable[[str], None],
        exports: Mapping[str, Callable[[], object]] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.South)
        self.frames = [panel.widget for panel in panels.values()]
        self.docks = {name: _dock(name, panel, exports.get(name)) for name, panel in panels.items()}
        for name, dock in self.docks.items():
            dock.hide()  # all of them side by side would make a window that is shown wider
            self.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
            dock.visibilityChanged.connect(lambda visible, name=name: on_shown(name) if visible else None)

    def arrange(self, layout: Layout) -> None:
        """Place panels as a layout says, and hide those that it does not name."""
        for dock in self.docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        self._place(layout)
        for name, dock in self.docks.items():
            dock.setVisible(name in layout.names())
        for column in layout.columns():
            self.docks[column.tabs[0]].raise_()
        self._resize(layout)

    def _place(self, layout: Layout) -> None:
        rows = [[self.docks[column.tabs[0]] for column in row.columns] for row in layout.rows]
        self.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, rows[0][0])
        for above, below in pairwise(row[0] for row in rows):
            self.splitDockWidget(above, below, Qt.Orientation.Vertical)
        for row in rows:
            for left, right in pairwise(row):
                self.splitDockWidget(left, right, Qt.Orientation.Horizontal)
        for column in layout.columns():
            for behind in column.tabs[1:]:
                self.tabifyDockWidget(self.docks[column.tabs[0]], self.docks[behind])
        # A place for those, too: one without is forgotten by `saveState`, and shown by `restoreState`.
        for name, dock in self.docks.items():
            if name not in layout.names():
                self.tabifyDockWidget(rows[-1][-1], dock)

    def _resize(self, layout: Layout) -> None:
        rows = [[self.docks[column.tabs[0]] for column in row.columns] for row in layout.rows]
        self.resizeDocks([row[0] for row in rows], [row.height for row in layout.rows], Qt.Orientation.Vertical)
        for docks, row in zip(rows, layout.rows, strict=True):
            self.resizeDocks(docks, [column.width for column in row.columns], Qt.Orientation.Horizontal)

    def in_sight(self, name: str) -> bool:
        """Whether a panel can be seen at this moment."""
        return not self.docks[name].visibleRegion().isEmpty()

    def bring(self, name: str) -> None:
        """Show a panel, in front of its tabs."""
        self.docks[name].show()
        self.docks[name].raise_()

    def toggle(self, name: str) -> None:
        """Hide a panel that is in sight, or show it."""
        if self.in_sight(name):
            self.docks[name].hide()
        else:
            self.bring(name)


def _dock(name: str, panel: Panel, export: Callable[[], object] | None) -> QDockWidget:
    dock = QDockWidget(panel.widget.title)
    dock.setObjectName(name)
    dock.setWidget(panel.widget)
    if export is not None:
        panel.widget.corner.addWidget(_corner("⤓", "Export this panel as a figure (E)", export))
    for text, hint, do in (
        ("❐", "Float this panel, or dock it again", lambda: dock.setFloating(not dock.isFloating())),
        ("✕", "Hide this panel; the menu Panels shows it again", dock.hide),
    ):
        panel.widget.corner.addWidget(_corner(text, hint, do))
    dock.setTitleBarWidget(panel.widget.head)
    return dock


def _corner(text: str, hint: str, do: Callable[[], object]) -> QToolButton:
    button = QToolButton()
    button.setObjectName("corner")
    button.setText(text)
    button.setToolTip(hint)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.clicked.connect(lambda: do())
    return button
