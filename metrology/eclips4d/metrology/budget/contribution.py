"""One line of an uncertainty budget: an input quantity, how well it is known, and what that does to the result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["random", "systematic"]
Evaluation: TypeAlias = Literal["A", "B"]
Distribution: TypeAlias = Literal["normal", "rectangular"]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one input quantity adds to the uncertainty of a result.

    Attributes
    ----------
    source : str
        What it belongs to, such as `noise` or `dark level`.
    quantity : str
        The input quantity, in words.
    u : float
        Its standard uncertainty.
    unit : str
        Of `u`.
    sensitivity : float
        Change of the result per unit of the input quantity.
    kind : str
        `random` where it differs from frame to frame, `systematic` where all frames share it.
    evaluation : str
        `A`: from the scatter of observations; `B`: from anything else.
    distribution : str
        That `u` was derived from; a rectangular one of half width a has u = a/√3.
    degrees_of_freedom : float
        Of `u`; infinite where it counts as known.
    origin : str
        Where the number is from.
    formula : str
        How the sensitivity was found.
    correlated : str
        What else errs together with it; empty where nothing does.
    assumed : bool
        True where nobody stated or measured `u`.
    """

    source: str
    quantity: str
    u: float
    unit: str
    sensitivity: float
    kind: Kind
    evaluation: Evaluation = "B"
    distribution: Distribution = "normal"
    degrees_of_freedom: float = math.inf
    origin: str = ""
    formula: str = ""
    correlated: str = ""
    assumed: bool = False

    @property
    def of_result(self) -> float:
        """Standard uncertainty of the result that it makes, in the result's unit."""
        return abs(self.sensitivity) * self.u if self.sensitivity else 0.0
