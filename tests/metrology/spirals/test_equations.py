"""Sums over an image against slopes written down from their definition, pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.spirals.energies import block_energies
from eclips4d.metrology.spirals.equations import normal_equations
from eclips4d.metrology.spirals.model import COUNT
from eclips4d.metrology.spirals.shape import arms_within, excess
from eclips4d.metrology.spirals.winding import radial_table

PITCH, SHAPE, BLOCK = 4.0, (41, 37), 9
X, Y = PITCH * np.arange(SHAPE[1]), PITCH * np.arange(SHAPE[0])
T = np.linspace(-1.0, 1.5, SHAPE[0])
PARAMETERS = np.array([70.3, 82.1, 0.37, 55.0, 3.1, 8.0, 4.2, 0.05, 0.01, -0.02])


def _slopes(p, wound):
    """H·(s·N/2π·grad θ + δ(u)·grad u) + plane, grad u by differences of u."""

    def u(x, y):
        r, angle = np.hypot(x - p[0], y - p[1]), np.arctan2(y - p[1], x - p[0])
        return p[2] + p[7] * T[:, None] - arms_within(r, p[3], p[4]) - wound * angle / (2.0 * np.pi)

    x, y = np.meshgrid(X, Y)
    small, half = 1e-3, 0.5
    # Angles jump where they begin again: differences of u are wrapped.
    ux, uy = (
        ((a - b + half) % 1.0 - half) / (2.0 * small)
        for a, b in ((u(x + small, y), u(x - small, y)), (u(x, y + small), u(x, y - small)))
    )
    sd = p[6] * np.hypot(ux, uy)
    f = (u(x, y) + half) % 1.0 - half
    comb = sum(np.exp(-0.5 * ((f - k) / sd) ** 2) for k in range(-3, 4)) / (np.sqrt(2.0 * np.pi) * sd)
    r2 = (x - p[0]) ** 2 + (y - p[1]) ** 2
    sheet = wound / (2.0 * np.pi * r2)
    along_x, along_y = -sheet * (y - p[1]) + comb * ux, sheet * (x - p[0]) + comb * uy
    return np.stack([p[5] * along_x + p[8], p[5] * along_y + p[9]])


def _summed(slope, precision, wound, far_off=1e6):
    rows, columns = (-(-n // BLOCK) for n in SHAPE)
    matrix, score, energy = np.zeros((COUNT, COUNT)), np.zeros((rows, columns, COUNT)), np.zeros((rows, columns, 3))
    table = radial_table(PARAMETERS[3], PARAMETERS[4], 400.0, *excess())
    where = (slope, precision, X, Y, T, PARAMETERS, float(wound))
    found = normal_equations(*where, far_off, BLOCK, table, matrix, score, energy)
    only = np.zeros_like(energy)
    block_energies(*where, BLOCK, table, only)
    np.testing.assert_allclose(only, energy, rtol=1e-9, atol=1e-9)
    return np.tril(matrix) + np.tril(matrix, -1).T, score, energy, found


def _precision(seed):
    """Uneven, with holes, and nothing near the core."""
    random = np.random.default_rng(seed)
    precision = random.uniform(50.0, 150.0, SHAPE) * (random.uniform(size=SHAPE) > 0.15)
    precision[: random.integers(0, 12)] = 0.0
    precision[:, random.integers(25, 37) :] = 0.0
    return np.where(np.hypot(X - PARAMETERS[0], Y[:, None] - PARAMETERS[1]) > 20.0, precision, 0.0)


def _derived(wound):
    """Derivatives of slopes by all parameters, [parameter, component, y, x], by differences."""
    # The bend's is looked up in a table of steps of 0.02 critical radii: over several of them.
    steps = np.array([1e-3, 1e-3, 1e-5, 1e-3, 5e-2, 1e-3, 1e-3, 1e-5, 1e-4, 1e-4])
    out = []
    for k, step in enumerate(steps):
        off = np.zeros(COUNT)
        off[k] = step
        out.append((_slopes(PARAMETERS + off, wound) - _slopes(PARAMETERS - off, wound)) / (2.0 * step))
    return np.array(out)


@settings(max_examples=8, deadline=None)
@given(wound=st.sampled_from([1, -1, 2]), seed=st.integers(0, 10**6))
def test_sums_are_those_of_derivatives_pixel_by_pixel(wound, seed):
    precision, by = _precision(seed), _derived(wound)
    rest = np.random.default_rng(seed).normal(0.0, 0.1, (2, *SHAPE))
    matrix, score, _, found = _summed(_slopes(PARAMETERS, wound) + rest, precision, wound)
    expected = np.einsum("icyx,jcyx,yx->ij", by, by, precision)
    scale = np.sqrt(np.diag(expected))
    # Moving the core also turns risers, which is left out near it: a few hundredths.
    off = np.abs(matrix - expected) / scale / scale[:, None]
    assert off.max() < 0.08 and off[2:, 2:].max() < 0.015
    pulled = np.einsum("icyx,cyx,yx->i", by, rest, precision)
    np.testing.assert_allclose(score.sum(axis=(0, 1))[2:] / scale[2:], pulled[2:] / scale[2:], atol=0.3)
    assert found[0] == pytest.approx(float((precision * (rest**2).sum(axis=0)).sum()), rel=1e-2)
    assert found[3] == np.count_nonzero(precision)


@pytest.mark.parametrize("far_off", [2.0, 1e6])
def test_blocks_add_up_to_the_image_and_keep_to_themselves(far_off):
    precision, slope = _precision(3), _slopes(PARAMETERS, 1) + 0.1
    _, score, energy, _ = _summed(slope, precision, 1, far_off)
    one = np.zeros_like(precision)
    one[9:18, 18:27] = precision[9:18, 18:27]
    _, alone, its, _ = _summed(slope, one, 1, far_off)
    np.testing.assert_allclose(alone[1, 2], score[1, 2], rtol=1e-9)
    np.testing.assert_allclose(its[1, 2], energy[1, 2], rtol=1e-9)
    assert np.count_nonzero(alone.any(axis=-1)) == 1
    assert energy[..., 2].sum() == 2.0 * np.count_nonzero(precision)
