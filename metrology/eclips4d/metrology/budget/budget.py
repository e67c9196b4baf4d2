"""All lines of a budget together: combined and expanded uncertainty, random and systematic apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import stdtrit

from eclips4d.metrology.budget.contribution import Contribution, Kind
from eclips4d.metrology.quantity import Quantity

if TYPE_CHECKING:
    import pandas as pd

COVERAGE_FACTOR = 2.0
_COVERED = 0.9545
"""Share of a normal distribution within two standard deviations."""


@dataclass(frozen=True, slots=True)
class Budget:
    """An uncertainty budget; its contributions are uncorrelated with each other unless they say otherwise.

    Attributes
    ----------
    measurand : str
        What was measured, in words.
    value : float
    unit : str
    contributions : tuple of Contribution
    notes : tuple of str
        What the numbers rest on, and what is not in them.
    """

    measurand: str
    value: float
    unit: str
    contributions: tuple[Contribution, ...]
    notes: tuple[str, ...] = ()

    @property
    def random_u(self) -> float:
        """Combined standard uncertainty of what differs from frame to frame."""
        return self._combined("random")

    @property
    def systematic_u(self) -> float:
        """Combined standard uncertainty of what all frames share."""
        return self._combined("systematic")

    @property
    def u(self) -> float:
        """Combined standard uncertainty: the root of the sum of squares (GUM 5.1.2)."""
        return math.hypot(self.random_u, self.systematic_u)

    @property
    def expanded_u(self) -> float:
        """U = 2 u."""
        return COVERAGE_FACTOR * self.u

    @property
    def degrees_of_freedom(self) -> float:
        """Effective ones: `u⁴ / Σ(u_i⁴/ν_i)` (Welch and Satterthwaite, GUM G.4.1)."""
        per = sum(c.of_result**4 / c.degrees_of_freedom for c in self.contributions if c.of_result > 0.0)
        return self.u**4 / per if per > 0.0 else math.inf

    @property
    def coverage_factor(self) -> float:
        """By which `u` is multiplied to cover 95.45 %: Student's t for the effective degrees of freedom, 2 for many."""
        dof = self.degrees_of_freedom
        if math.isinf(dof) or math.isnan(dof):
            return COVERAGE_FACTOR
        return float(stdtrit(max(dof, 1.0), 0.5 + _COVERED / 2.0))

    @property
    def assumed(self) -> tuple[Contribution, ...]:
        """Contributions whose uncertainty nobody stated or measured, and which matter."""
        return tuple(c for c in self.contributions if c.assumed and c.of_result > 0.0)

    def quantity(self) -> Quantity:
        """Value with both parts of its uncertainty."""
        return Quantity(self.value, self.random_u, self.systematic_u)

    def table(self) -> pd.DataFrame:
        """One row per contribution, in the order of the budget.

        Returns
        -------
        pandas.DataFrame
            Columns source, quantity, u, u_unit, distribution, evaluation (A or B), degrees_of_freedom, sensitivity,
            sensitivity_unit, contribution and contribution_unit, share (of the combined variance, 0-1), kind,
            correlated, assumed, origin, formula.
        """
        import pandas as pd

        total = self.u**2
        return pd.DataFrame(
            [
                {
                    "source": c.source,
                    "quantity": c.quantity,
                    "u": c.u,
                    "u_unit": c.unit,
                    "distribution": c.distribution,
                    "evaluation": c.evaluation,
                    "degrees_of_freedom": c.degrees_of_freedom,
                    "sensitivity": c.sensitivity,
                    "sensitivity_unit": f"{self.unit}/({c.unit})",
                    "contribution": c.of_result,
                    "contribution_unit": self.unit,
                    "share": c.of_result**2 / total if total > 0.0 else 0.0,
                    "kind": c.kind,
                    "correlated": c.correlated,
                    "assumed": c.assumed,
                    "origin": c.origin,
                    "formula": c.formula,
                }
                for c in self.contributions
            ]
        )

    def _combined(self, kind: Kind) -> float:
        return math.sqrt(sum(c.of_result**2 for c in self.contributions if c.kind == kind))
