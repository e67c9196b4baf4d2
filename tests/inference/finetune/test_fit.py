"""A detector off its place: a module finds it in unlabelled frames, and other frames are nearer to the truth."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from made_frames import make_calibration, make_instrument

from eclips4d.core.results import Surface
from eclips4d.inference.analytic import analytic_model
from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.inference.finetune import fit as fitting
from eclips4d.inference.finetune.compared import Compared, compared
from eclips4d.inference.finetune.correction import Correction, change_of_facets
from eclips4d.inference.finetune.fit import fit
from eclips4d.inference.finetune.score import misfits
from eclips4d.inference.synthesis.response import response_of
from eclips4d.inference.trust.rendered import Rerendering
from eclips4d.physics.bsesm.render import exact_simulator

SIDE = 96
TOLD, TRUE = make_instrument(), make_instrument(offset_mm=(0.4, -0.3))
CALIBRATION = make_calibration(TOLD, noise_slope=1.0)


def grains(seed: int) -> np.ndarray:
    """Heights of a smooth random relief with slopes up to some 40 degrees, nm."""
    random = np.random.default_rng(seed)
    waves = np.fft.rfft2(random.standard_normal((SIDE, SIDE)))
    y, x = np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)
    wave = np.hypot(x, y)
    height = np.fft.irfft2(waves * ((wave > 0.02) & (wave < 0.08)), s=(SIDE, SIDE))
    return height / np.std(np.gradient(height)[1]) * 0.3 * TOLD.scan.pixel_size_xy_nm[0]


@lru_cache
def frame(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Counted by the detector where it is, with gains that make the mean plane level; and the true slopes."""
    height = grains(seed)
    down, right = np.gradient(height, TOLD.scan.pixel_size_xy_nm[0])
    return recorded(height, seed), np.stack([right, down])


def recorded(height: np.ndarray, seed: int) -> np.ndarray:
    seen = exact_simulator(TRUE, height.shape, threads=1)(height)
    flat = exact_simulator(TRUE, (4, 4), threads=1)(np.zeros((4, 4)))[:, 2, 2]
    ideal = np.asarray(CALIBRATION.flat)
    counts = np.random.default_rng(seed).poisson(seen / flat[:, None, None] * ideal[:, None, None] / ideal.mean() * 4e3)
    return counts.astype(np.uint16)


def held_against(surface: Surface, raw: np.ndarray) -> Compared:
    return compared(raw, CALIBRATION, surface, Rerendering(TOLD, threads=1))


@pytest.fixture(scope="module")
def module():
    model = analytic_model(TOLD)
    return fit([held_against(model(frame(seed)[0], CALIBRATION), frame(seed)[0]) for seed in (1, 2)])


def error(slope: np.ndarray, truth: np.ndarray) -> float:
    wrong = (slope - truth)[:, 6:-6, 6:-6]
    return float(np.sqrt(np.mean((wrong - wrong.mean(axis=(1, 2), keepdims=True)) ** 2)))


def test_frames_that_it_has_not_seen_are_read_better(module) -> None:
    raw, truth = frame(3)
    slopes = closed_form_slopes(TOLD)
    noise = np.sqrt(2.0) / (np.hypot(*np.asarray(CALIBRATION.contrast)[0]) / CALIBRATION.flat[0] * np.sqrt(4 * 4e3))
    before, after = (
        np.sqrt(max(error(read(raw, CALIBRATION).slope, truth) ** 2 - noise**2, 0.0))
        for read in (slopes, replace(slopes, afterwards=Correction(TOLD, module)))
    )
    assert after < 0.6 * before


def test_faces_keep_their_angles(module) -> None:
    slope = slopes_at_all_azimuths(0.7)
    turned = slope.copy()
    Correction(TOLD, module)(turned, CALIBRATION)
    assert abs(np.hypot(*turned).mean() / 0.7 - 1.0) < 0.01
    assert np.ptp(np.hypot(*turned)) > 0.005, "but not each of them"


def slopes_at_all_azimuths(slope: float) -> np.ndarray:
    azimuth = np.linspace(0.0, 2.0 * np.pi, 360, endpoint=False)
    return (slope * np.stack([np.cos(azimuth), np.sin(azimuth)])[:, None]).astype(np.float32)


def roofs(turn_deg: float) -> np.ndarray:
    """Heights of pyramids side by side with faces of 40 degrees at four azimuths, nm."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2.0
    turn = np.radians(turn_deg)
    along, across = (np.abs((v + 12.0) % 24.0 - 12.0) for v in turned(x, y, turn))
    return -np.maximum(along, across) * np.tan(np.radians(40.0)) * TOLD.scan.pixel_size_xy_nm[0]


def turned(x: np.ndarray, y: np.ndarray, turn: float) -> tuple[np.ndarray, np.ndarray]:
    return x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)


def moved_anywhere(module) -> float:
    """Largest change of the mean tilt of four faces 90 degrees apart, over their azimuths."""
    slope = slopes_at_all_azimuths(np.tan(np.radians(40.0)))
    after = slope.copy()
    Correction(TOLD, module)(after, CALIBRATION)
    moved = np.hypot(*after)[0].reshape(4, 90).mean(axis=0) / np.tan(np.radians(40.0)) - 1.0
    return float(np.abs(moved).max())


def test_faces_that_no_frame_shows_are_not_turned_by_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fitted to faces at four azimuths, asked about those between them."""
    model = analytic_model(TOLD)
    raw = [recorded(roofs(20.0 + few), seed) for seed, few in enumerate((0.0, 2.0))]
    frames = [held_against(model(one, CALIBRATION), one) for one in raw]
    moved = moved_anywhere(fit(frames))
    monkeypatch.setattr(fitting, "AROUND", 0.0)
    monkeypatch.setattr(fitting, "ALIKE", 0.0)
    guessed = moved_anywhere(fit(frames))
    assert moved < 0.03 and moved < 0.5 * guessed, (moved, guessed)


def test_held_out_frames_are_explained(module) -> None:
    raw, _ = frame(4)
    model = analytic_model(TOLD)
    before = misfits(held_against(model(raw, CALIBRATION), raw), None).mean()
    adapted = replace(model, slopes=replace(model.slopes, afterwards=Correction(TOLD, module)))
    after = misfits(held_against(adapted(raw, CALIBRATION), raw), module).mean()
    assert 0.5 < after < 0.5 * before


def test_the_same_frames_give_the_same_module(module) -> None:
    model = analytic_model(TOLD)
    again = fit([held_against(model(frame(seed)[0], CALIBRATION), frame(seed)[0]) for seed in (1, 2)])
    np.testing.assert_array_equal(again.weight, module.weight)


def test_a_refinement_renders_with_it(module) -> None:
    plain, changed = (response_of(TOLD, CALIBRATION, (16, 16), threads=1, module=one) for one in (None, module))
    slope = np.broadcast_to(slopes_at_all_azimuths(0.6)[:, :, :32], (2, 32, 32)).astype(np.float32).copy()
    ratio = changed.alone(np.zeros((32, 32)), slope) / plain.alone(np.zeros((32, 32)), slope)
    expected = 1.0 + change_of_facets(module, TOLD, CALIBRATION, slope.astype(np.float64))
    assert np.abs(expected - 1.0).max() > 3e-3
    np.testing.assert_allclose(ratio, expected, atol=1e-3)
