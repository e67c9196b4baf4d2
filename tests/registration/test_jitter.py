"""Row jitter against scenes whose rows are displaced exactly: what is found, left, feigned, and how sure it is."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from shifted_frames import Series, calibration, series, surface

from eclips4d.core.results import Drift
from eclips4d.registration.channels import segment_means
from eclips4d.registration.jitter import RowJitter, row_jitter
from eclips4d.registration.look import Look, open_eye
from eclips4d.registration.reference_rows import ReferenceRows
from eclips4d.registration.resample import resample
from eclips4d.registration.row_prior import LEAST_PX, shrink
from eclips4d.registration.straight_height import integral, straight_height
from eclips4d.registration.tiles import Tile

SHAPE = (176, 200)
SCENE = series(waves=120, seed=4)
RIM = 8
"""Rows at either end that the taper of the gradients leaves hardly measured."""


def scanned(
    offset: np.ndarray, dose: float, seed: int, start: tuple[float, float] = (0.0, 0.0), scene: Series = SCENE
) -> np.ndarray:
    """Rows displaced one by one; exact, whatever the offsets."""
    y = np.arange(SHAPE[0]) - start[0] - offset[:, 0]
    x = np.arange(SHAPE[1])[None] - start[1] - offset[:, 1:]
    return np.random.default_rng(seed).poisson(np.clip(dose * (1 + 0.3 * scene.at(y, x)), 1, None)).astype(np.uint16)


def offsets(kind: str, rms: float, seed: int) -> np.ndarray:
    random, rows = np.random.default_rng(seed), np.arange(SHAPE[0])
    hum = np.sqrt(2) * np.sin(2 * np.pi * rows / 9.3 + random.uniform(0, 2 * np.pi))
    return np.column_stack([0 * rows, rms * (hum if kind == "hum" else random.normal(size=len(rows)))])


def looks(*frames: np.ndarray) -> list[Look]:
    eye = open_eye(frames[0].shape, segment_means(frames[0]), calibration())
    return [eye.look(frame) for frame in frames]


def found(reference: np.ndarray, frame: np.ndarray, start: tuple[float, float] = (0.0, 0.0)) -> RowJitter:
    first, second = looks(reference, frame)
    return row_jitter(first.everything, second.channels, np.array([*start, *start]))


def error_of(offset: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Inner rows, less the line that is drift and not jitter."""
    error, rows = (offset - truth)[RIM:-RIM, 1], np.arange(len(truth) - 2 * RIM)
    return error - np.polyval(np.polyfit(rows, error, 1), rows)


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


@pytest.mark.parametrize("start", [(0.0, 0.0), (2.4, -3.3)])
@pytest.mark.parametrize("dose", [100.0, 10_000.0])
def test_without_jitter_nothing_is_corrected(dose: float, start: tuple[float, float]) -> None:
    still = np.zeros((SHAPE[0], 2))
    for seed in range(3):
        jitter = found(scanned(still, dose, seed), scanned(still, dose, 50 + seed, start), start)
        assert not jitter.significant
        assert not jitter.offset.any()
        assert jitter.rms_px[1] == 0.0
        # What may be there unnoticed is stated: less than the noise of one row.
        assert 0 < jitter.sd[RIM:-RIM, 1].max() < np.median(jitter.noise[:, 1])


def test_drift_within_the_frame_is_not_jitter() -> None:
    truth, rate = offsets("white", 0.2, 5), np.array([1.4, -0.9])
    line = np.arange(SHAPE[0])[:, None] / (SHAPE[0] - 1) * rate
    first, second = looks(scanned(0 * truth, 2000.0, 1), scanned(truth + line, 2000.0, 2, (0.3, 0.6)))
    jitter = row_jitter(first.everything, second.channels, np.array([0.3, 0.6, 1.7, -0.3]))
    assert rms(error_of(jitter.offset, truth)) < 0.02
    steady = scanned(line, 2000.0, 2, (0.3, 0.6))
    first, second = looks(scanned(0 * truth, 2000.0, 1), steady)
    assert not row_jitter(first.everything, second.channels, np.array([0.3, 0.6, 1.7, -0.3])).significant


