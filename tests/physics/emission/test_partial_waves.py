"""Partial waves against ELSEPA, the Born approximation, unitarity and Schrödinger's limit."""

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.physics.emission.elastic.partial_waves import HARTREE_EV, amplitudes, differential, phase_shifts, total
from eclips4d.physics.emission.elastic.screening import yukawa_terms
from eclips4d.physics.emission.literature import ANGLES_DEG, ELSEPA


def integrate(shifts, weight):
    cosine, step = np.polynomial.legendre.leggauss(1200)
    return 2 * np.pi * float((step * differential(shifts, cosine) * weight(cosine)).sum())


@pytest.mark.parametrize(("atom", "reference"), ELSEPA.items())
def test_cross_sections_are_those_of_elsepa(atom, reference):
    shifts = phase_shifts(*atom)
    assert integrate(shifts, lambda x: 1 - x) == pytest.approx(reference.transport, rel=0.03)
    assert total(shifts) == pytest.approx(reference.total, rel=0.11)  # small angles hang on the atom's outermost shell
    assert differential(shifts, np.cos(np.radians(ANGLES_DEG))) == pytest.approx(reference.differential, rel=0.12)


@pytest.mark.parametrize("atom", [(14, 5000), (79, 500)])
def test_total_is_the_integral_and_the_forward_amplitude(atom):
    shifts = phase_shifts(*atom)
    forward, flip = amplitudes(shifts, np.array([1.0]))
    assert integrate(shifts, np.ones_like) == pytest.approx(total(shifts), rel=1e-6)
    assert 4 * np.pi / shifts.wave_number * forward[0].imag == pytest.approx(total(shifts), rel=1e-9)
    assert abs(flip[0]) == 0.0


def test_fast_electrons_at_a_light_atom_scatter_as_born_says():
    shifts = phase_shifts(8, 30_000)
    cosine = np.cos(np.radians(np.array([2.0, 5.0, 10.0, 20.0])))
    momentum = shifts.wave_number * np.sqrt(2 - 2 * cosine)
    (amplitude, decay), mass = yukawa_terms(8), 1 + 30_000 / HARTREE_EV / 137.036**2
    born = 2 * 8 * mass * (amplitude[:, None] / (decay[:, None] ** 2 + momentum**2)).sum(axis=0)
    assert differential(shifts, cosine) == pytest.approx(born**2, rel=0.05)


def test_spin_does_not_matter_where_light_is_infinitely_fast():
    shifts = phase_shifts(29, 1000, light_speed=1e5)
    assert shifts.up[1:] == pytest.approx(shifts.down[1:], abs=1e-5)
    assert np.abs(phase_shifts(29, 1000).up[1:] - phase_shifts(29, 1000).down[1:]).max() > 1e-2


def test_an_unknown_element_is_named():
    with pytest.raises(InputError, match=r"Z = 92.*one of 6, 8"):
        phase_shifts(92, 1000)
