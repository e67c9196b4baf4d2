"""Flights against the closed form of a uniform field, straight lines, and relativistic dynamics integrated by scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from eclips4d.physics.valid_angle.electrons import REST_ENERGY_EV
from eclips4d.physics.valid_angle.flight_table import field_of
from eclips4d.physics.valid_angle.gap import Gap
from eclips4d.physics.valid_angle.interpolant import field_at, interpolant
from eclips4d.physics.valid_angle.trajectories import LANDED, LEFT, TURNED_BACK, fly

GAP = Gap(height=6, inner=1.75, outer=7, pole_piece=7, bore=1.75, detector_v=500, pole_piece_v=0)


def plates(volts, gap_mm=6.0):
    r, z = np.linspace(0.0, 200.0, 9), np.linspace(0.0, gap_mm, 5)
    return interpolant(r, z, np.repeat(volts * z[None] / gap_mm, r.size, axis=0))


def flown(field, energy, theta, start=0.0, psi=0.0, rest=np.inf):
    theta = np.atleast_1d(np.asarray(theta, float))
    psi = np.broadcast_to(np.asarray(psi, float), theta.shape).copy()
    return fly(field, energy, start, theta, psi, 6.0, np.empty((theta.size, 0, 3)), rest)


@settings(max_examples=40, deadline=None)
@given(share=st.floats(-0.3, 2.0).filter(lambda u: abs(u) > 1e-3), theta=st.floats(0.01, 0.95))
def test_in_a_uniform_field_the_landing_radius_is_the_closed_form(share, theta):
    """r = 2L(E/U) sin θ [sqrt(cos²θ + U/E) − cos θ], U accelerating."""
    landing, fate, error = flown(plates(1e4 * share), 1e4, theta)
    want = 2 * 6.0 / share * np.sin(theta) * (np.sqrt(np.cos(theta) ** 2 + share) - np.cos(theta))
    assert fate[0] == LANDED
    assert abs(landing[0]) == pytest.approx(want, rel=1e-7)
    assert error[0] < 1e-9


def test_without_a_field_electrons_fly_straight():
    theta, psi = np.linspace(0.0, 1.5, 40), np.linspace(0.0, 6.0, 40)
    landing, _, error = flown(plates(0.0), 5e3, theta, start=0.3, psi=psi)
    np.testing.assert_allclose(landing, 0.3 + 6.0 * np.tan(theta) * np.exp(1j * psi), rtol=1e-11)
    assert error.max() < 1e-12


def test_held_back_electrons_fall_on_the_specimen_from_the_angle_that_energy_tells():
    limit = np.arccos(np.sqrt(0.4))
    _, fate, _ = flown(plates(-4e3), 1e4, [limit - 1e-4, limit + 1e-4])
    assert list(fate) == [LANDED, TURNED_BACK]


def test_a_grazing_electron_leaves_sideways():
    assert flown(plates(0.0), 1e4, 1.569)[1][0] == LEFT


@pytest.mark.parametrize("volts", [500.0, -500.0])
def test_energy_is_conserved_between_real_electrodes(volts):
    field = field_of(Gap(6, 1.75, 7, 7, 1.75, volts, 0))
    theta, psi = np.meshgrid(np.linspace(0.0, 1.3, 30), np.linspace(0.0, 3.1, 5))
    _, fate, error = flown(field, 3e3, theta.ravel(), start=0.2, psi=psi.ravel(), rest=REST_ENERGY_EV)
    assert (fate == LANDED).sum() > 100
    assert error.max() < 1e-6


def test_the_path_is_that_of_relativistic_dynamics():
    """Momentum and force integrated in time by scipy, from off the axis, at an energy where relativity tells."""
    field, energy, start, theta, psi = field_of(GAP), 20e3, 0.5, 0.6, 2.0

    def rate(_, state):
        x, y, z, *p = state
        radius = np.hypot(x, y)
        _, u_r, u_z = field_at(field, radius, z)
        velocity = np.asarray(p) / np.sqrt(REST_ENERGY_EV**2 + np.dot(p, p))  # p in eV/c, time in mm/c
        return [*velocity, u_r * x / radius, u_r * y / radius, u_z]

    def plane(_, state):
        return state[2] - 6.0

    plane.terminal = True
    momentum = np.sqrt(energy**2 + 2 * energy * REST_ENERGY_EV)
    way = np.array([np.sin(theta) * np.cos(psi), np.sin(theta) * np.sin(psi), np.cos(theta)])
    wanted = solve_ivp(rate, (0, 1e3), [start, 0, 0, *(momentum * way)], "DOP853", events=plane, rtol=1e-11, atol=1e-9)
    x, y = wanted.y_events[0][0][:2]
    got = flown(field, energy, theta, start=start, psi=psi, rest=REST_ENERGY_EV)[0][0]
    slow = flown(field, energy, theta, start=start, psi=psi, rest=np.inf)[0][0]
    assert abs(got - complex(x, y)) < 2e-7
    assert abs(slow - got) > 1e-4  # so the comparison could have failed


def test_the_path_is_recorded_from_the_specimen_to_the_plane():
    path = np.empty((1, 200, 3))
    landing, _, _ = fly(field_of(GAP), 5e3, 0.0, np.array([0.7]), np.array([0.0]), 6.0, path)
    assert np.all(path[0, 0] == 0.0)
    assert np.all(np.diff(path[0, :, 2]) >= 0.0)
    assert path[0, -1, 2] == 6.0
    assert path[0, -1, 0] == landing[0].real
