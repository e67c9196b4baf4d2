"""Angles to draw from, losses, and collisions with electrons, against closed forms."""

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.physics.emission.elastic.angles import energies_ev, scattering
from eclips4d.physics.emission.elastic.rutherford import screened_rutherford
from eclips4d.physics.emission.inelastic import _SHELLS, collisions
from eclips4d.physics.emission.materials import MATERIALS, material
from eclips4d.physics.emission.medium import medium
from eclips4d.physics.emission.stopping import mean_ionisation_ev, range_nm, stopping_ev_per_nm


def mean_drawn(quantile):
    """Mean of a table drawn with `s = 1 - u**0.25`, u uniform: what the tracing does."""
    s = 1 - (np.arange(400_000) + 0.5)[::-1] ** 0.25 / 400_000**0.25
    return np.array([np.interp(s, np.linspace(0, 1, len(row)), row).mean() for row in quantile[::6].astype(float)])


@pytest.mark.parametrize("z", [14, 79])
def test_drawn_angles_have_the_transport_cross_section(z):
    atom = scattering(z)
    assert mean_drawn(atom.quantile) == pytest.approx((atom.transport / atom.total)[::6], rel=3e-3)
    assert np.all(np.diff(atom.quantile, axis=1) >= 0)


def test_screened_rutherford_draws_its_closed_form():
    atom = screened_rutherford(29)
    assert mean_drawn(atom.quantile) == pytest.approx((atom.transport / atom.total)[::6], rel=5e-3)


def test_partial_waves_scatter_copper_less_sideways_than_screened_rutherford():
    at = np.searchsorted(energies_ev(), 10_000.0)
    assert 0.8 < scattering(29).transport[at] / screened_rutherford(29).transport[at] < 0.98


def test_stopping_is_bethes_at_high_energy():
    kev, copper = 30.0, MATERIALS["Cu"]
    bethe = 7.85 * 8.96 * 29 / 63.546 / kev * np.log(1.166 * kev / (mean_ionisation_ev(29) / 1000))
    assert stopping_ev_per_nm(copper, np.array([kev * 1000.0]))[0] == pytest.approx(bethe, rel=0.005)


def test_a_range_is_the_path_of_all_losses():
    energy = np.geomspace(50.0, 1e4, 2000)
    loss = stopping_ev_per_nm(MATERIALS["Si"], energy)
    reach = range_nm(loss, energy)
    assert np.interp(reach[-1] - 1.0, reach, energy) == pytest.approx(1e4 - loss[-1], rel=1e-5)
    assert 1200 < reach[-1] < 2200  # of silicon at 10 keV, nm


@pytest.mark.parametrize("name", MATERIALS)
def test_collisions_take_a_part_of_the_losses(name):
    hits, loss = collisions(material(name)), stopping_ev_per_nm(material(name), energies_ev())
    assert np.all(hits.loss_per_nm < 0.6 * loss)
    fast = energies_ev() > 2000
    assert np.all(hits.loss_per_nm[fast] > 0.25 * loss[fast])


def test_a_collision_deflects_as_billiard_balls_do():
    hits, row = collisions(MATERIALS["Cu"]), 20
    assert 1 - hits.versine[row] == pytest.approx(np.sqrt(1 - hits.lost[row]), abs=1e-3)
    assert hits.lost[row, -1] == pytest.approx(0.5)


@pytest.mark.parametrize("z", _SHELLS)
def test_shells_hold_all_electrons(z):
    assert sum(electrons for electrons, _ in _SHELLS[z]) == z


def test_a_compound_is_its_atoms():
    oxide, copper = medium(MATERIALS["Cu2O"]), medium(MATERIALS["Cu"])
    assert oxide.kind.shape[1] == 3
    at = 30
    elastic = 1 / oxide.free_path[at] * oxide.kind[at, 0]  # at copper atoms
    there = 2 / 3 * MATERIALS["Cu2O"].atoms_per_nm3 / MATERIALS["Cu"].atoms_per_nm3
    assert elastic == pytest.approx(there * copper.kind[at, 0] / copper.free_path[at], rel=1e-9)
    assert MATERIALS["Cu2O"].mean_atomic_number == pytest.approx(26.65, abs=0.02)


def test_an_unknown_material_is_named():
    with pytest.raises(InputError, match="no material 'Fe'; one of Cu, Cu2O"):
        material("Fe")
