"""The six numbers of an affine place: against matrices written out, there and back."""

import numpy as np
import pytest

from eclips4d.metrology.coregistration.affine import Affine

PLACED = Affine((1.04, 0.97), 7.0, -0.02, (12.0, -5.0), True)


def test_matrices_written_out():
    assert Affine(turn_deg=90.0).matrix() == pytest.approx(np.array([[0.0, 1.0], [-1.0, 0.0]]), abs=1e-12)
    assert Affine((2.0, 3.0), shear=0.5).matrix() == pytest.approx(np.array([[2.0, 1.5], [0.0, 3.0]]))
    assert Affine(mirrored=True).matrix() == pytest.approx(np.diag([-1.0, 1.0]))


def test_numbers_come_back_from_the_matrix():
    again = Affine.of(PLACED.matrix(), np.array(PLACED.shift_nm), True)
    assert again.numbers() == pytest.approx(PLACED.numbers()) and again.mirrored


def test_there_and_back():
    x, y = np.random.default_rng(0).normal(size=(2, 20))
    east, south = PLACED.to_grid(*PLACED.to_map(x, y))
    assert east == pytest.approx(x) and south == pytest.approx(y)


def test_a_displacement_moves_every_point_by_itself():
    push, strain = np.array([0.3, -0.2]), np.array([[0.01, -0.02], [0.03, 0.015]])
    x, y = np.random.default_rng(1).normal(scale=50.0, size=(2, 20))
    before = np.array(PLACED.to_grid(x, y))
    after = np.array(PLACED.moved(push, strain).to_grid(x, y))
    assert after == pytest.approx(before + push[:, None] + strain @ before)
