"""What the scenes promise, measured on their heights as a metrologist would."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Scan
from eclips4d.physics.microscope.exposure import Exposure
from eclips4d.physics.microscope.sampling import as_scanned, pixel_means
from eclips4d.physics.scenes import Scene, build_scene
from eclips4d.physics.scenes.bcf.radial import phase_at, steady_spiral
from eclips4d.physics.scenes.bcf.turn import recorded_turn

FloatArray = NDArray[np.float64]

_MARGIN = 8


def rotation_error(cell: float) -> float:
    """Relative error of the level-set solver's rotation for one isotropic core against the steady solution."""
    turn = recorded_turn((22.0, 22.0), cell, np.array([[0.0, 0.0, 1.0]]), 0.0)
    return 2.0 * np.pi / turn.period / steady_spiral().rotation - 1.0


def heights_at(scene: Scene, x: FloatArray, y: FloatArray, t_s: float) -> FloatArray:
    """Heights at single points."""
    flat_x, flat_y = np.ascontiguousarray(x).ravel(), np.ascontiguousarray(y).ravel()
    return scene.lines(flat_x, 1.0, 1, flat_y, np.full(flat_x.size, t_s)).height.reshape(x.shape)


def core_of(scene: Scene) -> FloatArray:
    """Place and sense of a spiral's first core."""
    cores: FloatArray = np.asarray(scene.labels()["cores"], dtype=np.float64)
    return np.asarray(cores[0])


def step_direction(scene: Scene, radius_nm: float, t_s: float) -> float:
    """Direction (array axes) in which a circle around the first core crosses the step."""
    x, y, _ = core_of(scene)
    angle = np.linspace(-np.pi, np.pi, 7200, endpoint=False)
    height = heights_at(scene, x + radius_nm * np.cos(angle), y + radius_nm * np.sin(angle), t_s)
    return float(angle[np.abs(np.roll(height, -1) - np.roll(height, 1)).argmax()])


def turns_by_theory(scene: Scene, from_nm: float, to_nm: float) -> float:
    """Turns that the steady solution puts between risers along a ray from the first core, over those that are there."""
    x, y, _ = core_of(scene)
    r = np.arange(from_nm, to_nm, 0.25)
    slope = np.gradient(heights_at(scene, x + r * np.cos(0.7), y + r * np.sin(0.7), 5.0), r)
    lowest = (slope[1:-1] < slope[:-2]) & (slope[1:-1] <= slope[2:]) & (slope[1:-1] < 0.5 * slope.min())
    risers = r[1:-1][lowest] * steady_spiral().spacing / float(np.asarray(scene.labels()["spacing_nm"]))
    phase = phase_at(risers[[0, -1]])
    return float((phase[1] - phase[0]) / (2.0 * np.pi * (len(risers) - 1)))


def volume_balance(scene: Scene, radius_nm: float) -> float:
    """Growth within a circle over what the traced step sweeps: height · integral of v_inf·(1 − r_c·curvature)."""
    told = {key: value for key, value in scene.labels().items() if isinstance(value, float)}
    x, y, _ = core_of(scene)
    r = np.arange(8.0, radius_nm + 1.0, 2.0)
    theta = np.unwrap([step_direction(scene, radius, 20.0) for radius in r])
    step_x, step_y = (np.concatenate([[0.0], r * along]) for along in (np.cos(theta), np.sin(theta)))
    tangent = np.unwrap(np.arctan2(np.diff(step_y), np.diff(step_x)))
    bent = told["critical_radius_nm"] * abs(tangent[-1] - tangent[0])
    swept = told["velocity_nm_s"] * (np.hypot(np.diff(step_x), np.diff(step_y)).sum() - bent)
    across = np.arange(-radius_nm, radius_nm + 1.0, 4.0)
    at_x, at_y = np.meshgrid(x + across, y + across)
    inside = np.hypot(at_x - x, at_y - y) < radius_nm
    grown = (heights_at(scene, at_x, at_y, 21.0) - heights_at(scene, at_x, at_y, 19.0))[inside].mean() / 2.0
    return float(grown * np.pi * radius_nm**2 / (told["step_height_nm"] * swept))


def facet_normals(top: str) -> FloatArray:
    """Unit normals (x, y, up; array axes) of all 3 × 3 pixels of an islands frame that lie in one plane."""
    scene = build_scene("islands", (1500.0, 1500.0), 4, 12.0, top=top, second_share=0.0)
    count, pixel_nm = 700, 2.0
    fine = pixel_nm / 4.0
    y = (np.arange(4 * count) + 0.5) * fine - 2.0 * count * fine
    made = scene.lines(
        np.full(4 * count, y[0]), fine, 4 * count, np.asarray(y, dtype=np.float64), np.full(4 * count, 7.2)
    )
    blocks = (count, 4, count, 4)
    height, oxide = made.height.reshape(blocks).mean(axis=(1, 3)), made.grain.reshape(blocks).min(axis=(1, 3)) > 0
    q, p = np.gradient(height, pixel_nm)
    corner = height[2:, 2:] - height[2:, :-2] - height[:-2, 2:] + height[:-2, :-2]
    bends = np.abs([np.diff(height, 2, axis=1)[1:-1], np.diff(height, 2, axis=0)[:, 1:-1], corner]).max(axis=0)
    plane = (bends < 1e-9) & oxide[1:-1, 1:-1]
    normals = np.stack([-p[1:-1, 1:-1][plane], -q[1:-1, 1:-1][plane], np.ones(plane.sum())], axis=1)
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))


def frame_seconds(scene: Scene, size: int = 512) -> tuple[float, float]:
    """Processor time of one frame as the microscope samples it, and of its true pixel means, best of three."""
    scan = Scan.model_validate({"pixel_size_nm": 4.0, "line_time_s": 1e-3})
    best = [np.inf, np.inf]
    for _ in range(4):
        start = time.process_time()
        as_scanned(scene, Exposure(start_s=3.0), scan, (size, size), 1, _MARGIN)
        between = time.process_time()
        pixel_means(scene, 3.0, scan, (size, size))
        best = [min(best[0], between - start), min(best[1], time.process_time() - between)]
    return best[0], best[1]
