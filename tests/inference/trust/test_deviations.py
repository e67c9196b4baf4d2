"""One pass over the rows against the same numbers plane by plane, in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from eclips4d.inference.trust.case import Expected, Given, room_for
from eclips4d.inference.trust.deviations import TRUSTED, judged_rows
from eclips4d.inference.trust.kinds import _FINER, _GRADES, _ROUGH, _TILTS
from eclips4d.inference.trust.misfit import Reading, misfit, room_for_misfit
from eclips4d.inference.trust.turn import REACH, steps_per_sd
from eclips4d.inference.trust.usual import EVERY, between, stretched, usual_of

SHAPE, PIXEL = (45, 70), (3.0, 4.0)


def summed(deviation: np.ndarray, rows: int, columns: int) -> np.ndarray:
    held = np.pad(np.clip(deviation, -3.0, 3.0), ((rows // 2,) * 2, (columns // 2,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(held, (rows, columns))
    return windows.sum((2, 3)) / np.sqrt(rows * columns)


def misfits(given: Given, reading: Reading) -> tuple[np.ndarray, ...]:
    """Brightness, its precision, chi² and what lies beside, by weighted least squares."""
    column = (slice(None), None, None)
    signal = (given.raw.astype(float) - reading.dark[column]) * reading.per_gain[column]
    image = given.rendered.astype(float)
    first = np.maximum(signal.sum(0), 0.0) / image.sum(0)
    variance = reading.floor[column] + reading.slope[column] * np.maximum(first * image, reading.least)
    information = (image**2 / variance).sum(0)
    brightness = np.maximum((signal * image / variance).sum(0), 0.0) / information
    left = signal - brightness * image
    beside = np.einsum("jk,kyx->jyx", reading.beside, left)
    beside /= np.sqrt(np.einsum("jk,kyx->jyx", reading.beside**2, variance))
    return brightness, np.sqrt(information) * np.maximum(brightness, reading.least), (left**2 / variance).sum(0), beside


def circulation(given: Given) -> np.ndarray:
    (p, q), (dx, dy) = given.measured.astype(float), steps_per_sd(PIXEL)
    weights, out = np.array([0.5, 1.0, 1.0, 1.0, 0.5]), np.zeros(SHAPE)
    for y in range(REACH, SHAPE[0] - REACH):
        for x in range(REACH, SHAPE[1] - REACH):
            across, down = slice(x - REACH, x + REACH + 1), slice(y - REACH, y + REACH + 1)
            out[y, x] = dx * weights @ (p[y - REACH, across] - p[y + REACH, across])
            out[y, x] += dy * weights @ (q[down, x + REACH] - q[down, x - REACH])
    return out / given.measured_sd


def kinds(slope: np.ndarray, lowered: np.ndarray) -> np.ndarray:
    change = np.zeros(SHAPE, np.float32)
    (p, q), inside = slope, (slice(1, -1), slice(1, -1))
    across = [np.abs(plane[1:-1, 2:] - plane[1:-1, :-2]) for plane in (p, q)]
    down = [np.abs(plane[2:, 1:-1] - plane[:-2, 1:-1]) for plane in (p, q)]
    change[inside] = np.maximum(across[0] + down[1], down[0] + across[1])
    limits = np.float32(_ROUGH) / np.cumprod(np.full(_GRADES - 1, _FINER)) * _FINER
    rough = (maximum_filter(change, 3)[..., None] > limits).sum(-1)
    return _GRADES * sum((lowered > tilt).astype(int) for tilt in _TILTS) + rough


@pytest.fixture(params=[3, 4, 5])
def made(request: pytest.FixtureRequest) -> tuple[Given, Expected]:
    """A noisy frame of a wavy surface, rendered with errors."""
    random, count = np.random.default_rng(7), request.param
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    slope = np.stack([0.8 * np.sin(x / 9.0), 0.5 * np.cos(y / 7.0)]).astype(np.float32)
    azimuth = 2.0 * np.pi * np.arange(count)[:, None, None] / count
    rendered = (1.0 + 0.4 * (np.cos(azimuth) * slope[0] + np.sin(azimuth) * slope[1])).astype(np.float32)
    raw = random.poisson(400.0 * rendered * (1.0 + 0.02 * random.normal(size=rendered.shape))).astype(np.uint16)
    raw[:, 20:22, 10:50] += 60
    sd = random.uniform(0.04, 0.06, SHAPE).astype(np.float32)
    measured = slope + (sd * random.normal(size=slope.shape)).astype(np.float32)
    given = Given(raw, rendered, slope, 0.5 * sd, measured, sd, random.uniform(size=SHAPE) > 0.1)
    ones, beside = np.ones(count, np.float32), np.cos(2.0 * np.pi * np.arange(1, count + 1) * (count - 1) / count / 2)
    beside = np.tile(np.where(np.arange(count) % 2, -0.5, 0.5), (count - 3, 1)) * np.abs(beside)
    reading = Reading(ones / 400, 0 * ones, 1e-6 * ones, ones / 400, beside.astype(np.float32), np.float32(0.05))
    some = room_for_misfit(count, *(-(-side // EVERY) for side in SHAPE))
    sampled = [np.ascontiguousarray(planes[:, ::EVERY, ::EVERY]) for planes in (raw, rendered, slope)]
    misfit(sampled[0], sampled[1], reading, some)
    usual = usual_of(some.brightness, sampled[2])
    level = stretched(usual.around, between(SHAPE[1], usual.around.shape[1]))
    down = between(SHAPE[0], usual.around.shape[0])
    return given, Expected(reading, usual.per_yield, level, down, steps_per_sd(PIXEL))


def deviations(given: Given, expected: Expected) -> tuple[np.ndarray, np.ndarray]:
    """All of them, and the residual."""
    brightness, precision, chi2, beside = misfits(given, expected.reading)
    lowered = 0.5 - 0.5 / np.sqrt(1.0 + (given.slope.astype(float) ** 2).sum(0))
    per_yield = np.polyval(expected.per_yield.astype(float), 1.0 - 4.0 * lowered)
    above, share = expected.down
    below = expected.level[np.minimum(above + 1, len(expected.level) - 1)]
    level = expected.level[above] + share[:, None] * (below - expected.level[above])
    bright = (brightness * per_yield / level - 1.0) * precision
    left = np.minimum(given.slope_sd / given.measured_sd, 1.0)
    spare = len(given.raw) - 3
    residual = np.sqrt(chi2 / (spare + 2.0 * (1.0 - left**2) + 1e-3))
    found = [summed(plane, *box) for plane in (bright, *beside) for box in ((5, 5), (1, 21))]
    return np.stack([*found, *([residual] if spare else []), circulation(given)]), residual


def test_they_are_those_of_whole_planes(made):
    given, expected = made
    said, middle, pixels = room_for(SHAPE, len(given.raw)), SHAPE[0] // 2, SHAPE[0] * SHAPE[1]
    kept = judged_rows(given, expected, 0, middle, said), judged_rows(given, expected, middle, SHAPE[0], said)
    wanted, residual = deviations(given, expected)
    lowered = 0.5 - 0.5 / np.sqrt(1.0 + (given.slope**2).sum(0))
    kind = kinds(given.slope, lowered)
    np.testing.assert_allclose(said.residual, residual, rtol=1e-4)
    np.testing.assert_allclose(said.some, wanted[:, ::EVERY, ::EVERY], atol=2e-3)
    np.testing.assert_array_equal(said.kind, kind[::EVERY, ::EVERY])
    listed = np.concatenate([np.arange(kept[0]), middle * SHAPE[1] + np.arange(kept[1])])
    doubted = (np.abs(wanted).max(0) > TRUSTED) & given.believed
    at = said.pixel[listed]
    assert 0 < at.size < pixels
    np.testing.assert_array_equal(at, np.flatnonzero(doubted))
    np.testing.assert_array_equal(said.pixel_kind[listed], kind.ravel()[at])
    np.testing.assert_allclose(said.large[listed], wanted.reshape(len(wanted), -1)[:, at].T, atol=2e-3)
    by_sd = np.rint(100.0 / (1.0 + given.slope_sd.astype(float) ** 2))
    np.testing.assert_allclose(said.trust, np.where(given.believed, by_sd, 0), atol=1)


def test_rows_are_the_same_however_they_are_shared(made):
    given, expected = made
    whole, parts = room_for(SHAPE, len(given.raw)), room_for(SHAPE, len(given.raw))
    judged_rows(given, expected, 0, SHAPE[0], whole)
    for first, last in ((0, 3), (3, 4), (4, 31), (31, SHAPE[0])):
        judged_rows(given, expected, first, last, parts)
    for one, other in zip(whole[:4], parts[:4], strict=True):
        np.testing.assert_array_equal(one, other)
