"""A surface seen by both microscopes: reconstructed from simulated frames, and read by a tip on a crooked scanner.

Neither side knows anything of the matching: the frames come from the simulated microscope with its horizons, counts
and gains, and the tip is a sphere on a cone by which the true surface is dilated exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.training.afm_labels import tip_dilated

F64 = NDArray[np.float64]

SIDE, PIXEL_NM, DOSE, FRAMES, MODEL = 192, 4.0, 500, 4, "live"
SCENES = {
    "rough": "rough?rms_nm=8&shortest_nm=24",
    "islands": "islands?per_um2=30&height_nm=40",
    "copper-redox": "copper-redox?islands_per_um2=12",
    "stepflow": "stepflow?particles_per_um2=60",
}
SCALE, TURN_DEG, SHEAR = 0.05, 10.0, 0.02
"""Largest errors of the scanner; each case has between half and all of each, of random sign."""
PIXELS, FIELDS = (0.5, 2.0), (0.75, 1.2)
"""Of the map, over those of the run."""
LEAST_OVERLAP = 0.5
"""Of the smaller field."""
TOUCH_NM = 1.5
"""A tip touches the surface between the map's points, too: as finely as this."""
RADIUS_NM, CONE_DEG = (10.0, 30.0), (12.0, 25.0)
NOISE_NM, LINE_NM, BOW_NM, TILT, HEIGHT_SCALE = 0.2, 0.2, 8.0, 0.02, 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One surface, by both.

    Attributes
    ----------
    run_nm : float64 [y, x]
        Reconstructed from several frames.
    scale_u : float
        Relative standard uncertainty that is stated of these heights.
    chart : HeightMap
        By the tip.
    truth : Affine
        How the map lies.
    ratio : float
        A height by the run over the same height by the map, were there no tip.
    radius_nm : float
        Of the tip.
    """

    scene: str
    run_nm: F64
    scale_u: float
    chart: HeightMap
    truth: Affine
    ratio: float
    radius_nm: float

    def furthest_px(self, found: Affine) -> float:
        """The largest distance, over the run's pixels on the map, between where both say a place of the map lies."""
        along = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_NM
        x, y = np.meshgrid(along, along)
        east, south = self.truth.to_map(x, y)
        width, length = self.chart.size_nm
        there = (np.abs(east) <= width / 2) & (np.abs(south) <= length / 2)
        right, down = found.to_grid(east[there], south[there])
        return float(np.hypot(right - x[there], down - y[there]).max() / PIXEL_NM)


def case(scene: str, seed: int) -> Case:
    """A surface of one kind, everything else of it drawn by the seed."""
    random = np.random.default_rng([seed, 0xAF, list(SCENES).index(scene)])
    microscope = simulated_microscope(_address(scene, seed))
    pixel = PIXEL_NM * float(np.exp(random.uniform(*np.log(PIXELS))))
    shape = tuple(round(SIDE * PIXEL_NM * random.uniform(*FIELDS) / pixel) for _ in range(2))
    truth = _placed(random, (shape[0], shape[1]), pixel)
    radius, ratio = random.uniform(*RADIUS_NM), 1.0 + random.uniform(-HEIGHT_SCALE, HEIGHT_SCALE)
    finer = math.ceil(pixel / TOUCH_NM)
    step = pixel / finer
    surface = _surface(microscope, truth, ((shape[0] - 1) * finer + 1, (shape[1] - 1) * finer + 1), step)
    read = step * tip_dilated(surface / step, radius / step, random.uniform(*CONE_DEG))[::finer, ::finer]
    chart = HeightMap(_scanned(read / ratio, random), (pixel, pixel), f"{scene} {seed}")
    height, scale_u = reconstructed(microscope)
    return Case(scene, height, scale_u, chart, truth, ratio, radius)