@pytest.mark.parametrize("kind", ["white", "hum"])
@pytest.mark.parametrize("size", [0.1, 0.3, 1.0])
@pytest.mark.parametrize(("dose", "noise"), [(100.0, 0.055), (1000.0, 0.018), (10_000.0, 0.007)])
def test_jitter_is_removed_down_to_the_noise(kind: str, size: float, dose: float, noise: float) -> None:
    start, truth = (0.4, -1.3), offsets(kind, size, 7)
    jitter = found(scanned(0 * truth, dose, 1), scanned(truth, dose, 2, start), start)
    error = error_of(jitter.offset, truth)
    assert jitter.significant
    assert rms(error) < min(noise, 0.6 * size)
    assert jitter.rms_px[1] == pytest.approx(rms(truth[:, 1]), rel=0.12)
    assert 0.7 < rms(error / jitter.sd[RIM:-RIM, 1]) < 1.3


def test_rows_are_given_when_asked_for() -> None:
    truth = np.random.default_rng(3).normal(0.0, 0.1, (SHAPE[0], 2))
    first, second = looks(scanned(0 * truth, 5000.0, 1), scanned(truth, 5000.0, 2))
    columns = row_jitter(first.everything, second.channels, np.zeros(4))
    both = row_jitter(first.everything, second.channels, np.zeros(4), rows_too=True)
    assert not columns.offset[:, 0].any()
    assert columns.rms_px[0] == pytest.approx(0.1, rel=0.25)
    assert rms(error_of(columns.offset, truth)) < 0.02
    assert rms(error_of(both.offset[:, ::-1], truth[:, ::-1])) < 0.03


def test_a_part_that_moves_by_itself_does_not_pass_for_jitter() -> None:
    still = np.zeros((SHAPE[0], 2))
    other = series(waves=120, seed=9)
    reference, frame = scanned(still, 1000.0, 1), scanned(still, 1000.0, 2)
    for raw, place in ((reference, 0.0), (frame, 1.5)):
        # Rows 60 to 119: a third of the columns shows something that has moved.
        moved = scanned(still, 1000.0, 5 + int(place), (0.0, place), other)
        raw[:, 60:120, 60:126] = moved[:, 60:120, 60:126]
    jitter = found(reference, frame)
    assert rms(jitter.offset[RIM:-RIM, 1]) < LEAST_PX


