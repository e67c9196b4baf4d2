"""Steps of known height and wall, rendered once each, and read again and again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.metrology.movie import Grid
from eclips4d.metrology.profiles.line import Line, Profile, Sampler, line_sampler
from eclips4d.metrology.profiles.plateau import plateau_step
from eclips4d.metrology.profiles.response import Response
from eclips4d.metrology.profiles.step import Interval, StepReading, read_step
from eclips4d.metrology.quantity import Quantity
from eclips4d.pipeline.bench.metrology.profiles.exposures import exposures

HEIGHTS_NM, PIXELS_NM, ANGLES_DEG = (2.0, 10.0, 50.0), (2.0, 4.0, 10.0), (5.0, 20.0, 45.0, 60.0)
LONG_PX = 20.0
"""Walls from here on are crossed nearly along the rows, lest the line leave an image of few rows."""
ROWS, WIDTH_PX, GUARD_PX = 48, 32.0, 2.0
SUB_PIXELS_PER_WALL, FINEST, FINEST_ROWS = 48.0, 48, 12
"""A wall's ends are drawn over two sub-pixels each: of few of them a steep wall is less steep than it is said to be.
Where as many as are needed would be too many per pixel they are narrower than high: walls run nearly along columns."""


@dataclass(frozen=True, slots=True)
class Case:
    """One step: height, pixel size, angle of its wall, and which way across it is on the screen."""

    height_nm: float
    pixel_nm: float
    angle_deg: float
    orientation_deg: float = 8.0

    @property
    def wall_nm(self) -> float:
        """Width of the wall."""
        return self.height_nm / math.tan(math.radians(self.angle_deg))

    @property
    def wall_px(self) -> float:
        """The same, in pixels."""
        return self.wall_nm / self.pixel_nm

    @property
    def apart_nm(self) -> float:
        """Distance of steps: terraces longer than their shade, and as long as the wall."""
        shade_px = 1.2 * self.height_nm / self.pixel_nm
        return self.pixel_nm * max(24.0, 3.0 * self.wall_px, 2.0 * (self.wall_px + shade_px) + 8.0)

    @property
    def sub_pixels(self) -> tuple[int, int]:
        """Per pixel, down a column and along a row."""
        needed = max(math.ceil(SUB_PIXELS_PER_WALL / self.wall_px), 2)
        if needed <= FINEST:
            return needed, needed
        return FINEST_ROWS, FINEST_ROWS * math.ceil(needed / FINEST_ROWS)

    @property
    def response(self) -> Response:
        """Of copper, instrument file and sub-pixels: the simulator takes slopes between a sub-pixel's neighbours."""
        return replace(told_response(), blur_px=sub_pixel_blur(self.sub_pixels[1]))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of an image that shows one whole step; square where the way across is not along x."""
        long = math.ceil(1.15 * self.apart_nm / self.pixel_nm) + 8
        return (ROWS, long) if abs(self.orientation_deg) < 15.0 else (max(ROWS, long), max(ROWS, long))

    @property
    def address(self) -> str:
        """Of the simulated microscope, without dose, seed and supersample."""
        rows, columns = self.shape
        return (
            f"sim://steps?size={columns}x{rows}&drift_px=0&pixel_nm={self.pixel_nm:g}"
            f"&step_height_nm={self.height_nm:g}&wall_deg={self.angle_deg:g}&apart_nm={self.apart_nm:g}"
            f"&orientation_deg={self.orientation_deg:g}"
        )

    @property
    def half_nm(self) -> float:
        """From the step in the middle of the image to the ends of the line across it."""
        return 0.55 * self.apart_nm

    def line(self) -> Line:
        """Across the step in the middle of the image."""
        rows, columns = self.shape
        x, y = 0.5 * (columns - 1) * self.pixel_nm, 0.5 * (rows - 1) * self.pixel_nm
        angle, reach = math.radians(self.orientation_deg), self.half_nm
        along_x, along_y = reach * math.cos(angle), -reach * math.sin(angle)
        return (x - along_x, y - along_y), (x + along_x, y + along_y)

    def intervals(self, rises: bool) -> tuple[Interval, Interval, Interval]:
        """Lower terrace, riser, upper terrace along the line, as a user would mark them."""
        middle, reach = self.half_nm, 0.5 * self.wall_nm + GUARD_PX * self.pixel_nm
        before, after = (0.0, middle - reach), (middle + reach, 2.0 * middle)
        return (before, (middle - reach, middle + reach), after) if rises else (
            after, (middle - reach, middle + reach), before
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What one exposure of a case gave."""

    case: Case
    dose: float
    seed: int
    step: StepReading
    plateau: Quantity
    profile: Profile


def sub_pixel_blur(supersample: int) -> float:
    """Standard deviation of what sub-pixels smear beyond a pixel's area, pixels.

    A box two sub-pixels wide, sampled at the sub-pixels, has in all (1 + 3/n²)/12 instead of 1/12.
    """
    return 0.5 / supersample


@lru_cache(maxsize=1)
def told_response() -> Response:
    """What the simulated microscope's instrument file tells, whatever the pixel size."""
    return Response.of(simulated_microscope("sim://flat?size=16").instrument)


def cases() -> tuple[Case, ...]:
    """All combinations of the table."""
    made = (Case(*values) for values in product(HEIGHTS_NM, PIXELS_NM, ANGLES_DEG))
    return tuple(case if case.wall_px < LONG_PX else replace(case, orientation_deg=1.0) for case in made)


def readings(case: Case, seeds: Mapping[float, int]) -> Iterator[Read]:
    """The step of one case, read at every dose with so many seeds.

    The slope scale is right by construction, so what the chain says of its uncertainty is left out.
    """
    sampler: Sampler | None = None
    for exposed in exposures(case.address, case.sub_pixels, seeds):
        grid: Grid = replace(exposed.grid, slope_scale_u=0.0)
        if sampler is None:
            sampler = line_sampler(case.line(), grid, case.shape, WIDTH_PX * case.pixel_nm)
        profile = sampler(exposed.frame)
        # The scene's steps go up and down in turn; the one in the middle goes up along the line.
        where = case.intervals(rises=True)
        step, plateau = read_step(profile, *where, grid, response=case.response), plateau_step(profile, *where, grid)
        yield Read(case, exposed.dose, exposed.seed, step, plateau, profile)
