"""The kinds of steps of the part `profiles`, read again by somebody who declares how steep their walls are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid
from eclips4d.metrology.profiles.step import StepReading, read_step
from eclips4d.metrology.profiles.wall import Wall
from eclips4d.pipeline.bench.metrology.profiles.cases import Case, Read, readings

F64 = NDArray[np.float64]
Declaration: TypeAlias = tuple[float, float]
"""By how much the declared angle of a wall is wrong, and what is said of its standard uncertainty, degrees."""
RIGHT: Declaration = (0.0, 1.0)
WRONG: tuple[Declaration, ...] = ((-5.0, 5.0), (5.0, 5.0))
BRIGHT, DARK = 3000.0, 300.0
"""Electrons per pixel: the former for mean errors, both for shares."""
NARROW_PX = 3.0
"""Walls of more pixels tell their angle by themselves: a few exposures show that declaring it harms nothing."""
UNTOLD_PX = 1.0
"""Below, what is declared decides: there it is tried wrongly, too."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step, all exposures.

    Attributes
    ----------
    case : Case
    dose : float64 [n]
    plain : tuple of StepReading [n]
        Nothing declared.
    declared : dict of Declaration to tuple of StepReading [n]
    """

    case: Case
    dose: F64
    plain: tuple[StepReading, ...]
    declared: dict[Declaration, tuple[StepReading, ...]]

    @property
    def narrow(self) -> bool:
        """Whether its pixels may not tell the angle."""
        return self.case.wall_px < NARROW_PX

    def errors(self, said: Declaration | None = None) -> F64:
        """Relative errors of the height at the highest dose, per cent."""
        steps = self.plain if said is None else self.declared[said]
        height = np.array([step.height_nm.value for step in steps])[self.dose == BRIGHT]
        return np.asarray(100.0 * (height / self.case.height_nm - 1.0), np.float64)

    def normalised(self, said: Declaration) -> F64:
        """|error|/(2u) of all exposures."""
        steps = self.declared[said]
        return np.array([step.height_nm.normalised_error(self.case.height_nm) for step in steps])

    def own_u(self, said: Declaration) -> float:
        """Median of what the readings at the highest dose say of their uncertainty, per cent."""
        u = np.array([step.height_nm.u for step in self.declared[said]])[self.dose == BRIGHT]
        return float(100.0 * np.median(u) / self.case.height_nm)

    @property
    def says_open(self) -> bool:
        """Whether most readings say that their height depends on an angle that nobody has told."""
        return float(np.mean([step.wall_open for step in self.plain])) > 0.5


def kind_of(case: Case, seeds: int, many: int) -> Kind:
    """Read one kind of step.

    Parameters
    ----------
    case : Case
    seeds : int
        Exposures with few electrons.
    many : int
        And with many.
    """
    reads = list(readings(case, {DARK: seeds, BRIGHT: many}))
    tried = (RIGHT, *WRONG) if case.wall_px < UNTOLD_PX else (RIGHT,)
    declared = {said: tuple(_declared(read, said) for read in reads) for said in tried}
    dose = np.array([read.dose for read in reads])
    return Kind(case, dose, tuple(read.step for read in reads), declared)


def _declared(read: Read, said: Declaration) -> StepReading:
    case, (off, u) = read.case, said
    grid = Grid((case.pixel_nm, case.pixel_nm))
    response = Wall(case.angle_deg + off, u).told_to(case.response)
    return read_step(read.profile, *case.intervals(rises=True), grid, response=response)
