"""Tables of flights: against the flights themselves, and the way back from a place to a direction."""

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.physics.valid_angle.flight_table import field_of, fly_table
from eclips4d.physics.valid_angle.gap import Gap
from eclips4d.physics.valid_angle.landing import landing_from
from eclips4d.physics.valid_angle.trajectories import LANDED, fly


def gap(volts):
    return Gap(height=6, inner=1.75, outer=7, pole_piece=7, bore=1.75, detector_v=volts, pole_piece_v=0)


@pytest.fixture(scope="module", params=[500.0, -500.0])
def table(request):
    return request.param, fly_table(field_of(gap(request.param)), gap(request.param), 7e3, 0.25)


@pytest.mark.parametrize("start", [0j, 0.1 + 0.05j, -0.2 - 0.1j])
def test_a_table_repeats_the_flights_between_its_nodes(table, start):
    volts, flights = table
    theta, phi = np.linspace(0.0, flights.theta_top * 0.999, 40), np.linspace(0.0, 6.0, 13)
    got = landing_from(flights, start).at(theta, phi)
    polar, psi = (grid.ravel() for grid in np.meshgrid(theta, phi - np.angle(start)))
    exact, fate, _ = fly(field_of(gap(volts)), 7e3, abs(start), polar, psi, 6.0, np.empty((polar.size, 0, 3)))
    assert np.all(fate == LANDED)
    turned = exact.reshape(got.shape) * np.exp(1j * np.angle(start))
    assert np.abs(got - turned).max() < 4e-4
    straight = start + 6.0 * np.tan(theta) * np.exp(1j * phi)[:, None]
    assert np.abs(turned - straight).max() > 0.3


def test_directions_lead_back_to_where_they_land(table):
    landing = landing_from(table[1], 0.15 + 0.1j)
    theta, phi = np.linspace(0.05, landing.theta_top * 0.99, 30), np.linspace(0.0, 6.0, 11)
    tangent, measure = landing.directions(landing.at(theta, phi).ravel())
    want = (np.tan(theta) * np.exp(1j * phi)[:, None]).ravel()
    np.testing.assert_allclose(tangent, want, atol=1e-7)
    assert np.all(measure > 0.0)


def test_the_measure_is_the_solid_angle_of_a_small_area(table):
    landing, side = landing_from(table[1], 0.1j), 1e-3
    corners = side * np.array([0.5 + 0.5j, -0.5 + 0.5j, -0.5 - 0.5j, 0.5 - 0.5j])
    for place in (2.0 + 1.0j, -5.0 + 0.5j):
        t, _ = landing.directions(place + corners)
        area = abs(np.imag(np.conj(t) * np.roll(t, -1)).sum() / 2.0)
        _, measure = landing.directions(np.array([place]))
        middle = abs(landing.directions(np.array([place]))[0][0])
        # in the plane of tangents the cosine-weighted solid angle is dA/(1 + t²)²
        assert measure[0] * side**2 == pytest.approx(area / (1.0 + middle**2) ** 2, rel=1e-5)


def test_nothing_leads_to_a_place_beyond_the_table(table):
    tangent, measure = landing_from(table[1], 0j).directions(np.array([80.0 + 0.0j]))
    assert measure[0] == 0.0 and tangent[0] == 0.0


def test_a_detector_that_turns_all_electrons_back_leaves_an_empty_table():
    assert fly_table(field_of(gap(-4e3)), gap(-4e3), 1e3, 0.25).theta_top == 0.0


def test_a_bore_that_turns_back_what_leaves_steeply_is_refused():
    barred = Gap(6, 1.75, 7, 7, 1.75, 500.0, -30e3)
    with pytest.raises(InputError, match=r"^electrodes: 500 V and -30000 V turn back electrons of 3000 eV that leave"):
        fly_table(field_of(barred), barred, 3e3, 0.25)
