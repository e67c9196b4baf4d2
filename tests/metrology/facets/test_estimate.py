"""Orientations found from facets alone."""

from __future__ import annotations

import numpy as np
import pytest
from made_facets import facet_of
from scipy.spatial.transform import Rotation

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets import (
    Lattice,
    Systematic,
    estimate_orientation,
    from_directions,
    from_euler,
    from_matrix,
    planes_of,
)
from eclips4d.metrology.facets.sphere import angle_rad

PLANES = planes_of()
SHARED = Systematic(0.005)


def facets_of(matrix, random, u, planes=PLANES, steepest=65.0):
    turned = planes.normals @ matrix.T
    return [facet_of(n, u, random, k) for k, n in enumerate(turned) if n[2] > np.cos(np.radians(steepest))]


def off_deg(found, true, planes=PLANES):
    """Largest angle between a plane's true place and the nearest of its family's found ones."""
    worst = 0.0
    for k in range(len(planes.names)):
        own = planes.normals[planes.family == k]
        a, b = own @ true.T, own @ found.T
        worst = max(worst, float(angle_rad(a[:, None], b[None]).min(axis=1).max()))
    return np.degrees(worst)


@pytest.mark.parametrize("seed", range(6))
def test_any_orientation_is_found_up_to_the_crystals_symmetry(seed):
    random = np.random.default_rng(seed)
    true = Rotation.random(random_state=seed).as_matrix()
    found = estimate_orientation(facets_of(true, random, np.radians(0.1)), PLANES, SHARED)
    assert off_deg(found.orientation.matrix, true) < 6.0 * found.orientation.u_deg
    assert found.lead > 5.0


def test_strangers_do_not_mislead():
    random = np.random.default_rng(1)
    true = from_directions(np.array([1.0, 1.0, 1.0]), np.array([1.0, -1.0, 0.0]), 33.0).matrix
    own = facets_of(true, random, np.radians(0.1))
    others = [facet_of(n / np.linalg.norm(n), 0.002, random, 50 + k, pixels=2000) for k, n in enumerate(
        np.array([[0.4, 0.1, 0.9], [-0.3, 0.5, 0.8], [0.2, -0.6, 0.7]])
    )]  # fmt: skip
    found = estimate_orientation([*own, *others], PLANES, SHARED)
    assert off_deg(found.orientation.matrix, true) < 0.3
    assert found.explained == len(own)
    assert (found.assignment.table["family"][-3:] == "none").all()


def test_a_hexagonal_crystal_is_found_too():
    planes = planes_of(("001", "101"), Lattice((1.0, 1.0, 1.6), (90.0, 90.0, 120.0)))
    random = np.random.default_rng(3)
    true = Rotation.from_euler("ZX", (25.0, 8.0), degrees=True).as_matrix()
    found = estimate_orientation(facets_of(true, random, np.radians(0.1), planes, 75.0), planes, SHARED)
    assert off_deg(found.orientation.matrix, true, planes) < 0.4


def test_facets_that_fit_no_two_planes_are_refused():
    flat = [facet_of([0.0, 0.0, 1.0], 0.001), facet_of([np.sin(0.4), 0.0, np.cos(0.4)], 0.001, number=2)]
    with pytest.raises(InputError, match="no two facets"):
        estimate_orientation(flat, PLANES, SHARED)


def test_euler_angles_are_bunges():
    angles = (31.0, 42.0, 17.0)
    # Intrinsic z, x', z'' turns of the specimen's axes into the crystal's.
    assert from_euler(angles).matrix == pytest.approx(Rotation.from_euler("ZXZ", angles, degrees=True).as_matrix())


def test_directions_lie_where_they_were_put():
    found = from_directions(np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), 30.0).matrix
    assert found @ (np.array([1.0, 1.0, 0.0]) / np.sqrt(2.0)) == pytest.approx([0.0, 0.0, 1.0])
    assert found @ [0.0, 0.0, 1.0] == pytest.approx([np.cos(np.pi / 6), np.sin(np.pi / 6), 0.0])


def test_a_matrix_that_is_no_rotation_is_refused():
    with pytest.raises(InputError, match="rotation"):
        from_matrix(np.diag([1.0, 1.0, -1.0]))
