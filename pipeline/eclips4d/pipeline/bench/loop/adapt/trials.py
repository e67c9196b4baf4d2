"""Runs of as many frames as the command takes, half of them to be judged by, each with a surface of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Surface
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.networks.model import NetworkModel, network_model
from eclips4d.inference.networks.pair import NetworkPair, load_pair
from eclips4d.physics.microscope import Exposure
from eclips4d.physics.microscope.surface import Surface as MadeSurface
from eclips4d.pipeline.adaptation.adapting import Adapted, Sample, adapt_model, with_module
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.loop.adapt.cases import DOSE, Case
from eclips4d.pipeline.bench.networks.heights.steep import SCENES as STEEP
from eclips4d.pipeline.bench.networks.integration.scores import score
from eclips4d.pipeline.bench.networks.judge.exposing import MARGIN_PX, AtExposure, exposed, microscope, optical
from eclips4d.pipeline.bench.networks.judge.setting import Setting
from eclips4d.pipeline.bench.networks.judge.surfaces import surface_of
from eclips4d.pipeline.bench.networks.judge.truth import true_heights, true_slopes

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SIZE = 128
FRAMES = 8
SCENES = ("pyramids", "islands", "granular")
_STEEP = np.tan(np.radians(15.0))
"""Pixels whose true slope is larger count as faces; where there are few, those of the steeper half."""
_FEW = 0.05


@dataclass(frozen=True, slots=True)
class Trial:
    """One run; errors are of the frames that were held out.

    Attributes
    ----------
    off, on : float
        Rms height error, px, levelled, of the model as it is and with the fine-tune module.
    free_off, free_on : float
        The same without the multiple of the true height that is in it.
    turned : float
        Mean tilt of faces with the module over that without, less one.
    adapted : Adapted
    """

    off: float
    on: float
    free_off: float
    free_on: float
    turned: float
    adapted: Adapted


@dataclass(frozen=True, slots=True)
class Seen:
    """Mean electrons of a surface at dose 1, [n, y, x], and its true slopes and heights."""

    electrons: F32
    slope: F32
    height: F32


@dataclass(frozen=True, slots=True)
class Run:
    """Frames with truth, and the model for their stated instrument."""

    seen: tuple[Seen, ...]
    samples: tuple[Sample, ...]
    model: NetworkModel
    pixel_nm: float


def trial(case: Case, scene: str, seed: int) -> Trial:
    """Adapt to a run and judge."""
    run = run_of(case, scene, seed)
    adapted = adapt_model(run.samples, run.model)
    better = with_module(run.model, adapted.module)
    pairs = []
    for seen, sample in zip(run.seen[1::2], run.samples[1::2], strict=True):
        surfaces = [model(sample.data, sample.calibration) for model in (run.model, better)]
        pairs.append((seen, surfaces))

    def rms(of: Callable[[Surface, Seen, float], float], which: int) -> float:
        return scores.rms(np.array([of(surfaces[which], seen, run.pixel_nm) for seen, surfaces in pairs]))

    turned = [_tilt(after, seen) / _tilt(before, seen) - 1.0 for seen, (before, after) in pairs]
    return Trial(rms(_error, 0), rms(_error, 1), rms(_free, 0), rms(_free, 1), float(np.mean(turned)), adapted)


def run_of(case: Case, scene: str, seed: int) -> Run:
    """A reproducible run; the calibration is that of its first frame, as in a run."""
    setting = case.true
    field_nm = (SIZE + 2 * MARGIN_PX) * setting.pixel_nm
    seeds = range(FRAMES * seed, FRAMES * (seed + 1))
    seen = [_seen(_surface(scene, field_nm, setting.pixel_nm, one), setting) for one in seeds]
    raw = [
        exposed(one.electrons, DOSE, setting, np.random.default_rng([k, 0xADA9]))
        for one, k in zip(seen, seeds, strict=True)
    ]
    calibration = estimate_calibration(raw[0], case.stated)
    samples = tuple(Sample(one, calibration, k) for k, one in enumerate(raw))
    return Run(tuple(seen), samples, network_model(case.stated, _networks()), setting.pixel_nm)


def _seen(surface: MadeSurface, setting: Setting) -> Seen:
    still, shape = AtExposure(surface), (SIZE, SIZE)
    electrons = microscope(optical(setting), SIZE, True).expected_electrons(still, Exposure(start_s=0.0))
    return Seen(electrons, *(of(still, setting.pixel_nm, shape) for of in (true_slopes, true_heights)))


@lru_cache(maxsize=1)
def _networks() -> NetworkPair:
    return load_pair("live")


def _surface(scene: str, field_nm: float, pixel_nm: float, seed: int) -> MadeSurface:
    draw = STEEP.get(scene)
    return draw(field_nm, pixel_nm, seed) if draw else surface_of(scene, field_nm, pixel_nm, seed)


def _error(surface: Surface, seen: Seen, pixel_nm: float) -> float:
    found, truth = (np.asarray(height, np.float64) / pixel_nm for height in (surface.height, seen.height))
    return score(found, truth, scores.inner(truth.shape)).rms


def _free(surface: Surface, seen: Seen, pixel_nm: float) -> float:
    inner = scores.inner(seen.height.shape)
    y, x = np.mgrid[: inner.shape[0], : inner.shape[1]]
    found, truth = (np.asarray(height, np.float64)[inner] / pixel_nm for height in (surface.height, seen.height))
    known = np.stack([truth, np.ones_like(truth), y[inner], x[inner]], axis=1)
    return float(np.std(found - known @ np.linalg.lstsq(known, found, rcond=None)[0]))


def _tilt(surface: Surface, seen: Seen) -> float:
    true = np.hypot(*seen.slope)
    faces = true > _STEEP
    if faces.mean() < _FEW:
        faces = true >= np.median(true)
    return float(np.arctan(np.hypot(*surface.slope.astype(np.float64)))[faces].mean())
