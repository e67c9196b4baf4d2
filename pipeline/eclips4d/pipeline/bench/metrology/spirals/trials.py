"""Followed spirals beside the truth: one result per core, scene and dose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals import BcfTest, SpiralSeries, Track, bcf_test, follow
from eclips4d.pipeline.bench.metrology.spirals.recorded import PIXEL_NM, Recorded, recorded

F64 = NDArray[np.float64]

DOSES = (300, 1000, 3000)
SCENES = ("cores=1&spacing_nm=160", "cores=2&spacing_nm=160")
ODD_SCENE = "cores=1&spacing_nm=130&steps_per_core=2"
"""Looked at with the first seed only."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One core of one movie.

    Attributes
    ----------
    dose : int
    track : Track or None
        None where the core was not found.
    off_px, spacing_off, rotation_off : float
        Distance from the true core in pixels; relative errors.
    sense_right, arms_right : bool
    normalised : dict of str to float
        |error|/(2u) of x, y, spacing, rotation.
    law : BcfTest or None
    """

    dose: int
    track: Track | None
    off_px: float = np.nan
    spacing_off: float = np.nan
    rotation_off: float = np.nan
    sense_right: bool = False
    arms_right: bool = False
    normalised: dict[str, float] | None = None
    law: BcfTest | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """All of them, and how many cores were found that are none."""

    cores: list[Trial]
    false: int


def trials(seeds: int, first: int = 1) -> Trials:
    """All scenes and doses, `seeds` of them; another `first` gives scenes on which nothing was developed."""
    found = Trials([], 0)
    for seed in range(first, first + seeds):
        for what in (*SCENES, *([ODD_SCENE] if seed == first else [])):
            for each in recorded(what, seed, DOSES):
                found = judged(found, each, follow(each.movie))
    return found


def judged(before: Trials, taken: Recorded, series: SpiralSeries) -> Trials:
    """Each true core beside the track nearest to it; a track is taken once."""
    left = list(series.tracks)
    cores = []
    for x, y, sense in taken.cores:
        off = [float(np.hypot(track.x_nm.value - x, track.y_nm.value - y)) for track in left]
        near = int(np.argmin(off)) if off else -1
        if near < 0 or off[near] > 0.5 * taken.labels["spacing_nm"]:
            cores.append(Trial(taken.dose, None))
            continue
        cores.append(_trial(taken, left.pop(near), (float(x), float(y), int(sense))))
    return Trials([*before.cores, *cores], before.false + len(left))


def _trial(taken: Recorded, track: Track, core: tuple[float, float, int]) -> Trial:
    x, y, sense = core
    labels = taken.labels
    spacing, rotation = float(labels["spacing_nm"]), float(labels["rotation_per_s"])
    return Trial(
        dose=taken.dose,
        track=track,
        off_px=float(np.hypot(track.x_nm.value - x, track.y_nm.value - y)) / PIXEL_NM,
        spacing_off=track.spacing_nm.value / spacing - 1.0,
        rotation_off=track.rotation_per_s.value / rotation - 1.0,
        sense_right=track.sense == sense,
        arms_right=track.arms == round(float(labels["steps_per_core"])),
        normalised={
            "x": track.x_nm.normalised_error(x),
            "y": track.y_nm.normalised_error(y),
            "spacing": track.spacing_nm.normalised_error(spacing),
            "rotation": track.rotation_per_s.normalised_error(rotation),
        },
        law=bcf_test(track)[0],
    )
