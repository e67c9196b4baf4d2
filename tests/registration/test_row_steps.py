"""Steps of single rows, against numpy's own matrices."""

import numpy as np

from eclips4d.registration.row_steps import row_steps

ROWS, BLOCKS = 9, 5


def sums(seed: int) -> tuple[np.ndarray, ...]:
    """Weights, moments, their change per pixel and their covariance."""
    random = np.random.default_rng(seed)
    root = random.normal(size=(2, ROWS, BLOCKS, 2, 2))
    cross, noise = root @ np.swapaxes(root, -1, -2)
    weight = np.eye(2) + 0.2 * random.normal(size=(ROWS, BLOCKS, 2, 2))
    return weight, random.normal(size=(ROWS, BLOCKS, 2)), cross, noise


def test_rows_are_solved_as_by_matrices():
    weight, moment, cross, noise = sums(3)
    step, variance = row_steps(weight, moment, cross, noise, 1.7)
    for s in range(ROWS):
        slope, score = (weight[s] @ cross[s]).sum(axis=0), (weight[s] @ moment[s][..., None]).sum(axis=0)[:, 0]
        meat = (weight[s] @ noise[s] @ np.swapaxes(weight[s], 1, 2)).sum(axis=0)
        inverse = np.linalg.inv(slope)
        np.testing.assert_allclose(step[s], -inverse @ score, rtol=1e-9)
        np.testing.assert_allclose(variance[s], 1.7 * np.diag(inverse @ meat @ inverse.T), rtol=1e-9)


def test_rows_whose_sums_describe_no_well_have_no_step():
    weight, moment, cross, noise = sums(4)
    cross[2], cross[4], weight[6] = -cross[2], np.diag([1.0, 0.0]), 0.0
    weight[[2, 4]] = np.eye(2)
    step, variance = row_steps(weight, moment, cross, noise, 1.0)
    lost = np.isin(np.arange(ROWS), (2, 4, 6))
    assert (step[lost] == 0.0).all() and np.isinf(variance[lost]).all()
    assert (step[~lost] != 0.0).all() and np.isfinite(variance[~lost]).all()
