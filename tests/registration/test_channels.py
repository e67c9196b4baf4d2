"""Whitened channels: unit noise, nothing of the signal lost, whatever the gains."""

import numpy as np
import pytest
from shifted_frames import calibration, frame, series

from eclips4d.registration.channels import (
    _bin_pairs,
    bin_channels,
    binning_for,
    form_channels,
    joined,
    mixing_matrix,
    segment_means,
)


@pytest.mark.parametrize("segments", [3, 4, 7])
@pytest.mark.parametrize("binning", [1, 2, 4])
def test_noise_is_white_and_of_unit_size(segments: int, binning: int) -> None:
    raw = np.random.default_rng(2).poisson(900, (segments, 160, 160)).astype(np.uint16)
    means = segment_means(raw)
    channels = form_channels(raw, mixing_matrix(calibration(segments), means), np.zeros(segments), binning)
    assert channels.shape == (3, 160 // binning, 160 // binning)
    noise = channels.reshape(3, -1)
    assert np.cov(noise) == pytest.approx(np.eye(3), abs=0.12)
    assert np.abs(noise.mean(axis=1)).max() < 0.01


def test_gain_and_brightness_drop_out() -> None:
    raw = frame(series(seed=1), (64, 64), mean=1000.0)
    brighter = (raw * np.array([1, 2, 3, 5], np.uint16)[:, None, None]).astype(np.uint16)
    matrix = mixing_matrix(calibration(), segment_means(raw))
    a, b = (form_channels(r, matrix, np.zeros(4)) for r in (raw, brighter))
    assert a == pytest.approx(b, abs=1e-3)


def test_segment_means_are_exact() -> None:
    raw = np.random.default_rng(0).integers(0, 65535, (3, 50, 41)).astype(np.uint16)
    assert (segment_means(raw) == raw.astype(np.int64).mean(axis=(1, 2))).all()


@pytest.mark.parametrize("shape", [(4, 32, 48), (3, 33, 35), (5, 64, 31), (8, 2, 2)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pairs_are_joined_exactly(shape: tuple[int, int, int], dtype: type) -> None:
    most = np.iinfo(dtype).max
    raw = np.random.default_rng(4).integers(most // 2, most + 1, shape).astype(dtype)
    out = np.empty((shape[0], shape[1] // 2, shape[2] // 2), np.float32)
    assert (_bin_pairs(raw, out) == raw.sum(axis=(1, 2), dtype=np.int64)).all()
    whole = raw[:, : shape[1] // 2 * 2, : shape[2] // 2 * 2].astype(np.int64)
    assert (out == whole.reshape(shape[0], shape[1] // 2, 2, shape[2] // 2, 2).sum(axis=(2, 4))).all()


def test_a_dark_segment_does_no_harm() -> None:
    raw = frame(series(seed=1), (64, 64))
    raw[2] = 0
    means = segment_means(raw)
    assert np.isfinite(form_channels(raw, mixing_matrix(calibration(), means), np.zeros(4))).all()


def test_binning_in_two_steps_is_binning_at_once() -> None:
    raw = frame(series(seed=3), (96, 80), seed=1)
    means = segment_means(raw)
    matrix = mixing_matrix(calibration(), means)
    two, four = (form_channels(raw, matrix, np.zeros(4), b) for b in (2, 4))
    assert bin_channels(two, 2) == pytest.approx(four, abs=1e-3)


@pytest.mark.parametrize(("side", "binning"), [(1, 1), (511, 1), (512, 1), (513, 2), (1024, 2), (4096, 8)])
def test_binning_brings_frames_below_the_limit(side: int, binning: int) -> None:
    assert binning_for((4, side, max(side // 2, 1)), 512) == binning


@pytest.mark.parametrize(("shape", "binning"), [((2, 2048), 1), ((33, 4096), 2), ((4096, 64), 4)])
def test_binning_leaves_some_of_the_shorter_side(shape: tuple[int, int], binning: int) -> None:
    assert binning_for((4, *shape), 512) == binning


def test_channels_may_be_mixed_before_or_after_pixels_are_joined() -> None:
    raw = frame(series(seed=2), (64, 80), mean=1000.0)
    whole = joined(raw, mixing_matrix(calibration(), segment_means(raw)), np.zeros(4), 2)
    assert whole.channels(2) == pytest.approx(bin_channels(whole.channels(), 2), abs=1e-3)
    assert whole.channels(2) == pytest.approx(
        joined(raw, whole.matrix * whole.means, np.zeros(4), 4).channels(), abs=1e-3
    )
