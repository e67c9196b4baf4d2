"""Families of planes, against closed forms and against the scenes' own crystals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets import CUBIC, Lattice, planes_of
from eclips4d.metrology.facets.lattice import parse_indices, symmetries
from eclips4d.metrology.facets.sphere import angle_rad
from eclips4d.physics.scenes.facets import family


@pytest.mark.parametrize(
    ("a", "b", "degrees"),
    [((1, 0, 0), (1, 1, 0), 45.0), ((0, 0, 1), (1, 1, 1), 54.7356), ((1, 1, 0), (1, 1, 1), 35.2644),
     ((0, 0, 1), (2, 2, 3), 43.3139), ((1, 1, 1), (1, 1, -1), 70.5288)],
)  # fmt: skip
def test_cubic_planes_stand_at_their_textbook_angles(a, b, degrees):
    assert np.degrees(angle_rad(CUBIC.normal(a), CUBIC.normal(b))) == pytest.approx(degrees, abs=1e-4)


@pytest.mark.parametrize("face", ["100", "110", "111"])
def test_cubic_families_are_those_of_the_scenes(face):
    ours, theirs = planes_of((face,)).normals, family(face)
    assert len(ours) == len(theirs)
    assert {tuple(n) for n in np.round(ours, 9) + 0.0} == {tuple(n) for n in np.round(theirs, 9) + 0.0}


@pytest.mark.parametrize(
    ("lattice", "operations", "sizes"),
    [
        (CUBIC, 48, {"100": 6, "110": 12, "111": 8, "223": 24, "123": 48}),
        (Lattice((1.0, 1.0, 1.4)), 16, {"100": 4, "001": 2, "111": 8}),
        (Lattice((1.0, 1.0, 1.6), (90.0, 90.0, 120.0)), 24, {"100": 6, "001": 2, "101": 12}),
        (Lattice((1.0, 1.3, 1.7), (90.0, 100.0, 90.0)), 4, {"100": 2, "111": 4, "010": 2}),
        (Lattice((1.0, 1.3, 1.7), (80.0, 100.0, 70.0)), 2, {"100": 2, "123": 2}),
    ],
)
def test_symmetry_follows_from_the_cell(lattice, operations, sizes):
    assert len(symmetries(lattice)) == operations
    assert {name: len(planes_of((name,), lattice)) for name in sizes} == sizes


@given(st.floats(0.5, 3.0))
def test_a_tetragonal_pyramid_has_the_slope_of_its_cell(ratio):
    lattice = Lattice((1.0, 1.0, ratio))
    assert np.tan(angle_rad(lattice.normal((0, 0, 1)), lattice.normal((1, 0, 1)))) == pytest.approx(ratio)


@given(st.integers(1, 5), st.integers(-5, 5), st.integers(-5, 5))
def test_planes_of_a_family_make_the_same_angles_with_each_other(h, k, last):
    lattice = Lattice((1.0, 1.0, 1.6), (90.0, 90.0, 120.0))
    normals = planes_of((f"{h} {k} {last}",), lattice).normals
    sets = np.sort(np.round(normals @ normals.T, 6), axis=1)
    assert np.abs(sets - sets[0]).max() < 1e-5


@pytest.mark.parametrize(("text", "indices"), [("111", (1, 1, 1)), ("{1-10}", (1, -1, 0)), ("(10, 1, 0)", (10, 1, 0))])
def test_indices_are_read(text, indices):
    assert parse_indices(text) == indices


@pytest.mark.parametrize("text", ["", "11", "000", "a11", "1111"])
def test_what_is_no_plane_is_refused(text):
    with pytest.raises(InputError, match="no plane"):
        parse_indices(text)
