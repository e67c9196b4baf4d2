"""What is drawn: lines and areas, the tool in hand, steps back and forth. Decides; draws nothing itself."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from eclips4d.metrology.profiles.path import Line
from eclips4d.viewer.measuring.history import History
from eclips4d.viewer.measuring.shapes import LineShape, Shape
from eclips4d.viewer.measuring.sheet import Sheet

WIDER = 1.25
"""From one width of a line to the next."""


class Tool(Enum):
    """What the mouse draws next, and what to do for it."""

    LINE = "drag a line"
    RECTANGLE = "drag a rectangle"
    POLYGON = "click corners, the last one twice"


class Drawing:
    """All measurements, as the mouse and the keys change them."""

    def __init__(self) -> None:
        self._history = History(Sheet())
        self._begun = False
        self.tool: Tool | None = None

    @property
    def sheet(self) -> Sheet:
        """All lines and areas."""
        return self._history.present

    @property
    def line(self) -> Line | None:
        """The line whose profile is shown."""
        shape = self.line_shape
        return None if shape is None else shape.ends

    @property
    def line_shape(self) -> LineShape | None:
        """The same with its width."""
        one = self.sheet.chosen_line
        return one.shape if one is not None and isinstance(one.shape, LineShape) else None

    def begin(self, line: Line) -> None:
        """Draw the first line, once; that cannot be taken back."""
        if not self._begun:
            self._begun = True
            if self.line is None:
                self._history = self._history.amended(self.sheet.added(LineShape(line)))

    def put_line(self, line: Line) -> None:
        """Put the line whose profile is shown somewhere else, or draw one where there is none."""
        shape, one = self.line_shape, self.sheet.chosen_line
        if shape is None or one is None:
            self._begun = True
            self.draw(LineShape(line))
        else:
            self._history = self._history.to(self.sheet.reshaped(one.identity, replace(shape, ends=line)))

    def draw(self, shape: Shape) -> None:
        """One more line or area, selected; a line is as wide as the one before."""
        if isinstance(shape, LineShape) and self.line_shape is not None:
            shape = replace(shape, width_nm=self.line_shape.width_nm)
        self._step(self.sheet.added(shape))
        self.tool = None

    def reshape(self, identity: int, shape: Shape) -> None:
        """A drag goes on: it is one step until `release`."""
        if self.sheet.get(identity) is not None:
            self._step(self.sheet.reshaped(identity, shape).selecting(identity), gesture=("drag", identity))

    def release(self) -> None:
        """The drag is over."""
        self._history = self._history.released()

    def select(self, identity: int | None) -> None:
        """Read this one out."""
        self._history = self._history.amended(self.sheet.selecting(identity))

    def select_next(self, by: int = 1) -> None:
        """Read the next one out."""
        self.select(self.sheet.next_to(by))

    def delete(self) -> None:
        """Away with the selected one."""
        if self.sheet.chosen is not None:
            self._step(self.sheet.without(self.sheet.chosen.identity))

    def rename(self, name: str) -> None:
        """Another name for the selected one; an empty one is none."""
        name = " ".join(name.split())[:40]
        if self.sheet.chosen is not None and name:
            self._step(self.sheet.renamed(self.sheet.chosen.identity, name))

    def set_width(self, width_nm: float) -> None:
        """Average the line whose profile is shown over so much across it."""
        one, shape = self.sheet.chosen_line, self.line_shape
        if one is not None and shape is not None:
            self._step(self.sheet.reshaped(one.identity, replace(shape, width_nm=width_nm)), ("width", one.identity))

    def widen(self, steps: int, least_nm: float) -> None:
        """Average over more, or less; below `least_nm` over nothing."""
        shape = self.line_shape
        if shape is None:
            return
        width = max(shape.width_nm, least_nm) * WIDER**steps if shape.width_nm or steps > 0 else 0.0
        self.set_width(0.0 if width < least_nm else round(width, 3))

    def undo(self) -> None:
        """One step back."""
        self._history = self._history.undone()

    def redo(self) -> None:
        """One step forth."""
        self._history = self._history.redone()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._history.past)

    @property
    def is_touched(self) -> bool:
        """Whether anything was done besides the first line."""
        return self.can_undo or self.can_redo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step that was taken back."""
        return bool(self._history.future)

    def take_tool(self, tool: Tool | None) -> None:
        """The mouse draws this next; the same once more puts it away."""
        self.tool = None if tool is self.tool else tool

    def lines_in_order(self) -> tuple[LineShape, ...]:
        """All lines, the one whose profile is shown first."""
        first = self.line_shape
        others = (shape for _, shape in self.sheet.all_lines() if shape != first)
        return () if first is None else (first, *others)

    def _step(self, sheet: Sheet, gesture: object = None) -> None:
        self._history = self._history.to(sheet, gesture)
