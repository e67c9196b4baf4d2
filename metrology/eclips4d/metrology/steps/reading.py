"""Height, angle and width of every step of a profile, read between its neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from eclips4d.metrology.movie import Grid
from eclips4d.metrology.profiles.profile import Profile
from eclips4d.metrology.profiles.response import USUAL, Response
from eclips4d.metrology.profiles.step import StepReading, read_step
from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.steps.edge import RISER_SHARE, Edge

RISER = 3.0
"""Standard deviations of the slope on either side that are taken for the riser."""
TERRACE = 12.0
"""And how many of them at most for a terrace, beyond the riser."""


def read_edges(profile: Profile, edges: Sequence[Edge], grid: Grid, response: Response = USUAL) -> list[StepReading]:
    """What every edge of a profile measures, in their order; heights and angles are positive.

    A step whose terraces are too short for a reading of its own has what its hump of slope tells.

    Parameters
    ----------
    profile : Profile
    edges : sequence of Edge
        In the order of their places.
    grid : Grid
    response : Response
        What is known of specimen, beam and detector: `Movie.response`.
    """
    ends = float(profile.distance_nm[0]), float(profile.distance_nm[-1])
    readings = []
    for k, edge in enumerate(edges):
        before = edges[k - 1].position_nm + RISER * edges[k - 1].sd_nm if k else ends[0]
        after = edges[k + 1].position_nm - RISER * edges[k + 1].sd_nm if k + 1 < len(edges) else ends[1]
        readings.append(_read(profile, edge, (before, after), grid, response))
    return readings


def _read(profile: Profile, edge: Edge, free: tuple[float, float], grid: Grid, response: Response) -> StepReading:
    riser = edge.position_nm - RISER * edge.sd_nm, edge.position_nm + RISER * edge.sd_nm
    first = max(free[0], riser[0] - TERRACE * edge.sd_nm), riser[0]
    second = riser[1], min(free[1], riser[1] + TERRACE * edge.sd_nm)
    least = 2.0 * profile.spacing_nm
    if min(first[1] - first[0], second[1] - second[0]) < least:
        return _of_hump(profile, edge, grid)
    lower, upper = (first, second) if edge.rises else (second, first)
    reading = read_step(profile, lower, riser, upper, grid, response=response)
    if not _agrees(reading, edge):
        return _of_hump(profile, edge, grid)
    return replace(reading, position_nm=_position(edge, grid))


def _agrees(reading: StepReading, edge: Edge) -> bool:
    # A fit that has run away shows by a height that the slope never had.
    height, u = reading.height_nm.value, reading.height_nm.random_u
    return math.isfinite(height + u) and 0.4 < height / abs(edge.height_nm) < 2.5


def _of_hump(profile: Profile, edge: Edge, grid: Grid) -> StepReading:
    """From the fitted hump: its width is seen through pixels, whose own is taken off."""
    height, width = abs(edge.height_nm), math.sqrt(max(edge.sd_nm**2 - profile.spacing_nm**2 / 6.0, 1e-6))
    lean = math.hypot(1.0, edge.across_nm / edge.height_nm)
    steepest = height * lean / (math.sqrt(2.0 * math.pi) * width)
    angle = math.degrees(math.atan(steepest))
    by_height = math.degrees(1.0 / (1.0 + steepest**2)) * steepest / height
    # Height and width of a hump err together so that its top stays: a tenth of it is what noise leaves there.
    spread = math.hypot(by_height * edge.height_u_nm, 0.0)
    return StepReading(
        _position(edge, grid),
        Quantity(height, edge.height_u_nm).with_scale(grid.height_scale_u),
        Quantity(angle, spread, math.degrees(0.5 * math.sin(2.0 * math.radians(angle))) * grid.slope_scale_u),
        Quantity(RISER_SHARE * width, RISER_SHARE * edge.whole_u_nm).with_scale(grid.pixel_scale_u),
    )


def _position(edge: Edge, grid: Grid) -> Quantity:
    return Quantity(edge.position_nm, edge.whole_u_nm).with_scale(grid.pixel_scale_u)
