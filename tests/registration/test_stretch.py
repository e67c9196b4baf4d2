"""Changes of a shift that no drift explains: against blocks whose shift is known, and in frames."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shifted_frames import calibration, frame, series

from eclips4d.registration.channels import segment_means
from eclips4d.registration.fit import RowShift
from eclips4d.registration.look import open_eye
from eclips4d.registration.relation import is_still, still_shift, trusted
from eclips4d.registration.stretch import Change, Sums, change_across, moved_on

BLOCKS = (9, 7)
PLACE = (np.arange(BLOCKS[0]) + 0.5) / BLOCKS[0]
ACROSS = np.tile((2.0 * np.arange(BLOCKS[1]) + 1.0) / BLOCKS[1] - 1.0, (BLOCKS[0], 1))
pixels = st.floats(-1, 1, allow_nan=False)


def sums_of(common: np.ndarray, down: np.ndarray, right: np.ndarray, noise: float = 0.01, seed: int = 0) -> Sums:
    """Blocks that would each find a shift that changes like this, but for noise."""
    rng = np.random.default_rng(seed)
    y, x = np.meshgrid(2 * PLACE - 1, 2 * (np.arange(BLOCKS[1]) + 0.5) / BLOCKS[1] - 1, indexing="ij")
    cross = np.eye(2) * 5.0 + rng.uniform(-1, 1, (*BLOCKS, 2, 2))
    shift = common + y[..., None] * down + x[..., None] * right
    moment = -np.einsum("abij,abj->abi", cross, shift) + np.sqrt(noise) * rng.normal(size=(*BLOCKS, 2))
    return moment, np.broadcast_to(np.eye(2) * noise, (*BLOCKS, 2, 2)).copy(), cross


def across(sums: Sums) -> Change:
    return change_across(np.ones(BLOCKS), sums, PLACE, ACROSS, 1.0)


@settings(max_examples=30, deadline=None)
@given(st.lists(pixels, min_size=6, max_size=6))
def test_the_change_is_that_of_the_blocks(values: list[float]) -> None:
    common, down, right = np.array(values).reshape(3, 2)
    sums = sums_of(common, down, right, noise=1e-12)
    change = across(sums)
    assert change.down == pytest.approx(down, abs=1e-5)
    assert change.right == pytest.approx(right, abs=1e-5)
    assert change.along_lines == pytest.approx(right @ right, abs=1e-4)
    rest = across(moved_on(sums, change, PLACE))
    assert rest.down == pytest.approx(0.0, abs=1e-5)
    assert rest.right == pytest.approx(right, abs=1e-5)


def test_its_variance_is_the_scatter_and_noise_counts_for_little() -> None:
    changes = [across(sums_of(*np.zeros((3, 2)), noise=0.04, seed=k)) for k in range(200)]
    scores = np.array([c.right / np.sqrt(c.right_variance) for c in changes])
    assert 0.85 < np.sqrt((scores**2).mean()) < 1.15
    variance = float(np.mean([c.right_variance for c in changes]))
    assert np.mean([c.along_lines for c in changes]) < variance


def test_blocks_in_one_column_say_nothing() -> None:
    weight = np.zeros(BLOCKS)
    weight[:, 3] = 1.0
    change = change_across(weight, sums_of(np.zeros(2), np.ones(2), np.ones(2)), PLACE, ACROSS, 1.0)
    assert (change.along_lines, change.along_columns) == (0.0, 0.0)


def shift_of(first: np.ndarray, second: np.ndarray, rates: bool) -> RowShift:
    eye = open_eye(first.shape, segment_means(first), calibration())
    return still_shift(eye, eye.look(first), eye.look(second), np.zeros(4), np.eye(4) * 9.0, rates)


def test_drift_during_a_scan_of_unknown_duration_is_stated() -> None:
    scene, shape = series(waves=200, seed=8), (160, 160)
    first, second = frame(scene, shape, seed=1), frame(scene, shape, (0.5, -0.2), (0.9, -0.7), seed=2)
    unknown, known = shift_of(first, second, rates=False), shift_of(first, second, rates=True)
    assert is_still(unknown)
    assert is_still(known)
    away = np.abs(np.subtract(unknown.middle, (0.5, -0.2)))
    assert away.max() > 0.2
    assert (away < 2.0 * np.sqrt(np.diag(unknown.covariance)[:2])).all()
    assert known.stretch == pytest.approx(0.0, abs=1e-5)
    assert max(known.middle_sd) < 0.02


def test_content_that_stretches_along_the_lines_makes_the_shift_doubtful() -> None:
    scene, shape = series(waves=200, seed=9), (160, 160)
    y, x = np.arange(160.0), np.arange(160.0)
    grown = 1.0 + 0.4 / 80.0
    signal = 2000 * (1 + 0.3 * scene.at((y - 79.5) / grown + 79.5, np.tile((x - 79.5) / grown + 79.5, (160, 1))))
    second = np.random.default_rng(2).poisson(np.clip(signal, 1, None)).astype(np.uint16)
    found = shift_of(frame(scene, shape, seed=1), second, rates=True)
    assert found.ends == pytest.approx([-0.4, 0.0, 0.4, 0.0], abs=0.1)  # growth poses as a drift rate
    assert np.sqrt(found.stretch) == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize(
    ("agreeing", "blocks", "away", "believed"),
    [
        (0.55, 14, 0.0, False),
        (0.80, 10, 0.0, False),
        (0.95, 10, 0.0, True),
        (1.00, 4, 0.0, False),
        (0.70, 120, 0.0, True),
        (0.80, 20, 0.0, True),
        (0.80, 20, 20.0, False),
        (0.95, 120, 60.0, True),
    ],
)
def test_more_than_half_must_agree_and_not_by_chance(agreeing: float, blocks: int, away: float, believed: bool) -> None:
    shift = RowShift(np.tile([away, 0.0], 2), np.eye(4) * 1e-4, agreeing=agreeing, blocks=blocks)
    assert trusted(shift, np.zeros(4), np.eye(4) * 0.1) is believed


@pytest.mark.parametrize("seen", [False, True])
def test_a_frame_that_was_seen_is_believed_where_it_must_be(seen: bool) -> None:
    least, reach_px = (0.25, 2.0) if seen else (1.0, 4.0)
    for blocks in range(1, 13):
        for agree in range(blocks + 1):
            shift = RowShift(np.zeros(4), np.eye(4) * 1e-4, agreeing=agree / blocks, blocks=blocks)
            by_chance = sum(comb(blocks, k) for k in range(agree, blocks + 1)) / 2**blocks
            believed = trusted(shift, np.zeros(4), np.zeros((4, 4)), seen=seen)
            assert believed is (by_chance * least <= 0.05), (agree, blocks)
            for away in (0.9 * reach_px, 1.5 * reach_px, 10.0):
                places = max(least, (away / 4.0) ** 2)
                believed = trusted(shift, np.array([0.0, away, 0.0, away]), np.zeros((4, 4)), seen=seen)
                assert believed is (by_chance * places <= 0.05), (agree, blocks, away)
