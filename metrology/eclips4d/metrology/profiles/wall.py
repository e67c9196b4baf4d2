"""The angle of a wall that somebody knows: of a crystal's face, or of the facets that steps of a surface are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from eclips4d.core.errors import InputError
from eclips4d.metrology.profiles.response import Response

FLATTEST_DEG, STEEPEST_DEG = 1.0, 70.0
"""Beyond the latter the detector sees next to nothing of a wall, and tells nothing of its height."""
LEAST_U_DEG, MOST_U_DEG = 0.1, 20.0
USUAL_U_DEG = 1.0
EXAMPLE = "give DEG or DEG:U, as 54.7 or 54.7:0.5"


@dataclass(frozen=True, slots=True)
class Wall:
    """What is known of the walls of all steps of a run, whatever their pixels show.

    Attributes
    ----------
    angle_deg : float
        Between wall and terrace, 1 to 70.
    u_deg : float
        Its standard uncertainty, 0.1 to 20.

    Raises
    ------
    InputError
        An angle or an uncertainty beyond that.
    """

    angle_deg: float
    u_deg: float = USUAL_U_DEG

    def __post_init__(self) -> None:
        """Refuse what no wall has, or what tells nothing."""
        if not FLATTEST_DEG <= self.angle_deg <= STEEPEST_DEG:
            cure = f"give {FLATTEST_DEG:g} to {STEEPEST_DEG:g}, between wall and terrace"
            raise InputError(f"no height is read off a wall of {self.angle_deg:g} degrees", cure=cure)
        if not LEAST_U_DEG <= self.u_deg <= MOST_U_DEG:
            what = f"a wall's angle is not known to {self.u_deg:g} degrees"
            raise InputError(what, cure=f"give a standard uncertainty of {LEAST_U_DEG:g} to {MOST_U_DEG:g}")

    @property
    def words(self) -> str:
        """Such as 54.7° ± 0.5°."""
        return f"{self.angle_deg:g}° ± {self.u_deg:g}°"

    def told_to(self, response: Response) -> Response:
        """The same response, knowing the wall."""
        return replace(response, riser_deg=self.angle_deg, riser_u_deg=self.u_deg)

    def contradicts(self, angle_deg: float) -> bool:
        """Whether an angle that was read, with the wall known, is another one: more than three u off."""
        return math.isfinite(angle_deg) and abs(abs(angle_deg) - self.angle_deg) > 3.0 * self.u_deg


def parse_wall(text: str) -> Wall:
    """An angle in degrees, and its standard uncertainty after a colon.

    Raises
    ------
    InputError
        Not one or two numbers, or no angle that a wall has.
    """
    try:
        numbers = [float(word) for word in text.split(":")]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 2:
        raise InputError("not the angle of a wall", where=text, cure=EXAMPLE)
    return Wall(*numbers)


def open_words(share: float) -> str:
    """What is said of a height of which the unknown angle leaves this share open (`step.StepReading.wall_open`)."""
    told = f"{100.0 * share:.2g} % (in its uncertainty)"
    return f"pixels do not tell how steep the wall is, and the height depends on it, {told}"


def contradicted_words(wall: Wall, read_deg: float) -> str:
    """What is said where pixels show another angle than was declared."""
    return (
        f"the wall reads {abs(read_deg):.3g}°, not the {wall.words} that was declared; "
        "heights there lean on what was declared: measure without it"
    )
