"""What is asked for only while its panel is in sight: how sure the surface is, and the surface in three dimensions."""

from __future__ import annotations

from dataclasses import replace

from eclips4d.viewer.doubt import DOUBTS
from eclips4d.viewer.picture import DoubtAsked, Levels, ReliefAsked

STRETCHES = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""By which heights can be stretched; 0 stands for what makes them visible."""
RELIEF_COLOURS = ("height", "slope", "trust")


class Extras:
    """Choices, and which of those panels can be seen."""

    def __init__(self) -> None:
        self.doubt_name = next(iter(DOUBTS))
        self.doubt_in_sight = False
        self.relief_asked = ReliefAsked()
        self.relief_in_sight = False
        self._levels: dict[str, Levels] = {}

    @property
    def doubt(self) -> DoubtAsked | None:
        """What to ask for, if anything."""
        if not self.doubt_in_sight:
            return None
        return DoubtAsked(self.doubt_name, self._levels.get(self.doubt_name))

    @property
    def relief(self) -> ReliefAsked | None:
        """What to ask for, if anything."""
        return self.relief_asked if self.relief_in_sight else None

    def see(self, *, doubt: bool, relief: bool) -> None:
        """Which of the panels can be seen."""
        self.doubt_in_sight, self.relief_in_sight = doubt, relief

    def set_doubt_levels(self, levels: Levels) -> None:
        """Show these with the ends of the colour map."""
        if levels[1] > levels[0]:
            self._levels[self.doubt_name] = levels

    def levels_of(self, name: str) -> Levels | None:
        """Levels of one of those maps; None while they are not found."""
        return self._levels.get(name)

    def hold(self, asked: DoubtAsked, levels: Levels | None) -> None:
        """Levels that were found from a picture stay."""
        if levels is not None:
            self._levels.setdefault(asked.name, levels)

    def refit(self) -> None:
        """Find the levels anew."""
        self._levels.clear()

    def set_stretch(self, stretch: float) -> None:
        """Stretch heights so many times."""
        self.relief_asked = replace(self.relief_asked, stretch=stretch)

    def set_colour(self, name: str) -> None:
        """Let the colours of the relief tell this."""
        self.relief_asked = replace(self.relief_asked, colour=name)
