"""Pairs and sequences of frames with row jitter: what is left of it in rows and in height."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Surface
from eclips4d.inference.integrate import integrate
from eclips4d.pipeline.bench.registration.jitter.scenes import PIXEL_NM, SIZE, Film, inverted, offsets
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION
from eclips4d.pipeline.bench.scores import height_error
from eclips4d.registration.channels import segment_means
from eclips4d.registration.fit import RowShift
from eclips4d.registration.jitter import RowJitter, row_jitter
from eclips4d.registration.look import Eye, Look, open_eye
from eclips4d.registration.reference_rows import ReferenceRows
from eclips4d.registration.relation import still_shift
from eclips4d.registration.straight_height import straight_height

F64 = NDArray[np.float64]
RIM_PX = 8
"""Rows at either end that hardly count in the fit."""
SEQUENCE = 8


@dataclass(frozen=True, slots=True)
class Trials:
    """Each [seeds]: rms over rows, px; height error, nm; and how the fit and the stated sd did."""

    before_px: F64
    after_px: F64
    bound_px: F64
    over_sd: F64
    before_nm: F64
    after_nm: F64
    agreeing: F64


@lru_cache(maxsize=16)
def pairs(dose: float, rms_px: float, seeds: int) -> Trials:
    """A frame with jitter against one without."""
    return Trials(*np.array([_pair(dose, rms_px, seed) for seed in range(seeds)]).T)


def _pair(dose: float, rms_px: float, seed: int) -> tuple[float, ...]:
    random, film = np.random.default_rng((seed, int(dose))), Film.of(seed)
    truth = offsets(rms_px, random)
    first, raw = film.exposed(0 * truth, dose, random), film.exposed(truth, dose, random)
    eye = _eye(first)
    reference, look = eye.look(first), eye.look(raw)
    shift = _fitted(eye, reference, look)
    jitter = row_jitter(reference.everything, look.channels, shift.ends / eye.binning)
    left, height = _left(jitter.offset[:, 1] - truth), film.height_nm()
    over = np.sqrt(np.mean((left / jitter.sd[RIM_PX:-RIM_PX, 1]) ** 2))
    before, after = (height_error(h, height) for h in heights(inverted(raw, dose), jitter))
    bound = _rms(film.row_sd(dose)[RIM_PX:-RIM_PX])
    return _rms(_left(truth)), _rms(left), bound, float(over), before, after, shift.agreeing


def heights(slope: NDArray[np.float32], jitter: RowJitter) -> tuple[F64, F64]:
    """Integrated as scanned, and put straight."""
    height = integrate(slope, (PIXEL_NM, PIXEL_NM))
    plane = np.ones((SIZE, SIZE), np.float32)
    surface = Surface(slope, plane, height, plane, plane, plane.astype(np.uint8))
    straight = straight_height(surface, jitter.expanded(1, SIZE), (PIXEL_NM, PIXEL_NM))
    return np.asarray(height, np.float64), np.asarray(straight, np.float64)


@lru_cache(maxsize=4)
def sequences(dose: float, rms_px: float, seeds: int) -> F64:
    """What is left in each frame of a run whose reference has jitter too, [seeds, frames - 1], px."""
    return np.array([_sequence(dose, rms_px, seed) for seed in range(seeds)])


def _sequence(dose: float, rms_px: float, seed: int) -> list[float]:
    random, film, left = np.random.default_rng((seed, 5)), Film.of(seed), []
    truth = [offsets(rms_px, random) for _ in range(SEQUENCE)]
    first, *others = [film.exposed(t, dose, random) for t in truth]
    eye = _eye(first)
    reference, known = eye.look(first), ReferenceRows.start(SIZE)
    for raw, own in zip(others, truth[1:], strict=True):
        look = eye.look(raw)
        ends = _fitted(eye, reference, look).ends / eye.binning
        jitter = row_jitter(reference.everything, look.channels, ends, reference_offset=known.offset)
        known, offset = known.learned(jitter)
        left.append(_rms(_left(offset[:, 1] - own)))
    return left


def _eye(first: NDArray[np.uint16]) -> Eye:
    return open_eye(first.shape, segment_means(first), CALIBRATION)


def _fitted(eye: Eye, reference: Look, look: Look) -> RowShift:
    """As it is found live; a fit that fails leaves the truth, which is no shift."""
    return still_shift(eye, reference, look, np.zeros(4), 4.0 * np.eye(4), True)


def _left(error: F64) -> F64:
    """Inner rows, less the line that belongs to the drift."""
    inner = error[RIM_PX:-RIM_PX]
    rows = np.arange(len(inner))
    return np.asarray(inner - np.polyval(np.polyfit(rows, inner, 1), rows))


def _rms(values: F64) -> float:
    return float(np.sqrt(np.mean(values**2)))
