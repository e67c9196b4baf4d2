"""Growth read off edges that pass, against scenes whose height is known: spirals of one and two cores, step flow."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.metrology.movie import Movie
from eclips4d.metrology.terraces.series import terraces_over_time
from eclips4d.physics.scenes import Scene
from eclips4d.pipeline.bench.metrology.spirals.dusted import dusted
from eclips4d.pipeline.bench.metrology.terraces.films import film
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

PASSING = "Terraces: growth from passing edges, 6 frames of 256², 1000 electrons, with drift"
SIZE, PIXEL_NM, FRAMES = 256, 4.0, 6
SCENES = (
    ("spirals of one core, wide risers", "spiral", "cores=1&spacing_nm=160&turn_s=80&riser_nm=12"),
    ("spirals of two cores", "spiral", "cores=2&spacing_nm=160&turn_s=80"),
    ("step flow", "stepflow", "patches_per_um2=0&bunching=0.3"),
)
WITHIN, ALLOWED = 0.95, 0.03


def passing_rows(seeds: int) -> list[Row]:
    """Bias of each kind of scene, and how often the truth lies within 2 u."""
    rows, off = [Row(PASSING, "scenes of each kind", seeds)], []
    for name, scene, options in SCENES:
        found = [_errors(scene, options, seed) for seed in range(1, seeds + 1)]
        error, u, truth = np.concatenate(found).T
        single = np.array([each[:, 0].mean() / each[:, 2].mean() for each in found])
        mean = float(error.mean() / truth.mean())
        sure = float(single.std(ddof=1) / np.sqrt(seeds)) if seeds > 1 else float("nan")
        said = f"{name}: bias, relative ({mean:+.3f} ± {sure:.3f}); pairs {_rms(error / truth):.3f} rms"
        rows.append(at_most(PASSING, f"{said}, stated {_rms(u / truth):.3f}", abs(mean), 0.03))
        off.append(np.abs(error) / u)
    share = float(np.mean(np.concatenate(off) <= 2.0))
    name = f"share of {sum(map(len, off))} pairs within 2 u ({share:.3f}), off {WITHIN:g}"
    rows.append(at_most(PASSING, name, abs(share - WITHIN), ALLOWED))
    error, u, truth = np.array([_errors(*SCENES[-1][1:], seed)[0] for seed in range(1, seeds + 1)]).T
    first = f"step flow, pairs with the reference frame alone: error, relative, rms; stated {_rms(u / truth):.3f}"
    return [*rows, Row(PASSING, first, _rms(error / truth))]


@lru_cache(maxsize=16)
def _errors(scene: str, options: str, seed: int) -> F64:
    """Error, uncertainty and truth of each pair of frames, nm/s, [pair, 3]."""
    seconds = 4.0 if scene == "spiral" else 2.0
    settings = f"size={SIZE}&dose=1000&fps={1 / seconds}&seed={seed}&pixel_nm={PIXEL_NM}"
    bare = simulated_microscope(f"sim://{scene}?{settings}&{options}").scene
    side = 1.25 * SIZE * PIXEL_NM
    movie = film(dusted(bare, (side, side), seed) if scene == "spiral" else bare, settings, FRAMES)
    frames = terraces_over_time(movie).frames
    rows = []
    for k in range(1, FRAMES):
        rim = int(frames["growth_rim_px"][k])
        truth = (mean_height(bare, movie, k, rim) - mean_height(bare, movie, k - 1, rim)) / seconds
        rows.append((frames["growth_nm_s"][k] - truth, frames["growth_u_nm_s"][k], truth))
    return np.array(rows)


def mean_height(scene: Scene, movie: Movie, frame: int, rim: int) -> float:
    """Of a scene over an image without its rim, each row at its own time, nm."""
    rows, columns = movie.shape
    pixel = movie.grid.pixel_size_nm[0]
    y: F64 = (np.arange(rows, dtype=np.float64) - (rows - 1) / 2) * pixel
    x0 = np.full(rows, -(columns - 1) / 2 * pixel)
    height = scene.lines(x0, pixel, columns, y, movie.read(frame).row_time_s).height
    return float(height[rim : rows - rim, rim : columns - rim].mean())


def _rms(values: F64) -> float:
    return float(np.sqrt(np.mean(values**2)))