def flowing(t: int, offset: np.ndarray, seed: int) -> np.ndarray:
    """Roughness that stays, wavy steps that flow by three pixels a frame."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1] + 32].astype(float)
    rough = gaussian_filter(np.random.default_rng(0).normal(size=x.shape), 1.5)
    gy, gx = np.gradient(rough)
    riser = np.exp(-0.5 * ((((x + 6 * np.sin(y / 25) - 3.0 * t) % 48) - 24) / 2.5) ** 2)
    gx, gy = 0.06 * gx / gx.std() + 0.6 * riser, 0.06 * gy / gy.std() + 0.6 * riser * 6 / 25 * np.cos(y / 25)
    azimuth = np.pi / 2 * (np.arange(4) + 0.5)
    scene = 3000 * (1 - 0.5 * (np.cos(azimuth)[:, None, None] * gx - np.sin(azimuth)[:, None, None] * gy))
    f = np.fft.rfftfreq(x.shape[1])
    moved = np.fft.irfft(np.fft.rfft(scene) * np.exp(-2j * np.pi * f * offset[:, 1:]), n=x.shape[1])
    return np.random.default_rng(seed).poisson(np.clip(moved[:, :, 16:-16], 1, None)).astype(np.uint16)


@pytest.mark.parametrize("size", [0.0, 0.3])
def test_steps_that_flow_do_not_pass_for_jitter_between_the_steps(size: float) -> None:
    truth = offsets("white", size, 3)
    first, second = looks(flowing(0, 0 * truth, 1), flowing(1, truth, 2))
    ((_, patch),) = first.between_steps(second, (0, 0), (Tile((0, 0), SHAPE, 0),)).patches
    jitter = row_jitter(patch.by, patch.frame, np.zeros(4))
    error = rms(error_of(jitter.offset, truth))
    assert error < (0.5 * size if size else 0.05)


def test_the_references_own_rows_become_known() -> None:
    truth = [offsets("white", 0.3, 20 + k) for k in range(8)]
    first, *others = looks(*(scanned(t, 2000.0, k) for k, t in enumerate(truth)))
    reference, errors = ReferenceRows.start(SHAPE[0]), []
    for look, own in zip(others, truth[1:], strict=True):
        jitter = row_jitter(first.everything, look.channels, np.zeros(4), reference_offset=reference.offset)
        reference, offset = reference.learned(jitter)
        errors.append(rms(error_of(offset, own)))
    # The mean of n frames is displaced by 1/√n of what one is.
    assert errors[0] == pytest.approx(0.3 / np.sqrt(2), rel=0.15)
    assert errors[-1] == pytest.approx(0.3 / np.sqrt(8), rel=0.25)
    assert rms(error_of(reference.offset, truth[0])) < 0.15
    assert reference.offset.dtype == np.float32


def test_the_references_rows_between_two_rows() -> None:
    truth = offsets("white", 0.3, 20)
    reference = ReferenceRows.start(SHAPE[0])
    places = [(0.3 * k, 0.0) for k in range(1, 12)]
    first, *others = looks(scanned(truth, 2000.0, 0), *(scanned(0 * truth, 2000.0, 9, p) for p in places))
    for look, place in zip(others, places, strict=True):
        ends = np.array([*place, *place])
        jitter = row_jitter(first.everything, look.channels, ends, reference_offset=reference.offset)
        reference, _ = reference.learned(jitter)
    assert rms(error_of(reference.offset, truth)) < 0.4 * 0.3


def test_shrinking_keeps_waves_and_drops_noise() -> None:
    random, rows = np.random.default_rng(2), np.arange(400)
    variance = np.where(rows % 40 == 0, np.inf, random.uniform(0.5, 2.0, 400) * 0.1**2)
    noise = np.where(np.isfinite(variance), random.normal(size=400) * np.sqrt(np.minimum(variance, 1.0)), 0.0)
    hum = 0.1 * np.sin(2 * np.pi * rows / 16)
    alone, both = shrink(noise, variance), shrink(np.where(np.isfinite(variance), hum + noise, 0.0), variance)
    assert alone.rms == 0.0 and not alone.offset.any()
    # Twice the noise of one wave in four hundred rows: the rows that were not measured are known as well.
    assert rms(both.offset - hum) < 0.25 * rms(hum)
    assert both.rms == pytest.approx(rms(hum), rel=0.15)


def test_false_alarms_are_rare_and_small() -> None:
    random = np.random.default_rng(5)
    trials = [shrink(random.normal(0.0, 0.05, 256), np.full(256, 0.05**2)) for _ in range(300)]
    assert np.mean([t.rms > 0 for t in trials]) < 0.05
    assert rms(np.concatenate([t.offset for t in trials])) < 0.004


def test_binned_offsets_are_expanded() -> None:
    jitter = found(scanned(offsets("white", 0.5, 1), 2000.0, 1), scanned(offsets("white", 0.5, 2), 2000.0, 2))
    full = jitter.expanded(2, 2 * SHAPE[0] + 1)
    assert full.shape == (2 * SHAPE[0] + 1, 2)
    assert full[7, 1] == 2 * jitter.offset[3, 1]
    assert full[-1, 1] == 2 * jitter.offset[-1, 1]


@pytest.mark.parametrize("ends", [(500.0, 0.0), (0.0, 500.0), (-170.0, 3.0)])
def test_frames_without_common_rows_have_no_jitter(ends: tuple[float, float]) -> None:
    still = np.zeros((SHAPE[0], 2))
    first, second = looks(scanned(still, 1000.0, 1), scanned(still, 1000.0, 2))
    jitter = row_jitter(first.everything, second.channels, np.array([*ends, *ends]))
    assert not jitter.significant and not jitter.offset.any()


def waves(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A height and its slopes, [y, x] and [2, y, x]."""
    a, b = 0.31, 0.23
    height = 3.0 * np.sin(a * x + 0.2) * np.cos(b * y)
    slope = 3.0 * np.stack([a * np.cos(a * x + 0.2) * np.cos(b * y), -b * np.sin(a * x + 0.2) * np.sin(b * y)])
    return height, slope


def test_heights_are_put_straight_by_what_the_slopes_change() -> None:
    shape = (128, 150)
    offset = np.column_stack([np.zeros(shape[0]), np.random.default_rng(1).normal(0.0, 0.4, shape[0])])
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    truth, _ = waves(y, x)
    _, slope = waves(y, x - offset[:, 1:])
    slope = slope.astype(np.float32)
    before = replace(surface(shape), slope=slope, height=integral(slope, (1.0, 1.0)))
    after = straight_height(before, offset, (1.0, 1.0))
    moved = resample(replace(before, slope=np.stack([before.height] * 2)), Drift((0.0, 0.0)), offset).slope[0]

    def error(height: np.ndarray) -> float:
        inner = np.s_[10:-10, 10:-10]
        return float(np.nanstd((height - truth)[inner]))

    straight = error(integral(waves(y, x)[1].astype(np.float32), (1.0, 1.0)))
    assert error(after) - straight < 0.1 * (error(before.height) - straight)
    assert error(moved) > 1.5 * error(before.height)
