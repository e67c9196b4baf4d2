"""All measurements at one moment: a value that never changes, so that a step back is the value before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from eclips4d.viewer.measuring.shapes import AreaShape, LineShape, Shape


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line or area.

    Attributes
    ----------
    identity : int
        Its own as long as the window is open; also says which colour of the series it has.
    name : str
        L1, L2, … or A1, A2, … unless it was given another one.
    shape : LineShape or AreaShape
    """

    identity: int
    name: str
    shape: Shape

    @property
    def series(self) -> int:
        """Place of its colour in `Palette.series`, which begins anew when it is at its end."""
        return self.identity - 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """All measurements.

    Attributes
    ----------
    measurements : tuple of Measurement
        In the order in which they were drawn.
    selected : int or None
        Identity of the one that is read out.
    line : int or None
        Identity of the line whose profile is shown: the selected one, or the line that was selected last.
    drawn, lines, areas : int
        How many there have been; names and identities are not given twice.
    """

    measurements: tuple[Measurement, ...] = ()
    selected: int | None = None
    line: int | None = None
    drawn: int = 0
    lines: int = 0
    areas: int = 0

    def get(self, identity: int | None) -> Measurement | None:
        """The one with this identity."""
        return next((m for m in self.measurements if m.identity == identity), None)

    @property
    def chosen(self) -> Measurement | None:
        """The selected one."""
        return self.get(self.selected)

    @property
    def chosen_line(self) -> Measurement | None:
        """The line whose profile is shown."""
        return self.get(self.line)

    def added(self, shape: Shape) -> Sheet:
        """With one more, which is selected."""
        identity, is_line = self.drawn + 1, isinstance(shape, LineShape)
        lines, areas = self.lines + is_line, self.areas + (not is_line)
        made = Measurement(identity, f"L{lines}" if is_line else f"A{areas}", shape)
        more = Sheet((*self.measurements, made), self.selected, self.line, identity, lines, areas)
        return more.selecting(identity)

    def without(self, identity: int) -> Sheet:
        """With one less; the one before it is selected."""
        left = tuple(m for m in self.measurements if m.identity != identity)
        before = [m.identity for m in left if m.identity < identity] or [m.identity for m in left]
        less = replace(self, measurements=left)
        less = replace(less, line=self.line if less.get(self.line) else _last_line(left))
        return less.selecting(before[-1] if before else None) if self.selected == identity else less

    def reshaped(self, identity: int, shape: Shape) -> Sheet:
        """With one somewhere else."""
        return self._with(identity, lambda m: replace(m, shape=shape))

    def renamed(self, identity: int, name: str) -> Sheet:
        """With one under another name."""
        return self._with(identity, lambda m: replace(m, name=name))

    def selecting(self, identity: int | None) -> Sheet:
        """With another one selected, or none."""
        one = self.get(identity)
        line = identity if one is not None and isinstance(one.shape, LineShape) else self.line
        return replace(self, selected=None if one is None else identity, line=line)

    def next_to(self, by: int) -> int | None:
        """Identity of the one so many places after the selected one, round and round."""
        names = [m.identity for m in self.measurements]
        if not names:
            return None
        at = names.index(self.selected) if self.selected in names else -1
        return names[(at + by) % len(names)]

    def all_lines(self) -> list[tuple[Measurement, LineShape]]:
        """Lines, in their order."""
        return [(m, m.shape) for m in self.measurements if isinstance(m.shape, LineShape)]

    def all_areas(self) -> list[tuple[Measurement, AreaShape]]:
        """Areas, in their order."""
        return [(m, m.shape) for m in self.measurements if isinstance(m.shape, AreaShape)]

    def _with(self, identity: int, change: Callable[[Measurement], Measurement]) -> Sheet:
        return replace(self, measurements=tuple(change(m) if m.identity == identity else m for m in self.measurements))


def _last_line(measurements: tuple[Measurement, ...]) -> int | None:
    lines = [m.identity for m in measurements if isinstance(m.shape, LineShape)]
    return lines[-1] if lines else None
