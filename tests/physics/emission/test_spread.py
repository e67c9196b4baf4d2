"""Exit distances and depths."""

import numpy as np
import pytest

from eclips4d.physics.emission.materials import MATERIALS
from eclips4d.physics.emission.spread import Spread, exit_depths, exit_distances, exit_spread, kanaya_okayama_range
from eclips4d.physics.emission.tables import SHARES


def test_kanaya_and_okayamas_range():
    expected = [10, 31, 144, 457, 1455]
    found = [kanaya_okayama_range(MATERIALS["Cu"], kev) for kev in (1.0, 2.0, 5.0, 10.0, 20.0)]
    assert found == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("name", MATERIALS)
@pytest.mark.parametrize("energy_kev", [2.0, 10.0, 25.0])
def test_two_gaussians_hold_the_distances(name, energy_kev):
    spread, distance = exit_spread(name, energy_kev), exit_distances(name, energy_kev)
    assert np.abs(spread.within(distance) - SHARES).max() < 0.045
    assert 0 < spread.core_share < 0.5
    assert spread.core_nm < spread.skirt_nm < kanaya_okayama_range(MATERIALS[name], energy_kev)


def test_what_leaves_near_the_beam_is_what_an_independent_program_found():
    """Copper: 7 % within 20 nm at 10 keV, 7 % within 1.1 nm at 2 keV."""
    assert np.interp(20.0, exit_distances("Cu", 10.0), SHARES) == pytest.approx(0.07, abs=0.015)
    assert np.interp(1.1, exit_distances("Cu", 2.0), SHARES) == pytest.approx(0.07, abs=0.015)


def test_half_of_them_never_go_deeper_than_a_fifth_of_the_range():
    depth = np.interp(0.5, SHARES, exit_depths("Cu", 10.0))
    assert 0.05 < depth / kanaya_okayama_range(MATERIALS["Cu"], 10.0) < 0.2


def test_a_spread_adds_up():
    assert Spread(5.0, 0.3, 50.0).within(np.array([0.0, 1e4])) == pytest.approx([0.0, 1.0])
