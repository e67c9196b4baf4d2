"""The shipped tables and the laws made of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.emission.contrast import directional_contrast
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.make_tables import ENERGIES_KEV, make_tables, summary
from eclips4d.physics.emission.materials import MATERIALS
from eclips4d.physics.emission.tables import TABLES, load_tables, monte_carlo_law
from eclips4d.physics.emission.tally import AZIMUTH_CELLS, POLAR_CELLS, TILTS_DEG, facets
from eclips4d.physics.emission.trajectories import trace


def upwards(law: EmissionLaw, tilt_deg: float) -> float:
    """All that a facet emits above the specimen's plane."""
    theta = np.radians(np.arange(0.25, 90, 0.5))[:, None]
    phi = np.radians(np.arange(0.5, 360, 1.0))
    density = law.density(theta, phi, (float(np.tan(np.radians(tilt_deg))), 0.0))
    return float((density * np.sin(theta)).sum() * np.radians(0.5) * np.radians(1.0))


def test_the_tables_are_whole_and_small():
    tables = load_tables()
    assert list(tables.material) == list(MATERIALS)
    assert tuple(tables.energy_kev) == ENERGIES_KEV
    assert np.all(tables.electrons > 0)
    assert np.all(np.isfinite(tables.coefficients))
    assert np.all(tables.chi2[..., 0] < 1.5)
    assert TABLES.stat().st_size < 1_500_000


@pytest.mark.parametrize("name", MATERIALS)
@pytest.mark.parametrize("energy_kev", [2.0, 8.3, 30.0])
def test_a_law_emits_the_yield_of_the_tables(name, energy_kev):
    law, tables = monte_carlo_law(name, energy_kev), load_tables()
    yields = tables.at(tables.yields, name, energy_kev)
    assert law.yield_flat == pytest.approx(yields[0])
    assert upwards(law, 0.0) == pytest.approx(1.0, abs=0.01)
    for tilt_deg in (10.0, 20.0, 40.0):  # what leaves downwards is not in the law; a forward lobe has more of it
        share = upwards(law, tilt_deg) / (yields[TILTS_DEG.index(tilt_deg)] / yields[0])
        lambert_downwards = (1.0 - np.cos(np.radians(tilt_deg))) / 2.0
        assert 0.6 * lambert_downwards - 0.01 < 1.0 - share < 1.8 * lambert_downwards + 0.01
    assert law.terms <= 16


@given(
    st.sampled_from(list(MATERIALS)),
    st.floats(2.0, 30.0),
    st.floats(0.0, 79.0),
    st.floats(0.0, 89.0),
    st.floats(0, 6.3),
)
@settings(max_examples=25, deadline=None)
def test_a_lobe_is_nowhere_negative(name, energy_kev, tilt_deg, theta_deg, phi):
    law = monte_carlo_law(name, energy_kev)
    theta, tilt = np.radians(theta_deg), np.radians(tilt_deg)
    terms = sum(
        np.interp(tilt, law.tilt, law.amplitude[j])
        * np.interp(theta, law.theta, law.polar[j])
        * np.cos(law.order[j] * phi)
        for j in range(law.terms)
    )
    if np.cos(theta) * np.cos(tilt) - np.sin(theta) * np.sin(tilt) * np.cos(phi) > 0.0:
        assert terms > -0.015  # per steradian; the brightest direction has 0.3


