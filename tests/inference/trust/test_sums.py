"""Sums over surroundings against their definition."""

import numpy as np

from eclips4d.inference.trust.sums import LINE, MARGIN, SQUARE, squares_row, sums_row


def around(deviation, out):
    """Row by row, as rows are read."""
    rows, columns = deviation.shape
    work, ring = np.zeros((4, columns + 2 * MARGIN), np.float32), np.zeros((SQUARE, columns), np.float32)
    for s in range(rows + SQUARE // 2):
        if s < rows:
            sums_row(deviation[s], work, ring[s % SQUARE], out[1, s])
        else:
            ring[s % SQUARE] = 0.0
        if s >= SQUARE // 2:
            squares_row(ring, s - SQUARE // 2, out[0, s - SQUARE // 2])


def by_hand(deviation, rows, columns):
    held = np.clip(np.nan_to_num(deviation), -3.0, 3.0)
    padded = np.pad(held, ((rows // 2,) * 2, (columns // 2,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (rows, columns))
    return windows.sum((2, 3)) / np.sqrt(rows * columns)


def test_squares_and_lines():
    deviation = np.random.default_rng(3).normal(scale=2.0, size=(31, 57)).astype(np.float32)
    deviation[4, 5] = np.nan
    out = np.empty((2, 31, 57), np.float32)
    around(deviation, out)
    np.testing.assert_allclose(out[0], by_hand(deviation, SQUARE, SQUARE), atol=1e-4)
    np.testing.assert_allclose(out[1], by_hand(deviation, 1, LINE), atol=1e-4)


def test_noise_of_one_stays_noise_of_one():
    deviation = np.random.default_rng(4).normal(size=(200, 220)).astype(np.float32)
    out = np.empty((2, 200, 220), np.float32)
    around(deviation, out)
    for plane in out:
        assert 0.93 < plane[12:-12, 12:-12].std() < 1.05
