"""What is measured now and what was noted down, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from eclips4d.viewer.asking import present
from eclips4d.viewer.measuring.rows import Row
from eclips4d.viewer.measuring.words import significant
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.theme import Palette

HEADS = ("", "frame", "time (s)", "quantity", "value", "unit")
WIDTHS = (44, 54, 70, 130, 140, 40)
STRETCHES = 3
RIGHT = (1, 2, 4)
Index = QModelIndex | QPersistentModelIndex


class TablePanel:
    """Above, in the accent's colour, the present read-out; below what was noted down, the latest last.

    Parameters
    ----------
    palette : Palette
    on_note, on_export, on_steps : callable
        The buttons.
    on_strike : callable
        Told the places of noted rows that are to go.
    """

    def __init__(
        self,
        palette: Palette,
        on_note: Callable[[], None],
        on_export: Callable[[], None],
        on_steps: Callable[[], None],
        on_strike: Callable[[list[int]], None],
    ) -> None:
        self._now, self._noted = RowsModel(QColor(palette.accent)), RowsModel(None)
        self._views = [_view(self._now), _view(self._noted)]
        above, below = (view.horizontalHeader() for view in self._views)
        above.sectionResized.connect(
            lambda column, _, width: below.resizeSection(column, width) if column != STRETCHES else None
        )
        below.hide()
        self._on_strike = on_strike
        self._note = _button("Note down  ↵", "Append the present read-out to the table", on_note)
        self._strike = _button("Strike out", "Take the selected rows out of the table", self._struck)
        self._export = _button("Export…", "All noted rows as CSV or Parquet (Ctrl+S)", on_export)
        self._steps = _button(
            "Steps in all frames…",
            "The steps of the selected line in every frame, with velocities, as CSV or Parquet (Ctrl+Shift+S)",
            on_steps,
        )
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for view in self._views:
            layout.addWidget(view, 1)
        buttons = QHBoxLayout()
        for button in (self._note, self._strike, self._export, self._steps):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        self.widget = PanelFrame("Table", body, palette)
        self._drawn: tuple[object, ...] = ()

    def draw(self, model: Model) -> None:
        """Show the present read-out and what was noted down."""
        measuring = model.measuring
        now = (
            model.picture.surface,
            model.change is None,
            model.stack,
            measuring.sheet,
            measuring.focus,
            measuring.wall,
            measuring.drawn,
            measuring.answers,
            measuring.results.rows,
            measuring.words,
        )
        if now == self._drawn:
            return
        self._drawn = now
        rows, before = present(model), self._noted.rowCount()
        self._now.show(rows)
        self._noted.show(measuring.results.rows)
        if self._noted.rowCount() > before:
            self._views[1].scrollToBottom()
        self._note.setEnabled(bool(rows))
        self._export.setEnabled(bool(measuring.results.rows))
        self._views[1].setVisible(bool(measuring.results.rows))  # its room is for what is read now
        self._steps.setEnabled(measuring.sheet.chosen_line is not None)
        self._strike.setEnabled(bool(measuring.results.rows))
        words, tone = measuring.words
        noted = len(measuring.results.rows)
        what = f"now: {measuring.focus.value}" if rows else "select a line or an area"
        self.widget.inform(words or f"{what}   noted: {noted} rows", tone)

    def fit(self) -> None:
        """Show the latest row."""
        self._views[1].scrollToBottom()

    def _struck(self) -> None:
        self._on_strike([index.row() for index in self._views[1].selectionModel().selectedRows()])


class RowsModel(QAbstractTableModel):
    """Rows as Qt asks for them: only those in sight are ever made into words."""

    def __init__(self, colour: QColor | None) -> None:
        super().__init__()
        self._colour = colour
        self._rows: tuple[Row, ...] = ()

    def show(self, rows: tuple[Row, ...]) -> None:
        """Show these."""
        if rows == self._rows:
            return
        if len(rows) == len(self._rows):
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(HEADS) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """As Qt asks for it."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """As Qt asks for it."""
        return 0 if parent.isValid() else len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """As Qt asks for it."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        return _side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """As Qt asks for it."""
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(self._rows[index.row()])[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._rows[index.row()].quantity
        return self._colour if role == Qt.ItemDataRole.ForegroundRole else None


def _view(rows: RowsModel) -> QTableView:
    view = QTableView()
    view.setModel(rows)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setShowGrid(False)
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.setMinimumHeight(44)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(21)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    head = view.horizontalHeader()
    head.setMinimumSectionSize(24)
    for column, width in enumerate(WIDTHS):
        head.resizeSection(column, width)
    head.setSectionResizeMode(STRETCHES, QHeaderView.ResizeMode.Stretch)
    return view


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _cells(row: Row) -> tuple[str, ...]:
    value = significant(row.value, row.u, "")
    return row.name, str(row.frame), f"{row.time_s:.3f}", row.quantity, value, row.unit


def _button(text: str, hint: str, do: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(hint)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.clicked.connect(lambda: do())
    return button
