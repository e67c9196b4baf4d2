"""One frame: made, inverted by the model as in a run, and its trust held against what was planted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from eclips4d.core.errors import EclipsError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import BELIEVED, Surface
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import Model, load_model, load_networks
from eclips4d.inference.networks.pair import NetworkPair
from eclips4d.pipeline.bench.loop.trust.faults import KINDS, none
from eclips4d.pipeline.bench.loop.trust.specimens import height_nm, instrument
from eclips4d.pipeline.bench.loop.trust.wholes import WRONGS, recorded

MODELS, SEGMENTS, DOSES = ("analytic", "live"), (4, 3), (30.0, 300.0, 3000.0)
CLEAN = "no fault"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one frame.

    Attributes
    ----------
    roc : float
        Area under the curve of trust telling faults from the rest; NaN where none was planted.
    doubted : float
        Share of pixels, none of a fault, that are not believed.
    whole : bool
        Nothing of the frame is believed.
    """

    model: str
    segments: int
    scene: str
    dose: float
    kind: str
    roc: float
    doubted: float
    whole: bool


def trial(model: str, segments: int, scene: str, dose: float, kind: str, seed: int) -> Trial:
    """A frame with faults of a kind, or none."""
    random = np.random.default_rng([seed, segments, int(dose), len(kind)])
    height = height_nm(scene, seed)
    planted = KINDS.get(kind, none)(height, segments, dose, random)
    surface = inverted(model, instrument(segments), planted.frame(random))
    clean = ~planted.where
    roc = area_under_roc(100.0 - surface.trust, planted.where) if planted.where.any() else np.nan
    return Trial(
        model, segments, scene, dose, kind, roc, float(np.mean(surface.trust[clean] < BELIEVED)), surface.doubted
    )


def whole(model: str, segments: int, scene: str, dose: float, kind: str, seed: int) -> bool:
    """Whether a frame that is wrong as a whole is told to be, or refused."""
    random = np.random.default_rng([seed, segments, int(dose), len(kind), 1])
    wrong, data = WRONGS[kind], recorded(height_nm(scene, seed), segments, dose, random)
    stated = wrong.stated(segments)
    calibration = estimate_calibration(data, stated)
    try:
        surface = _model(model, stated)(wrong.garble(data, random), calibration)
    except EclipsError:
        return True
    return surface.doubted


def inverted(model: str, stated: Instrument, data: RawArray) -> Surface:
    """By a model, with what is not given estimated from the frame."""
    return _model(model, stated)(data, estimate_calibration(data, stated))


def area_under_roc(score: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Probability that a positive scores higher than another, ties counted half (Mann and Whitney 1947)."""
    rank, count = rankdata(score.ravel()), int(positive.sum())
    above = float(rank[positive.ravel()].sum()) - count * (count + 1) / 2.0
    return above / (count * (positive.size - count))


def _model(name: str, stated: Instrument) -> Model:
    return load_model(name, stated, networks=_networks(name))


@cache
def _networks(name: str) -> NetworkPair | None:
    return load_networks(name)
