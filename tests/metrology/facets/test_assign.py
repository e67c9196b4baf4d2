"""Planes named, or none: probabilities must come true."""

from __future__ import annotations

import numpy as np
import pytest
from made_facets import facet_of

from eclips4d.metrology.facets import Belief, Orientation, Systematic, assign, from_directions, planes_of
from eclips4d.metrology.facets.sphere import rotation

PLANES = planes_of()
UPRIGHT = from_directions(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]), 20.0)
SHARED = Systematic(0.005)
CAP = 1.0 - np.cos(np.radians(75.0))
"""Share of the hemisphere within which strangers are drawn."""


def anywhere(random):
    """A direction up to 75° from the beam, all alike: steeper ones have no slope to speak of."""
    z = random.uniform(1.0 - CAP, 1.0)
    around = random.uniform(0.0, 2.0 * np.pi)
    flat = np.sqrt(1.0 - z * z)
    return np.array([flat * np.cos(around), flat * np.sin(around), z])


def seen(orientation, random, u, count, share_none, scale=0.0, mosaic=0.0):
    """Facets, half of them planes of the crystal up to 70°, and the families they are of."""
    turned = PLANES.normals @ orientation.matrix.T
    up = np.flatnonzero(turned[:, 2] > np.cos(np.radians(70.0)))
    facets, names = [], []
    for k in range(count):
        if random.random() < share_none:
            normal, name = anywhere(random), "none"
        else:
            plane = random.choice(up)
            normal, name = (
                rotation(mosaic * random.standard_normal(3)) @ turned[plane],
                PLANES.names[PLANES.family[plane]],
            )
        facets.append(facet_of(normal, u, random, k + 1, scale))
        names.append(name)
    return facets, np.array(names)


def test_facets_of_a_crystal_are_named_and_others_are_none():
    random = np.random.default_rng(3)
    facets, names = seen(UPRIGHT, random, np.radians(0.1), 400, 0.5)
    table = assign(facets, PLANES, UPRIGHT, SHARED).table
    crystal = names != "none"
    assert (table["family"][crystal] == names[crystal]).mean() >= 0.99
    assert table["family"][~crystal].str.startswith("{").mean() <= 0.01


@pytest.mark.parametrize("normal", [(2, 2, 3), (np.sin(np.radians(40.0)), 0.0, np.cos(np.radians(40.0)))])
def test_decoys_near_a_plane_are_none_of_the_planes(normal):
    random = np.random.default_rng(5)
    facets, _ = seen(UPRIGHT, random, np.radians(0.15), 12, 0.0)
    direction = UPRIGHT.matrix @ (np.array(normal) / np.linalg.norm(normal))
    decoys = [facet_of(direction, np.radians(0.15), random, 100 + k) for k in range(20)]
    table = assign([*facets, *decoys], PLANES, UPRIGHT, SHARED).table
    assert (table["family"][12:] == "none").all()
    assert (table["family"][:12] != "none").all()


def test_a_decoy_is_named_when_its_family_is_among_the_planes():
    planes = planes_of(("100", "110", "111", "223"))
    direction = UPRIGHT.matrix @ (np.array([2, 2, 3]) / np.sqrt(17.0))
    assert assign([facet_of(direction, 0.002)], planes, UPRIGHT, SHARED).table["family"][0] == "{223}"


def test_posteriors_come_true():
    random = np.random.default_rng(7)
    # Wide uncertainties, so that strangers do fall near planes. What is exact cannot be improved by other facets.
    facets, names = seen(UPRIGHT, random, np.radians(2.5), 3000, 0.5)
    told = assign(
        facets, PLANES, UPRIGHT, Systematic(), Belief(none=0.5 / (0.5 + 0.5 * CAP), mosaic_deg=0.0)
    ).posterior[:, -1]
    none = names == "none"
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        inside = (told >= low) & (told <= high)
        assert inside.sum() > 30
        off = abs(none[inside].mean() - told[inside].mean())
        assert off < 0.05 + 3.0 * np.sqrt(0.25 / inside.sum())


def test_the_stated_rate_of_false_names_is_that_of_arbitrary_facets():
    random = np.random.default_rng(9)
    facets = [facet_of(anywhere(random), np.radians(1.5), random, k) for k in range(4000)]
    table = assign(facets, PLANES, UPRIGHT, Systematic()).table
    named = table["family"].str.startswith("{").mean()
    stated = table["false_rate"].mean() / CAP
    assert 0.005 < stated < 0.2
    assert named == pytest.approx(stated, rel=0.35)


def test_names_turn_with_the_crystal():
    random = np.random.default_rng(2)
    matrix = rotation(np.array([0.4, -0.3, 1.0])) @ UPRIGHT.matrix
    turned = Orientation(matrix, np.eye(3) * np.radians(1.0) ** 2)
    facets, names = seen(turned, random, np.radians(0.1), 60, 0.0)
    assert (assign(facets, PLANES, turned, SHARED).table["family"] == names).all()


def test_facets_together_correct_an_orientation_that_is_a_little_off():
    random = np.random.default_rng(4)
    facets, names = seen(UPRIGHT, random, np.radians(0.1), 30, 0.0)
    off = Orientation(rotation(np.radians([1.0, -0.8, 1.2])) @ UPRIGHT.matrix, np.eye(3) * np.radians(1.0) ** 2)
    found = assign(facets, PLANES, off, SHARED)
    assert (found.table["family"] == names).all()
    left = found.orientation.matrix @ UPRIGHT.matrix.T
    assert np.degrees(np.arccos((np.trace(left) - 1.0) / 2.0)) < 4.0 * np.sqrt(3.0) * found.orientation.u_deg
    assert found.orientation.u_deg < 0.1


def test_the_slope_scale_is_read_off_with_the_facets():
    random = np.random.default_rng(4)
    facets, _ = seen(UPRIGHT, random, np.radians(0.05), 30, 0.0, scale=0.015)
    lie = assign(facets, PLANES, UPRIGHT, Systematic(0.01)).lie
    assert lie.shared[0] == pytest.approx(0.015, abs=4.0 * np.sqrt(lie.covariance[3, 3]))
    assert np.sqrt(lie.covariance[3, 3]) < 0.003
