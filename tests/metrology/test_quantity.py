import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.metrology.quantity import UNKNOWN, Quantity

parts = st.floats(0.0, 1e6)


@given(random_u=parts, systematic_u=parts)
def test_the_two_parts_add_in_quadrature(random_u, systematic_u):
    u = Quantity(1.0, random_u, systematic_u).u
    assert u**2 == pytest.approx(random_u**2 + systematic_u**2)
    assert u >= max(random_u, systematic_u) * (1 - 1e-12)


def test_a_normalised_error_is_one_at_twice_the_uncertainty():
    assert Quantity(10.0, 3.0, 4.0).normalised_error(20.0) == pytest.approx(1.0)
    assert Quantity(10.0, 3.0, 4.0).normalised_error(0.0) == pytest.approx(1.0)


def test_a_value_without_uncertainty_is_never_right():
    assert Quantity(10.0, 0.0).normalised_error(10.0) == math.inf


def test_what_is_unknown_is_never_right():
    assert math.isnan(UNKNOWN.value)
    assert not UNKNOWN.normalised_error(0.0) <= 1.0
