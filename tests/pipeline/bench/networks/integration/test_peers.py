"""Every peer against analytic surfaces, brute force of what it minimises, and what it is known for."""

from functools import partial
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from eclips4d.pipeline.bench.networks.integration import borders
from eclips4d.pipeline.bench.networks.integration.peers.bilateral import bilateral
from eclips4d.pipeline.bench.networks.integration.peers.frankot_chellappa import frankot_chellappa
from eclips4d.pipeline.bench.networks.integration.peers.harker_oleary import (
    _derivative,
    _separable_weights,
    harker_oleary,
)
from eclips4d.pipeline.bench.networks.integration.peers.least_squares import least_squares, weighted_least_squares
from eclips4d.pipeline.bench.networks.integration.peers.total_variation import (
    objective,
    total_variation_data,
    total_variation_prior,
)
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes
from eclips4d.pipeline.bench.scores import levelled

PIXEL = (3.0, 5.0)
WEIGHTED = {
    "weighted least squares": weighted_least_squares,
    "weighted by pixels": partial(weighted_least_squares, weighting="pixel"),
    "misfit": partial(total_variation_data, threshold=0.5),
    "surface 1": partial(total_variation_prior, order=1, strength=0.01),
    "surface 2": partial(total_variation_prior, order=2, strength=0.01),
    "bilateral": partial(bilateral, sharpness=0.5, weighted=True),
}
UNWEIGHTED = {
    "least squares": least_squares,
    "Frankot–Chellappa": frankot_chellappa,
    "Frankot–Chellappa, smoothed": partial(frankot_chellappa, smoothing=1e-3),
    "Harker–O'Leary": harker_oleary,
    "five points": partial(harker_oleary, points=5),
    "separable weights": partial(harker_oleary, weighted=True),
    "Tikhonov 0": partial(harker_oleary, degree=0, strength=1e-4),
    "Tikhonov 2": partial(harker_oleary, degree=2, strength=0.01),
    "spectral": partial(harker_oleary, kept=0.5),
}


