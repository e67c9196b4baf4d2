"""The shift against frames shifted exactly by their Fourier series, against scikit-image, and against brute force."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shifted_frames import calibration, frame, series
from skimage.registration import phase_cross_correlation

from eclips4d.registration.channels import form_channels, mixing_matrix, segment_means
from eclips4d.registration.fit import RowShift
from eclips4d.registration.look import open_eye
from eclips4d.registration.relation import carried, doubted, still_shift
from eclips4d.registration.search import search
from eclips4d.registration.template import prepare

NOTHING_KNOWN = np.eye(4) * 25.0


def shift_of(first: np.ndarray, second: np.ndarray, expected: np.ndarray | None = None) -> RowShift:
    eye = open_eye(first.shape, segment_means(first), calibration(len(first)))
    expected = np.zeros(4) if expected is None else expected
    return still_shift(eye, eye.look(first), eye.look(second), expected, NOTHING_KNOWN, rates=True)


def whitened(raw: np.ndarray) -> np.ndarray:
    means = segment_means(raw)
    return form_channels(raw, mixing_matrix(calibration(len(raw)), means), np.zeros(len(raw)))


def test_no_peak_locking_over_a_pixel() -> None:
    scene, shape = series(seed=4), (120, 140)
    places = np.linspace(0, 1, 11)
    reference = frame(scene, shape, seed=1)
    errors = np.array(
        [shift_of(reference, frame(scene, shape, (p, 1 - p), seed=2 + k)).middle for k, p in enumerate(places)]
    ) - np.column_stack([places, 1 - places])
    sd = np.array(shift_of(reference, frame(scene, shape, (0.5, 0.5), seed=99)).middle_sd)
    assert np.abs(errors.mean(axis=0)).max() < 0.005
    assert (errors.std(axis=0) < 3 * sd).all()
    periodic = np.column_stack([np.sin(2 * np.pi * places), np.cos(2 * np.pi * places)])[:10]
    assert np.abs(np.linalg.lstsq(periodic, errors[:10], rcond=None)[0]).max() < 0.005


def test_its_standard_deviation_is_the_scatter() -> None:
    scene, shape = series(seed=5), (96, 96)
    found = [
        shift_of(
            frame(scene, shape, mean=150.0, seed=2 * k), frame(scene, shape, (0.3, -0.4), mean=150.0, seed=2 * k + 1)
        )
        for k in range(40)
    ]
    scores = np.array([(f.ends - [0.3, -0.4, 0.3, -0.4]) / np.sqrt(np.diag(f.covariance)) for f in found])
    assert all(f.aligned for f in found)
    assert 0.8 < np.sqrt((scores**2).mean()) < 1.25


def test_standard_deviation_follows_the_bound() -> None:
    scene, shape = series(seed=5), (128, 128)
    found = shift_of(frame(scene, shape, seed=1), frame(scene, shape, (0.2, 0.1), seed=2))
    exact = np.stack(
        [2000 * (1 + 0.3 * p) for p in scene.at(np.arange(128), np.arange(128)[None, :] + np.zeros((128, 1)))]
    )
    bound = [
        np.sqrt(2.0 / sum((g**2 / exact[k]).sum() for k, g in enumerate(np.gradient(exact, axis=a)))) for a in (1, 2)
    ]
    assert np.array(found.middle_sd) == pytest.approx(bound, rel=0.4)


@pytest.mark.parametrize("segments", [3, 4, 5, 8])
@pytest.mark.parametrize(("shape", "dtype"), [((97, 131), np.uint16), ((128, 64), np.uint8)])
def test_any_number_of_segments_and_any_size(segments: int, shape: tuple[int, int], dtype: type) -> None:
    scene, mean = series(segments, seed=segments), 120.0 if dtype is np.uint8 else 3000.0
    found = shift_of(
        frame(scene, shape, mean=mean, dtype=dtype), frame(scene, shape, (1.37, -2.61), mean=mean, dtype=dtype)
    )
    assert found.aligned
    assert found.middle == pytest.approx((1.37, -2.61), abs=0.01)


@pytest.mark.parametrize("shift", [(32.4, -30.7), (-31.6, 0.2), (0.0, 32.0)])
def test_shifts_to_a_quarter_of_the_field(shift: tuple[float, float]) -> None:
    scene = series(waves=200, seed=6)
    found = shift_of(frame(scene, (128, 128), seed=1), frame(scene, (128, 128), shift, seed=2))
    assert found.aligned
    assert found.middle == pytest.approx(shift, abs=0.05)


def test_large_frames_are_binned_without_bias() -> None:
    scene, shape = series(waves=40, highest=0.1, seed=8), (600, 540)
    found = shift_of(frame(scene, shape, seed=1), frame(scene, shape, (3.3, -4.6), (0.8, 1.2), seed=2))
    assert found.ends == pytest.approx([3.3, -4.6, 4.1, -3.4], abs=0.02)


def test_identical_frames_give_exactly_nothing() -> None:
    raw = frame(series(seed=7), (100, 90), seed=3)
    assert (shift_of(raw, raw).ends == 0.0).all()


@pytest.mark.parametrize("noise", [False, True])
def test_a_flat_frame_is_not_aligned(noise: bool) -> None:
    rng = np.random.default_rng(0)
    flat = [rng.poisson(500, (4, 80, 80)) if noise else np.full((4, 80, 80), 500) for _ in range(2)]
    expected = np.array([1.0, 2.0, 1.5, 2.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = shift_of(flat[0].astype(np.uint16), flat[1].astype(np.uint16), expected)
    assert not found.aligned
    assert (found.ends == expected).all()


def test_a_frame_against_noise_is_not_aligned() -> None:
    raw = frame(series(seed=7), (128, 128), seed=3)
    noise = np.random.default_rng(9).poisson(2000, raw.shape).astype(np.uint16)
    assert not shift_of(raw, noise).aligned


@settings(max_examples=15, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_drift_within_the_frame_is_the_difference_of_its_ends(a: float, b: float, c: float, d: float) -> None:
    scene, shape = series(seed=11), (96, 112)
    found = shift_of(frame(scene, shape), frame(scene, shape, (a, b), (c, d)))
    n = shape[0] - 1
    # Row 0 of the reference is seen in row s = a + c·s/n of the frame, the last one in s = n + a + c·s/n.
    first, last = a / (1 - c / n), (n + a) / (1 - c / n) - n
    assert found.ends == pytest.approx([first, b + d * first / n, last, b + d * (n + last) / n], abs=0.01)


@settings(max_examples=10, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4))
def test_exchanging_the_frames_turns_the_sign(a: float, b: float) -> None:
    scene, shape = series(seed=12), (96, 96)
    first, second = frame(scene, shape, seed=1), frame(scene, shape, (a, b), seed=2)
    there, back = shift_of(first, second), shift_of(second, first)
    assert np.array(there.middle) == pytest.approx(-np.array(back.middle), abs=0.02)


def test_it_agrees_with_scikit_image_and_is_closer() -> None:
    scene, shape = series(waves=200, seed=13), (160, 160)
    ours, theirs = [], []
    for k, true in enumerate([(0.31, -0.77), (2.45, 1.12), (-3.68, 0.5)]):
        first, second = frame(scene, shape, seed=2 * k), frame(scene, shape, true, seed=2 * k + 1)
        ours.append(np.subtract(shift_of(first, second).middle, true))
        window = np.outer(np.hanning(shape[0]), np.hanning(shape[1]))
        sums = [np.subtract(raw[0].astype(float), raw[0].mean()) * window for raw in (second, first)]
        theirs.append(phase_cross_correlation(*sums, normalization=None, upsample_factor=100)[0] - true)
    assert np.abs(ours).max() < 0.02
    assert np.abs(theirs).max() < 0.5
    assert np.abs(ours).max() < np.abs(theirs).max()


def test_the_search_finds_what_brute_force_finds() -> None:
    scene, shape = series(waves=120, seed=14), (48, 40)
    first, second = (whitened(frame(scene, shape, s, seed=k)) for k, s in enumerate([(0.0, 0.0), (5.0, -4.0)]))
    window = prepare(first).window
    squares = {
        (dy, dx): np.mean((window * (np.roll(second, (-dy, -dx), (1, 2)) - first)) ** 2)
        for dy in range(-9, 10)
        for dx in range(-9, 10)
    }
    best = min(squares, key=lambda s: squares[s])
    assert best == (5, -4)
    assert search(prepare(first), second).shift == pytest.approx(best, abs=0.5)


@pytest.mark.parametrize("cells", [-2, -1, 0, 1, 2])
def test_a_lattice_is_not_chased_by_whole_periods(cells: int) -> None:
    period = 12.0
    y, x = np.mgrid[:144, :144].astype(float)

    def lattice(shift: float, seed: int) -> np.ndarray:
        wave = np.cos(2 * np.pi * (x - shift) / period) + np.cos(2 * np.pi * y / period)
        return (
            np.random.default_rng(seed).poisson(2000 * (1 + 0.1 * np.stack([wave, wave, wave, wave]))).astype(np.uint16)
        )

    expected = np.array([0.0, cells * period, 0.0, cells * period])
    found = shift_of(lattice(0.0, 1), lattice(2.0, 2), expected + np.array([0.0, 1.0, 0.0, 1.0]))
    assert found.aligned
    assert found.middle[1] == pytest.approx(cells * period + 2.0, abs=0.05)


def test_a_jump_is_found_although_nothing_was_expected() -> None:
    scene = series(waves=300, seed=15)
    found = shift_of(frame(scene, (256, 256), seed=1), frame(scene, (256, 256), (55.3, -40.2), seed=2))
    assert found.middle == pytest.approx((55.3, -40.2), abs=0.05)


@pytest.mark.parametrize("shape", [(64, 64), (45, 75)])
def test_a_frame_is_wholly_like_itself(shape: tuple[int, int]) -> None:
    channels = whitened(frame(series(seed=16), shape, seed=1))
    peak = search(prepare(channels), channels)
    assert peak.shift == (0.0, 0.0)
    assert peak.likeness == pytest.approx(1.0, abs=1e-3)


def known(middle: tuple[float, float], sd: tuple[float, float]) -> RowShift:
    """A shift that is the same all over the frame."""
    return RowShift(np.array([*middle, *middle]), np.tile(np.diag(np.square(sd)), (2, 2)))


def test_what_noise_does_not_explain_well_is_a_reason_to_doubt() -> None:
    whole = known((0.1, -0.2), (0.01, 0.01))
    rows, columns = carried(known((0.15, 0.3), (0.1, 0.2)), whole)
    assert rows == 0.0
    assert columns == pytest.approx(0.5**2 - 0.2**2)
    doubtful = doubted(whole, (rows, columns))
    assert doubtful.middle == whole.middle
    assert doubtful.middle_sd == pytest.approx((0.01, np.sqrt(0.01**2 + columns)))
    assert doubtful.covariance[1, 3] == pytest.approx(0.01**2 + columns)
