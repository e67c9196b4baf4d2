"""A surface through the whole chain, and a map of it by another instrument whose place and scale are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from eclips4d.metrology.maps.comparison import Align, Comparison, Settings, compare
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.placement import Placement
from eclips4d.metrology.movie import Movie
from eclips4d.pipeline.bench.metrology.simulated import Measured, measured

F64 = NDArray[np.float64]

SIDE = 192
SCENE = "sim://rough?size={side}&dose={dose}&seed={seed}&supersample=2&drift_px=0&frames=1"
MAP_PIXELS, MAP_PIXEL = 150, 1.13
"""Of the map, in pixels of the run."""
MAP_SD_NM, LINE_SD_NM = 0.2, 0.1
"""White noise of the map, and what its lines are off."""
HEIGHT_SCALE = 1.03
"""A height by the run over the same height by the map."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One comparison and what it should have given."""

    dose: int
    placement: Placement
    found: Comparison
    pixel_nm: float
    truth_rms_nm: float

    @property
    def off_px(self) -> F64:
        """[5] shift along x and y, turn and scale as displacement at the map's border, pixels."""
        p, q = self.found.refined.placement, self.placement
        reach = MAP_PIXELS * MAP_PIXEL / 2
        turn = np.radians(p.turn_deg - q.turn_deg) * reach
        shift = np.subtract(p.shift_nm, q.shift_nm) / self.pixel_nm
        return np.array([*shift, turn, (p.scale / q.scale - 1.0) * reach])

    @property
    def normalised(self) -> F64:
        """[4] |error|/(2u) of shifts, turn and lateral scale."""
        p, q, u = self.found.refined.placement, self.placement, self.found.refined.u
        errors = (*np.subtract(p.shift_nm, q.shift_nm), p.turn_deg - q.turn_deg, p.scale - q.scale)
        return np.asarray(np.abs(errors) / (2 * np.array([*u.shift_nm, u.turn_deg, u.scale])), np.float64)

    @property
    def ratio_off(self) -> float:
        """Relative error of the ratio of the height scales, the run's own error of scale included."""
        return self.found.agreement.ratio.value.value / HEIGHT_SCALE - 1.0

    @property
    def ratio_normalised(self) -> float:
        """|error|/(2u) of it, the run's calibration counted."""
        u = np.hypot(self.found.agreement.ratio.value.u, self.found.grid.slope_scale_u)
        return abs(self.ratio_off) * HEIGHT_SCALE / (2 * float(u))

    @property
    def rms_off(self) -> float:
        """Relative error of the rms difference, against that with the map exactly where it lies."""
        return self.found.agreement.rms_nm.value / self.truth_rms_nm - 1.0


def trial(dose: int, seed: int) -> Trial:
    """One surface, seen once."""
    scene = measured(SCENE.format(side=SIDE, dose=dose, seed=seed), 1)
    random = np.random.default_rng(100 * seed + dose)
    pixel = scene.movie.grid.pixel_size_nm[0]
    placement = Placement(
        (float(random.uniform(-8, 8)) * pixel, float(random.uniform(-8, 8)) * pixel),
        float(random.uniform(-6, 6)),
        float(random.uniform(0.97, 1.03)),
    )
    chart = _map(scene, placement, pixel, random)
    found = compare(scene.movie.read(0), scene.movie.grid, chart, Settings(align=Align.SCALE, map_sd_nm=MAP_SD_NM))
    return Trial(dose, placement, found, pixel, _rms_in_place(scene.movie, chart, placement, found))


def _map(scene: Measured, placement: Placement, pixel: float, random: np.random.Generator) -> HeightMap:
    truth = np.asarray(scene.truth.height_nm[0], np.float64)
    steps = (np.arange(MAP_PIXELS) - (MAP_PIXELS - 1) / 2) * MAP_PIXEL
    x, y = np.meshgrid(steps, steps)
    # Directly from the definition of a placement, in the run's pixels.
    c, s = np.cos(np.radians(placement.turn_deg)), np.sin(np.radians(placement.turn_deg))
    east = placement.scale * (c * x + s * y) + placement.shift_nm[0] / pixel
    south = placement.scale * (c * y - s * x) + placement.shift_nm[1] / pixel
    middle = (SIDE - 1) / 2
    height = map_coordinates(truth, [south + middle, east + middle], order=5, mode="nearest") / HEIGHT_SCALE
    lines = random.normal(scale=LINE_SD_NM, size=(MAP_PIXELS, 1))
    noisy = height + lines + random.normal(scale=MAP_SD_NM, size=height.shape)
    return HeightMap(noisy, (MAP_PIXEL * pixel, MAP_PIXEL * pixel), "simulated map")


def _rms_in_place(movie: Movie, chart: HeightMap, placement: Placement, found: Comparison) -> float:
    from eclips4d.metrology.maps.sampling import Sampler, mean_sigma, smoothed

    pixel = movie.grid.pixel_size_nm[0]
    placed = Sampler.of(chart).on_grid(placement, movie.shape, movie.grid.pixel_size_nm)
    sigma = mean_sigma(found.resolution_nm / pixel)
    height = smoothed(movie.read(0).height.astype(np.float64), (sigma, sigma))
    known = found.compared & np.isfinite(placed)
    difference = (height - placed)[known]
    row, column = np.nonzero(known)
    design = np.stack([np.ones(row.size), row, column], axis=1)
    return float((difference - design @ np.linalg.lstsq(design, difference, rcond=None)[0]).std())
