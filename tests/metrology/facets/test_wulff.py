"""The Wulff test: p-values are even under the hypothesis and small beside it."""

from __future__ import annotations

import numpy as np
import pytest
from made_facets import facet_of
from scipy.spatial.transform import Rotation
from scipy.stats import chi2, kstest

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets import CUBIC, Systematic, pair_angles, wulff_test

SIDES = [(1, 0, 1), (0, 1, 1), (-1, 0, 1), (0, -1, 1), (1, 1, 1), (-1, 1, 1), (-1, -1, 1), (1, -1, 1), (0, 0, 1)]
NORMALS = np.array([CUBIC.normal(hkl) for hkl in SIDES])
U = np.radians(0.1)


def measured(random, scale_u, level_u=0.0, normals=NORMALS):
    turned = normals @ Rotation.from_euler("zx", (random.uniform(0, 360), 5.0), degrees=True).as_matrix().T
    scale, level = scale_u * random.standard_normal(), level_u * random.standard_normal(2)
    facets = [facet_of(n, U, random, k, scale) for k, n in enumerate(turned)]
    for facet in facets:
        facet.slope.__iadd__(level)
    return facets


@pytest.mark.parametrize("shared", [Systematic(), Systematic(0.02), Systematic(0.01, 0.01)])
def test_p_values_of_true_planes_are_even(shared):
    random = np.random.default_rng(1)
    p = [wulff_test(measured(random, shared.scale_u, shared.level_u), NORMALS, shared).p_value for _ in range(120)]
    assert kstest(p, "uniform").pvalue > 0.01


def test_a_scale_that_is_off_by_more_than_is_stated_is_noticed():
    random = np.random.default_rng(2)
    facets = [facet_of(n, U, random, k, 0.03) for k, n in enumerate(NORMALS)]
    assert wulff_test(facets, NORMALS, Systematic(0.002)).p_value < 1e-6
    test = wulff_test(facets, NORMALS, Systematic(0.03))
    assert test.p_value > 0.001
    assert test.scale == pytest.approx(0.03, abs=0.004)


def test_traces_at_135_degrees_cannot_all_slope_alike():
    # Sides of one common angle whose traces cross at 45° and 135°: not {110} and {111}, whatever the scale.
    random = np.random.default_rng(3)
    one = np.array([[np.cos(a) * np.sin(t), np.sin(a) * np.sin(t), np.cos(t)]
                    for a in np.radians(np.arange(0, 360, 45)) for t in [np.radians(47.0)]])  # fmt: skip
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    facets = [facet_of(one[k], U, random, k) for k in order]
    assert wulff_test(facets, NORMALS[:8], Systematic(0.1)).p_value < 1e-6


def test_two_facets_leave_their_one_angle():
    # With two facets and no uncertainty of scale the test is that of the angle between them.
    u = np.radians(0.2)
    facets = [facet_of(CUBIC.normal((1, 0, 1)), u), facet_of(CUBIC.normal((1, 1, 2)), u, number=2)]
    test = wulff_test(facets, np.array([CUBIC.normal((1, 0, 1)), CUBIC.normal((1, 1, 1))]), Systematic())
    row = pair_angles(facets, NORMALS[[0, 4]], Systematic()).iloc[0]
    assert test.dof == 1
    assert test.chi2 == pytest.approx(row["pull"] ** 2, rel=0.05)
    assert test.p_value == pytest.approx(chi2.sf(test.chi2, 1))
    assert row["exact_deg"] == pytest.approx(35.2644, abs=1e-3)


def test_a_spread_of_facets_of_one_plane_can_be_allowed():
    random = np.random.default_rng(5)
    facets = [facet_of(Rotation.from_rotvec(np.radians(0.5) * random.standard_normal(3)).apply(n), U, random, k)
              for k, n in enumerate(NORMALS)]  # fmt: skip
    assert wulff_test(facets, NORMALS, Systematic()).p_value < 1e-4
    assert wulff_test(facets, NORMALS, Systematic(), mosaic_deg=0.5).p_value > 0.001


def test_one_facet_has_no_angles():
    with pytest.raises(InputError, match="at least two"):
        wulff_test([facet_of([0, 0, 1], U)], NORMALS[:1], Systematic())