def hills(shape=(48, 60), pixel=PIXEL):
    """Height and slopes of a smooth surface that is tilted and not flat at the edge."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    u, v = x / 9.0, y / 11.0
    height = 6.0 * np.sin(u) * np.cos(v) + 0.3 * x - 0.2 * y
    p = (6.0 / 9.0 * np.cos(u) * np.cos(v) + 0.3) / pixel[0]
    q = (-6.0 / 11.0 * np.sin(u) * np.sin(v) - 0.2) / pixel[1]
    return height, given(np.stack([p, q]), pixel=pixel)


def given(slope, sd=0.01, valid=None, pixel=PIXEL):
    shape = slope.shape[1:]
    valid = np.ones(shape, dtype=bool) if valid is None else valid
    return Slopes(slope, np.broadcast_to(np.asarray(sd, dtype=float), shape).copy(), valid, pixel)


def off(height, truth, where=None):
    """Rms difference after levelling."""
    where = np.ones(truth.shape, dtype=bool) if where is None else where
    return float(np.sqrt(np.nanmean(levelled(height - truth, where) ** 2)))


@pytest.mark.parametrize("name", [*WEIGHTED, *UNWEIGHTED])
def test_smooth_surface_is_recovered(name):
    truth, slopes = hills()
    height = {**WEIGHTED, **UNWEIGHTED}[name](slopes)
    assert height.shape == truth.shape
    assert abs(height.mean()) < 1e-3
    assert off(height, truth) < 0.03 * truth.std()


def test_periodic_fourier_modes_need_a_periodic_surface():
    y, x = np.mgrid[:40, :64]
    u, v = 2.0 * np.pi * x / 32.0, 2.0 * np.pi * y / 20.0
    periodic = np.sin(u) * np.cos(v)
    p = 2.0 * np.pi / 32.0 / PIXEL[0] * np.cos(u) * np.cos(v)
    q = -2.0 * np.pi / 20.0 / PIXEL[1] * np.sin(u) * np.sin(v)
    slopes = given(np.stack([p, q]))
    np.testing.assert_allclose(frankot_chellappa(slopes, mirrored=False), periodic, atol=1e-9)
    truth, slopes = hills()
    weak, strong = (off(frankot_chellappa(slopes, mirrored=m), truth) for m in (False, True))
    assert weak > 5.0 * strong


@pytest.mark.parametrize("name", [*WEIGHTED, *UNWEIGHTED])
def test_gaps_leave_the_rest_right_and_nothing_infinite(name):
    truth, slopes = hills()
    valid = np.ones(truth.shape, dtype=bool)
    valid[20:26, 30:33], valid[5, 10:40] = False, False
    slope = np.where(valid, slopes.slope, np.nan)
    height = {**WEIGHTED, **UNWEIGHTED}[name](Slopes(slope, np.where(valid, 0.01, np.nan), valid, PIXEL))
    assert np.isfinite(height).all()
    limit = 0.05 if name in WEIGHTED else 0.2
    assert off(height, truth, valid) < limit * truth.std()


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_silence_what_is_noisy(name):
    truth, slopes = hills()
    random = np.random.default_rng(1)
    sd = np.full(truth.shape, 0.01)
    sd[10:38, 10:30] = 2.0
    noisy = slopes.slope + sd * random.standard_normal(slopes.slope.shape)
    quiet = sd < 1.0
    told, untold = (off(WEIGHTED[name](given(noisy, s)), truth, quiet) for s in (sd, np.full_like(sd, sd.mean())))
    assert told < 0.3 * untold


def test_separable_weights_help_where_rows_differ():
    truth, slopes = hills()
    sd = np.full(truth.shape, 0.02)
    sd[::2] = 0.5
    errors = []
    for seed in range(4):
        noise = sd * np.random.default_rng(seed).standard_normal(slopes.slope.shape)
        noisy = given(slopes.slope + noise, sd)
        errors.append([off(harker_oleary(noisy, points=5, weighted=w), truth, sd < 0.1) for w in (True, False)])
    told, untold = np.mean(errors, axis=0)
    assert told < 0.7 * untold


def small(seed=0, shape=(6, 7)):
    random = np.random.default_rng(seed)
    slope = random.standard_normal((2, *shape))
    return given(slope, random.uniform(0.5, 2.0, shape))


def border_matrix(shape, pixel):
    """Sparse-free brute force: one row per border of [2, y, x], those beyond the edge zero."""
    rows, columns = shape
    matrix = np.zeros((2 * rows * columns, rows * columns))
    for y, x in product(range(rows), range(columns)):
        here = y * columns + x
        if x + 1 < columns:
            matrix[here, [here, here + 1]] = -1.0 / pixel[0], 1.0 / pixel[0]
        if y + 1 < rows:
            matrix[rows * columns + here, [here, here + columns]] = -1.0 / pixel[1], 1.0 / pixel[1]
    return matrix


@pytest.mark.parametrize("weighting", ["none", "border", "pixel"])
def test_weighted_least_squares_is_that_of_brute_force(weighting):
    slopes = small()
    target, weight = borders.measured(slopes, weighting)
    root = np.sqrt(weight).ravel()
    matrix = border_matrix(slopes.shape, PIXEL)
    brute, *_ = np.linalg.lstsq(matrix * root[:, None], target.ravel() * root, rcond=None)
    found = weighted_least_squares(slopes, weighting=weighting)
    np.testing.assert_allclose(found, (brute - brute.mean()).reshape(slopes.shape), atol=1e-4)


def test_equal_weights_are_one_cosine_transform():
    _, slopes = hills()
    np.testing.assert_allclose(weighted_least_squares(slopes), least_squares(slopes), atol=2e-3)


@pytest.mark.parametrize("options", [{}, {"points": 5}, {"degree": 1, "strength": 0.4}, {"degree": 0, "strength": 0.2}])
@pytest.mark.parametrize("weighted", [False, True])
def test_sylvester_solution_is_that_of_brute_force(options, weighted):
    slopes = small(3)
    rows, columns = slopes.shape
    points, degree, strength = options.get("points", 3), options.get("degree", 0), options.get("strength", 0.0)
    along, across = _separable_weights(slopes) if weighted else (np.ones(rows), np.ones(columns))
    up, right = np.eye(rows), np.eye(columns)
    rough_y = np.diff(up, degree, axis=0) if degree else up
    rough_x = np.diff(right, degree, axis=0) if degree else right
    parts = [
        (np.kron(np.diag(np.sqrt(along)), np.sqrt(across)[:, None] * _derivative(columns, points) / PIXEL[0]), 0),
        (np.kron(np.sqrt(along)[:, None] * _derivative(rows, points) / PIXEL[1], np.diag(np.sqrt(across))), 1),
        (strength / PIXEL[1] * np.kron(rough_y, np.diag(np.sqrt(across))), None),
        (strength / PIXEL[0] * np.kron(np.diag(np.sqrt(along)), rough_x), None),
    ]
    scale = np.sqrt(np.outer(along, across)).ravel()
    values = [np.zeros(len(m)) if c is None else scale * slopes.slope[c].ravel() for m, c in parts]
    brute, *_ = np.linalg.lstsq(np.concatenate([m for m, _ in parts]), np.concatenate(values), rcond=1e-10)
    found = harker_oleary(slopes, weighted=weighted, **options).ravel()
    np.testing.assert_allclose(found, brute - brute.mean(), atol=1e-6)


def test_misfit_with_a_far_threshold_is_least_squares():
    slopes = small(5)
    found = total_variation_data(slopes, threshold=1e6, iterations=300)
    np.testing.assert_allclose(found, weighted_least_squares(slopes), atol=1e-4)


def test_misfit_is_the_least_sum_of_sizes():
    slopes = small(7)
    target, weight = borders.measured(slopes, "border")
    root = np.sqrt(weight).ravel()
    matrix = border_matrix(slopes.shape, PIXEL) * root[:, None]
    aim = target.ravel() * root
    count, unknowns = matrix.shape
    bound = np.block([[matrix, -np.eye(count)], [-matrix, -np.eye(count)]])
    cost = np.concatenate([np.zeros(unknowns), np.ones(count)])
    least = linprog(cost, A_ub=bound, b_ub=np.concatenate([aim, -aim]), bounds=(None, None)).fun
    found = total_variation_data(slopes, threshold=0.0, iterations=2000)
    assert np.abs(matrix @ found.ravel() - aim).sum() == pytest.approx(least, rel=2e-3)


@pytest.mark.parametrize("weighting", ["none", "border", "pixel"])
@pytest.mark.parametrize("order", [1, 2])
def test_total_variation_of_the_surface_is_least(order, weighting):
    truth, slopes = hills((24, 30))
    random = np.random.default_rng(2)
    sd = random.uniform(0.02, 0.08, truth.shape)
    noisy = given(slopes.slope + sd * random.standard_normal(slopes.slope.shape), sd)
    told = {"order": order, "strength": 0.7, "weighting": weighting}
    found = total_variation_prior(noisy, **told)
    least = objective(found, noisy, **told)
    assert objective(total_variation_prior(noisy, **told, iterations=3000), noisy, **told) > 0.998 * least
    near = [total_variation_prior(noisy, **{**told, "strength": s}) for s in (0.5, 0.9)]
    near += [found + a * random.standard_normal(truth.shape) for a in (1e-2, 1e-1)]
    near += [found + a * (truth - truth.mean()) for a in (-0.01, 0.01)]
    assert all(objective(other, noisy, **told) > least for other in near)


def fault(shape=(48, 48)):
    """A surface torn along half of a column, where one side rises away from the other."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    rising = np.where(x >= shape[1] // 2, 0.6 * np.maximum(y - shape[0] // 2, 0), 0.0)
    q = np.where((x >= shape[1] // 2) & (y > shape[0] // 2), 0.6, 0.0)
    return rising, given(np.stack([np.zeros(shape), q]), pixel=(1.0, 1.0))


def test_bilateral_keeps_a_jump_that_least_squares_smears():
    truth, slopes = fault()
    smeared, kept = off(least_squares(slopes), truth), off(bilateral(slopes, sharpness=4.0), truth)
    assert kept < 0.2 * smeared


def test_bilateral_without_sharpness_is_least_squares_of_facing_pixels():
    _, slopes = hills()
    facing = 1.0 / np.sqrt(1.0 + (slopes.slope**2).sum(axis=0))
    same = weighted_least_squares(given(slopes.slope, 0.01 / facing), weighting="pixel")
    np.testing.assert_allclose(bilateral(slopes, sharpness=0.0, inner_tolerance=1e-9), same, atol=1e-4)
