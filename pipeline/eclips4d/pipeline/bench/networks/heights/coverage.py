"""Is the stated uncertainty of height differences true? Shares within 1 and 1.96 sd over 10, 100 and 500 pixels.

The random part is what is stated. What a calibration leaves open (the mean plane, the height scale) is common to all
frames of a detector: it is found as what they share and taken out, with the scatter of each frame left as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.networks.height_coverage import JudgedHeight, judged_height, shares_within, without_common
from eclips4d.inference.networks.uncertainty import ErrorSpectrum
from eclips4d.pipeline.bench.networks.heights.models import CLOSED, judged
from eclips4d.pipeline.bench.networks.heights.rendering import rendered
from eclips4d.pipeline.bench.networks.judge.exposing import MARGIN_PX, Scenery, exposed
from eclips4d.pipeline.bench.networks.judge.frame import DOSES
from eclips4d.pipeline.bench.networks.judge.setting import SETTINGS
from eclips4d.pipeline.bench.networks.judge.surfaces import surface_of
from eclips4d.pipeline.bench.networks.slopes.scores import Interval, mean_interval
from eclips4d.pipeline.bench.rows import Row

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

TABLE = "Stated uncertainty of height differences: share of errors within 1 sd, %"
SIZE_TABLE = "Stated uncertainty of height differences: rms error over the mean stated sd"
EXPECTED, WITHIN = (68.27, 95.0), 5.0
TARGET = f"{EXPECTED[0]:.0f} and {EXPECTED[1]:.0f}, ± {WITHIN:g}"
DISTANCES_PX = (10, 100, 500)
SCENES = ("flat", "gentle-steps", "granular", "facets", "spirals")
SIZE = 640
SETTING = replace(SETTINGS[2], gain_error=0.0, dark_error=0.0)
"""Lambert's, so that the calibration is exact at all tilts and what is left is random, or the network's."""
_FEWEST = 4
"""Frames of each scene and dose: fewer tell nothing of the plane that they share."""


def coverage_rows(seeds: int, models: Sequence[str], scenes: Sequence[str] = SCENES, size: int = SIZE) -> list[Row]:
    """By scene, dose and distance, and all scenes of a dose together."""
    rows: list[Row] = []
    for name in (CLOSED, *models):
        found = {key: in_sd(name, *key, max(seeds // 2, _FEWEST), size) for key in product(scenes, DOSES)}
        for (scene, dose), of in found.items():
            rows += [r for d, frames in of.items() for r in share_rows(f"{scene}, {dose:g} electrons", d, name, frames)]
        for dose, distance in product(DOSES, _distances(size)):
            frames = [z for (_, at), of in found.items() if at == dose for z in of[distance]]
            rows += share_rows(f"all scenes, {dose:g} electrons", distance, name, frames)
    return [*(r for r in rows if r.table == TABLE), *(r for r in rows if r.table == SIZE_TABLE)]


def share_rows(what: str, distance: int, name: str, frames: Sequence[F64]) -> list[Row]:
    """Of the errors in sd of each frame; long differences of one frame are few, so the interval over frames counts."""
    shares = 100.0 * np.array([shares_within(z) for z in frames])
    one, two = (mean_interval(shares[:, k]) for k in range(2))
    said = f"{what}, {distance} px: {'closed form' if name == CLOSED else name}"
    met = None if name == CLOSED else _agrees(one, EXPECTED[0]) and _agrees(two, EXPECTED[1])
    told = f"{said}{_interval(one)}; within 1.96 sd {two.mean:.0f}{_interval(two)}"
    rms = float(np.sqrt(np.mean([np.mean(z * z) for z in frames])))
    return [Row(TABLE, told, one.mean, TARGET, met), Row(SIZE_TABLE, said, rms)]


def in_sd(name: str, scene: str, dose: float, frames: int, size: int) -> dict[int, list[F64]]:
    """Errors of height differences over their stated sd, by distance, one array per frame."""
    made, spectrum = judged_frames(name, scene, dose, frames, size)
    return {distance: [_thinned(h.in_sd(spectrum, distance)) for h in made] for distance in _distances(size)}


def judged_frames(
    name: str, scene: str, dose: float, frames: int, size: int
) -> tuple[list[JudgedHeight], ErrorSpectrum]:
    """Frames of one surface with other noise, without what they share, and what the model's card says of its errors."""
    told, calibration = calibrated(dose)
    held, seen = judged(name, told), scenery(scene, size)
    made = []
    for seed in range(frames):
        noise = np.random.default_rng([seed, int(dose), *scene.encode()])
        raw = exposed(seen.electrons, dose, SETTING, noise)
        made.append(judged_height(held.model, held.slopes, raw, calibration, seen.height))
    return without_common(made, seen.height), held.spectrum


@lru_cache(maxsize=8)
def scenery(scene: str, size: int) -> Scenery:
    """One surface of each scene; doses and noise differ."""
    field_nm = (size + 2 * MARGIN_PX) * SETTING.pixel_nm
    surface = surface_of(scene, field_nm, SETTING.pixel_nm, SCENES.index(scene) + 1)
    return rendered(surface, SETTING, size)


@lru_cache(maxsize=8)
def calibrated(dose: float) -> tuple[Instrument, Calibration]:
    """The true gains and dark levels; the noise measured on a flat."""
    instrument = SETTING.instrument(dose)
    known = instrument.detector.model_copy(update={"gain": SETTING.gain, "offset_adu": SETTING.dark_adu})
    told = instrument.model_copy(update={"detector": known})
    flat = exposed(scenery("flat", 192).electrons, dose, SETTING, np.random.default_rng([int(dose), 0xF1A7]))
    return told, estimate_calibration(flat, told)


def _distances(size: int) -> list[int]:
    return [distance for distance in DISTANCES_PX if distance < size]


def _thinned(values: F64) -> F64:
    """Enough of them for shares to a tenth of a per cent; neighbours hardly differ."""
    return values[:: max(len(values) // 40_000, 1)]


def _agrees(share: Interval, expected: float) -> bool:
    """Within the bar, or not told from it by as many frames."""
    low, high = (share.low, share.high) if np.isfinite(share.low) else (share.mean, share.mean)
    return bool(low <= expected + WITHIN and high >= expected - WITHIN)


def _interval(share: Interval) -> str:
    return f" [{share.low:.0f}, {share.high:.0f}]" if np.isfinite(share.low) else ""
