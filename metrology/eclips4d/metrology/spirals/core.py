"""One spiral as one frame shows it."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.spirals.fit import Fit


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """Where steps end at a dislocation, and the spiral that they wind into.

    Attributes
    ----------
    x_nm, y_nm : Quantity
        Of the core on the frame's grid when its row was seen.
    sense : int
        +1 turns clockwise on the screen while it grows (and rises clockwise along its terrace), −1 the other way.
    arms : int
        How many steps wind out of it: rise of the terrace per circuit over the height of one riser.
    step_height_nm : Quantity
        Of one riser.
    burgers_steps : Quantity
        Rise per circuit over the height of an elementary step: `arms` times as many as there are in a riser; without
        an elementary height `arms`.
    spacing_nm : Quantity
        Of neighbouring arms far out.
    bend_nm : Quantity
        ρ: how far arms near the core lie from a spiral of Archimedes; the critical radius where Burton, Cabrera and
        Frank's law holds.
    riser_nm : Quantity
        Standard deviation of a riser's profile, blur of the pixel included.
    phase : Quantity
        Of the arms when the core's row was seen, in arms (0 to 1): grows by one whenever a step has passed.
    passage_per_s : Quantity
        Steps that pass per second, as the shear of this one scan tells; NaN for a frame taken in one instant.
    time_s : float
        When the core's row was seen.
    explained : float
        Share of the relief around it that the spiral explains.
    turns : float
        How many arms lie between the core and the far end of what was fitted.
    fit : Fit
    """

    x_nm: Quantity
    y_nm: Quantity
    sense: int
    arms: int
    step_height_nm: Quantity
    burgers_steps: Quantity
    spacing_nm: Quantity
    bend_nm: Quantity
    riser_nm: Quantity
    phase: Quantity
    passage_per_s: Quantity
    time_s: float
    explained: float
    turns: float
    fit: Fit