def reconstructed(microscope: SimulatedMicroscope) -> tuple[F64, float]:
    """The mean of a few frames of a surface that stands still, gains estimated from the first; its stated scale."""
    frames = [microscope.frame(k) for k in range(FRAMES)]
    calibration = estimate_calibration(frames[0].data, microscope.instrument)
    model = load_model(MODEL, microscope.instrument)
    heights = [np.asarray(model(frame.data, calibration).height, np.float64) for frame in frames]
    return np.mean(heights, axis=0), calibration.kappa_u


def _address(scene: str, seed: int) -> str:
    grid = f"size={SIDE}&pixel_nm={PIXEL_NM}&dose={DOSE}"
    return f"sim://{SCENES[scene]}&{grid}&seed={seed}&drift_px=0&fps=1000&frames={FRAMES}"


def _placed(random: np.random.Generator, shape: tuple[int, int], pixel: float) -> Affine:
    def error(most: float) -> float:
        return float(random.uniform(most / 2, most) * random.choice((-1.0, 1.0)))

    scale, sign = random.uniform(SCALE / 2, SCALE, 2), random.choice((-1.0, 1.0))
    turn, shear = error(TURN_DEG), error(SHEAR)
    while True:
        shift = random.uniform(-0.5, 0.5, 2) * SIDE * PIXEL_NM
        x, y = 1.0 + sign * scale
        placed = Affine((float(x), float(y)), turn, shear, (float(shift[0]), float(shift[1])))
        if _overlap(placed, shape, pixel) >= LEAST_OVERLAP:
            return placed


def _overlap(placed: Affine, shape: tuple[int, int], pixel: float) -> float:
    x, y = _places(shape, pixel)
    right, down = placed.to_grid(x, y)
    half = SIDE * PIXEL_NM / 2
    common = float(np.mean((np.abs(right) < half) & (np.abs(down) < half))) * x.size * pixel**2
    return common / min(x.size * pixel**2, (2 * half) ** 2)


def _places(shape: tuple[int, int], pixel: float) -> tuple[F64, F64]:
    y, x = ((np.arange(n) - (n - 1) / 2) * pixel for n in shape)
    east, south = np.meshgrid(x, y)
    return east, south


def _surface(microscope: SimulatedMicroscope, placed: Affine, shape: tuple[int, int], pixel: float) -> F64:
    """The true heights where the scanner's points really are."""
    right, down = placed.to_grid(*_places(shape, pixel))
    step = min(pixel, PIXEL_NM) / 2
    reach = float(max(np.abs(right).max(), np.abs(down).max())) + 4 * step
    count = int(np.ceil(reach / step))
    along: F64 = np.arange(-count, count + 1) * np.float64(step)
    start: F64 = np.full(along.size, along[0], np.float64)
    fine = microscope.scene.lines(start, step, along.size, along, np.zeros(along.size)).height
    return np.asarray(map_coordinates(fine, [down / step + count, right / step + count], order=3), np.float64)


def _scanned(read: F64, random: np.random.Generator) -> F64:
    """What a scanner adds: bow, tilt, particles, noise, lines that are off, lines that are missing, streaks."""
    rows, columns = read.shape
    y, x = np.linspace(-1, 1, rows)[:, None], np.linspace(-1, 1, columns)
    bow, tilt = random.uniform(-BOW_NM, BOW_NM, 3), random.uniform(-TILT, TILT, 2) * 500.0
    made = read + bow[0] * x * x + bow[1] * y * y + bow[2] * x * y + tilt[0] * x + tilt[1] * y
    for _ in range(3):
        at, width = random.uniform(-1, 1, 2), random.uniform(0.02, 0.06)
        made = made + random.uniform(10, 30) * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * width**2))
    made = made + random.normal(scale=NOISE_NM, size=read.shape) + random.normal(scale=LINE_NM, size=(rows, 1))
    for row in random.choice(rows - 1, max(1, rows // 60), replace=False) + 1:
        made[row] = made[row - 1]
    for row in random.choice(rows, max(1, rows // 30), replace=False):
        start, length = random.integers(columns), random.integers(columns // 10, columns // 2)
        made[row, start : start + length] += random.uniform(2, 12)
    return np.asarray(made)
