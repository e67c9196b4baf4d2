"""Scenes without any dislocation: whatever is found there is false."""

from __future__ import annotations

from eclips4d.metrology.spirals import find_cores
from eclips4d.pipeline.bench.metrology.simulated import measured

SCENES = ("flat", "rough", "stepflow", "islands")
SIZE, DOSES = 160, (300, 1000, 3000)


def false_cores(scene: str, seeds: int) -> int:
    """How many cores are found in one frame of a scene per seed; doses take turns."""
    return sum(_found(scene, seed, DOSES[seed % len(DOSES)]) for seed in range(1, seeds + 1))


def _found(scene: str, seed: int, dose: int) -> int:
    movie = measured(f"sim://{scene}?size={SIZE}&seed={seed}&dose={dose}&supersample=2&fps=0.25", 1).movie
    return len(find_cores(movie.read(movie.frames[0]), movie.grid))
