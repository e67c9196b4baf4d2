"""The weighted solver against a sparse direct solution, the plain one, and the symmetries of the problem."""

import numpy as np
import pytest
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import spsolve

from eclips4d.inference.integrate import integrate
from eclips4d.inference.integrator.borders import border_slopes, border_weights, filled, sanitised
from eclips4d.inference.integrator.solve import FLOOR, Laplacian, relaxed, solve


def at_borders(slope):
    border = np.empty_like(slope)
    border_slopes(slope, border)
    return border


def weights(variance, measured=None):
    weight = np.empty((2, *variance.shape), np.float32)
    border_weights(variance.astype(np.float32), measured, weight)
    return weight


def direct(border, weight, pixel):
    """One equation per border, solved exactly; floored as the solver's."""
    rows, columns = border.shape[1:]
    index = np.arange(rows * columns).reshape(rows, columns)
    before = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    beyond = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    per = np.concatenate([np.full(rows * (columns - 1), 1 / pixel[0]), np.full((rows - 1) * columns, 1 / pixel[1])])
    w, g = (np.concatenate([a[0, :, :-1].ravel(), a[1, :-1].ravel()]).astype(float) for a in (weight, border))
    w = np.maximum(w, FLOOR * w.max())
    count = len(before)
    sign = np.concatenate([-per, per])
    at = (np.tile(np.arange(count), 2), np.concatenate([before, beyond]))
    step = sparse.csr_matrix((sign, at), shape=(count, rows * columns))
    normal = (step.T @ sparse.diags(w) @ step).tocsc()
    height = np.append(0.0, spsolve(normal[1:, 1:], (step.T @ (w * g))[1:])).reshape(rows, columns)
    return height - height.mean()


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(2, 40), columns=st.integers(2, 40), dx=st.floats(0.5, 4), dy=st.floats(0.5, 4))
def test_without_weights_it_is_the_plain_solution(rows, columns, dx, dy):
    slope = np.random.default_rng(rows * 41 + columns).normal(size=(2, rows, columns)).astype(np.float32)
    height = integrate(slope, (dx, dy))
    laplacian = Laplacian((rows, columns), (dx, dy))
    np.testing.assert_allclose(solve(at_borders(slope), None, laplacian, 0), height, atol=4e-6 * np.ptp(height))
    ones = weights(np.ones((rows, columns)))
    np.testing.assert_allclose(solve(at_borders(slope), ones, laplacian, 4), height, atol=1e-5 * np.ptp(height))


def uneven(kind, shape, rng):
    """Variances and what was measured."""
    variance, measured = np.ones(shape), None
    if kind == "half":
        variance[:, : shape[1] // 2] = 16.0
    elif kind == "pixels":
        variance = np.exp(rng.normal(0.0, 1.2, shape))
    elif kind == "gaps":
        measured = rng.random(shape) > 0.05
        measured[5:14, 8:20] = False
    return variance, measured


@pytest.mark.parametrize(
    ("kind", "iterations", "tolerance"), [("half", 8, 2e-3), ("pixels", 8, 2e-3), ("gaps", 30, 1e-2)]
)
@pytest.mark.parametrize("pixel", [(1.0, 1.0), (2.0, 1.2)])
def test_equals_a_direct_solution(kind, iterations, tolerance, pixel):
    rng, shape = np.random.default_rng(3), (33, 46)
    variance, measured = uneven(kind, shape, rng)
    border = at_borders((rng.normal(size=(2, *shape)) * np.sqrt(variance)).astype(np.float32))
    weight = weights(variance, measured)
    expected = direct(border, weight, pixel)
    found = solve(border, weight, Laplacian(shape, pixel), iterations)
    assert np.std(found - expected) < tolerance * np.std(expected)
    plain = solve(border, None, Laplacian(shape, pixel), 0)
    assert np.std(plain - expected) > 20 * tolerance * np.std(expected)


def test_convergence_depends_little_on_the_size():
    """Error after four iterations on noise eightfold in half of the image."""
    left = []
    for side in (40, 160):
        rng, variance = np.random.default_rng(0), np.ones((side, side))
        variance[: side // 2] = 64.0
        border = at_borders((rng.normal(size=(2, side, side)) * np.sqrt(variance)).astype(np.float32))
        weight = weights(variance)
        exact, some = (solve(border, weight, Laplacian((side, side), (1.0, 1.0)), n) for n in (25, 4))
        left.append(np.std(some - exact) / np.std(exact))
    assert max(left) < 0.08 and left[1] < 4 * left[0]


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(2, 24), columns=st.integers(2, 24), seed=st.integers(0, 99))
def test_turning_the_image_turns_the_height(rows, columns, seed):
    rng = np.random.default_rng(seed)
    slope = rng.normal(size=(2, rows, columns)).astype(np.float32)
    weight = weights(np.exp(rng.normal(size=(rows, columns))))
    height = solve(at_borders(slope), weight, Laplacian((rows, columns), (1.5, 1.0)), 25)
    turned = np.ascontiguousarray(slope[::-1].swapaxes(1, 2))
    across = np.ascontiguousarray(weight[::-1].swapaxes(1, 2))
    other = solve(at_borders(turned), across, Laplacian((columns, rows), (1.0, 1.5)), 25)
    np.testing.assert_allclose(other.T, height, atol=1e-4 * np.ptp(height) + 1e-6)


def test_conjugate_gradients_stay_where_they_are_once_they_are_there():
    """A singular system: rounding in its mean must not grow."""
    rng = np.random.default_rng(1)
    conductance = np.exp(rng.normal(0.0, 2.0, (2, 11, 10))).astype(np.float32)
    conductance[0, :, -1] = conductance[1, -1] = 0.0
    source = rng.normal(size=(11, 10)).astype(np.float32)
    source -= source.mean()
    some, many = relaxed(source, conductance, 20), relaxed(source, conductance, 400)
    np.testing.assert_allclose(many, some, atol=1e-4 * np.ptp(some))


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(1, 30), columns=st.integers(1, 30), share=st.floats(0.0, 1.0), seed=st.integers(0, 99))
def test_gaps_are_filled_within_what_surrounds_them(rows, columns, share, seed):
    rng = np.random.default_rng(seed)
    measured = rng.random((rows, columns)) > share
    slope = np.where(measured, rng.uniform(1.0, 2.0, (2, rows, columns)), np.nan).astype(np.float32)
    full = filled(np.nan_to_num(slope), measured)
    assert (full[:, measured] == slope[:, measured]).all()
    assert (full == 0.0).all() if not measured.any() else (full >= 1.0 - 1e-6).all() and (full <= 2.0 + 1e-6).all()


def test_what_is_not_a_number_is_not_measured():
    slope, sd = np.ones((2, 8, 9), np.float32), np.full((8, 9), 0.1, np.float32)
    slope[0, 1, 1], slope[1, 2, 2], sd[3, 3], sd[4, 4], sd[5, 5] = np.nan, np.inf, np.nan, -1.0, np.inf
    valid = np.ones((8, 9), bool)
    valid[6, 6] = False
    finite, variance, measured = sanitised(slope, sd, valid)
    assert np.isfinite(finite).all() and np.isfinite(variance).all()
    assert measured is not None
    assert np.argwhere(~measured).tolist() == [[k, k] for k in range(1, 7)]
    assert sanitised(np.ones((2, 8, 9), np.float32), np.full((8, 9), 0.1, np.float32), None)[2] is None