@pytest.mark.parametrize(("name", "energy_kev"), [("Cu", 10.0), ("Si", 5.0), ("Au", 20.0)])
def test_a_law_is_the_histogram_of_a_fresh_simulation(name, energy_kev):
    """Other seed, no fit in between: counts in cells against the law of the tables."""
    electrons, law = 30_000, monte_carlo_law(name, energy_kev)
    tally = trace(MATERIALS[name], energy_kev, electrons, 99)
    theta = np.radians((np.arange(POLAR_CELLS * 4) + 0.5) * 90 / (POLAR_CELLS * 4))[:, None]
    side = np.radians((np.arange(AZIMUTH_CELLS * 4) + 0.5) * 180 / (AZIMUTH_CELLS * 4))
    solid = 2 * np.sin(theta) * np.radians(90 / (POLAR_CELLS * 4)) * np.radians(180 / (AZIMUTH_CELLS * 4))
    for at in (0, 2, 4, 6):
        density = law.density(theta, side, (float(np.tan(np.radians(TILTS_DEG[at]))), 0.0)) * solid
        expected = density.reshape(POLAR_CELLS, 4, AZIMUTH_CELLS, 4).sum(axis=(1, 3))
        expected *= electrons * facets().per_tilt[at] * law.yield_flat
        rings = tally.direction[at, ..., 0].reshape(12, 3, 8, 3).sum(axis=(1, 3))
        means = expected.reshape(12, 3, 8, 3).sum(axis=(1, 3))
        seen = means > 50
        chi2 = (((rings - means) ** 2)[seen] / (means + (0.02 * means) ** 2)[seen]).mean()
        assert 0.5 < chi2 < 1.6


def test_energy_counts_in_a_detector():
    plain, thick = monte_carlo_law("Cu", 10.0), monte_carlo_law("Cu", 10.0, dead_layer_kev=3.0)
    kappa = [directional_contrast(law, np.radians(20.0)) for law in (plain, thick)]
    assert 0.93 < kappa[1] / kappa[0] < 0.999
    assert upwards(thick, 0.0) == pytest.approx(1.0, abs=0.01)
    assert thick.yield_flat == plain.yield_flat
    assert "dead layer 3 keV" in thick.name


def test_between_energies_a_law_lies_between():
    at = [directional_contrast(monte_carlo_law("Au", kev), np.radians(30.0)) for kev in (10.0, 12.0, 15.0)]
    assert min(at[0], at[2]) - 1e-3 <= at[1] <= max(at[0], at[2]) + 1e-3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Fe", 10.0), "no material 'Fe'; one of Cu, Cu2O"),
        (("Cu", 1.0), "no emission table at 1 keV; 2 to 30 keV"),
        (("Cu", 31.0), "2 to 30 keV"),
        (("Cu", 10.0, 9.0), "dead layer of 9 keV at 10 keV; 0 to 8.5 keV"),
        (("Cu", 10.0, -1.0), "dead_layer_kev"),
    ],
)
def test_what_the_tables_do_not_hold_is_said(arguments, words):
    name, energy_kev, *dead = arguments
    with pytest.raises(InputError, match=words):
        monte_carlo_law(name, energy_kev, dead_layer_kev=dead[0] if dead else None)


def test_a_law_is_chosen_by_name():
    assert emission_law("lambert", 10.0).name == "lambert"
    assert emission_law("Cu2O", 5.0).name.startswith("Cu2O, 5 keV")
    with pytest.raises(InputError, match="no emission law 'copper'; one of lambert, Cu"):
        emission_law("copper", 10.0)


def test_the_command_makes_what_it_is_asked_for(tmp_path):
    out = tmp_path / "tables.npz"
    make_tables(material=("Cu",), energy=(5.0,), electrons=2000, seed=3, out=out)
    load_tables.cache_clear()
    tables = load_tables(out)
    i, j = list(tables.material).index("Cu"), ENERGIES_KEV.index(5.0)
    expected = summary(trace(MATERIALS["Cu"], 5.0, 2000, 3), 2000)
    assert tables.electrons[i, j] == 2000
    assert tables.electrons.sum() == 2000
    assert tables.yields[i, j] == pytest.approx(expected["yields"])
    assert tables.coefficients[i, j] == pytest.approx(expected["coefficients"], rel=1e-5, abs=1e-6)
    with pytest.raises(InputError, match="no energy 6 keV"):
        make_tables(energy=(6.0,), out=out)
