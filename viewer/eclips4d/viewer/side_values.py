"""What was recorded beside the frames, such as temperature and pressures, as plots show it; knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.viewer.outline import MOST_POINTS, outline

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run

Values = NDArray[np.float64]
PREFIX = "side_"
MOST_SHOWN = 6
"""Of more, the others are named."""
SPELLED: Mapping[str, str] = {"degC": "°C", "deg": "°", "um": "µm", "uA": "µA", "ohm": "Ω"}
"""Units as they stand in a store, and on a screen."""


@dataclass(frozen=True, slots=True, eq=False)
class SideValue:
    """One of them.

    Attributes
    ----------
    name, unit : str
    values : float64 [frame]
        NaN where a frame tells none.
    time_s, drawn : float64 [point]
        What is drawn of it: where frames tell it, joined over those that do not.
    """

    name: str
    unit: str
    values: Values
    time_s: Values
    drawn: Values

    def words(self, frame: int) -> str:
        """The value of a frame with its unit; a dash where there is none."""
        if not 0 <= frame < self.values.size or not np.isfinite(self.values[frame]):
            return "–"
        number = f"{self.values[frame]:.4g}".replace("-", "−")
        return f"{number} {self.unit}".strip()

    @property
    def reach(self) -> tuple[float, float] | None:
        """Least and greatest value; None where there is none."""
        return (float(self.drawn.min()), float(self.drawn.max())) if self.drawn.size else None


@dataclass(frozen=True, slots=True, eq=False)
class SideValues:
    """Those that are shown, the names of the others, and how many frames there are."""

    shown: tuple[SideValue, ...]
    others: tuple[str, ...]
    frames: int
    span_s: tuple[float, float]


class SideMemory:
    """The side values of a growing run; of each frame they are read once."""

    def __init__(self) -> None:
        self._of: tuple[str, tuple[str, ...]] = ("", ())
        self._values: dict[str, Values] = {}
        self._made: SideValues | None = None

    def read(self, run_id: str, run: Run) -> SideValues | None:
        """Of all recorded frames; the very same object as before when nothing is new, None where there are none.

        Parameters
        ----------
        run_id : str
            What is known of another run is forgotten.
        run : Run
            What is recorded at this moment.
        """
        names = tuple(str(name) for name in run.variables if str(name).startswith(PREFIX))
        count = run.sizes["time"]
        if (run_id, names) != self._of or (self._made is not None and count < self._made.frames):
            # A value that came late makes its column anew: it is NaN in the frames before.
            self._of, self._values, self._made = (run_id, names), {}, None
        if not names or not count:
            return None
        if self._made is None or self._made.frames != count:
            self._made = self._read_on(names, run)
        return self._made

    def _read_on(self, names: tuple[str, ...], run: Run) -> SideValues:
        time_s = run["time"].values.astype(np.float64)
        shown = []
        for name in names[:MOST_SHOWN]:
            known = self._values.get(name, np.empty(0))
            fresh = run[name][known.size :].values.astype(np.float64)
            self._values[name] = np.concatenate([known, fresh])
            unit = str(run[name].attrs.get("units", ""))
            shown.append(side_value(name.removeprefix(PREFIX), unit, time_s, self._values[name]))
        others = tuple(name.removeprefix(PREFIX) for name in names[MOST_SHOWN:])
        return SideValues(tuple(shown), others, time_s.size, (float(time_s[0]), float(time_s[-1])))


def side_value(name: str, unit: str, time_s: Values, values: Values, most: int = MOST_POINTS) -> SideValue:
    """One of them, with what is drawn of it in about so many points."""
    told = np.flatnonzero(np.isfinite(values) & np.isfinite(time_s))
    drawn = told[outline(values[None, told], most)] if told.size else told
    return SideValue(name.replace("_", " "), SPELLED.get(unit, unit), values, time_s[drawn], values[drawn])
