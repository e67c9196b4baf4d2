"""The response over a large field: polynomials against exact quadrature, and the false dome they remove."""

import numpy as np
import pytest

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.facet import facet_signals, steepest_unclipped
from eclips4d.physics.field import response_field


def instrument(pixel_nm: float, **more) -> Instrument:
    detector = {"working_distance_mm": 5.0, "azimuths_deg": (210, 90, 330)} | more
    scan = {"pixel_size_nm": pixel_nm}
    return Instrument.model_validate({"beam": {"energy_kev": 7}, "scan": scan, "detector": detector})


@pytest.mark.parametrize(("pixel_nm", "tolerance"), [(4.0, 1e-12), (65.1, 1e-8), (1000.0, 1e-4)])
def test_polynomials_equal_the_exact_response_anywhere_in_the_field(pixel_nm, tolerance):
    inst = instrument(pixel_nm, offset_mm=(0.1, -0.2))
    matrix = response_field(inst, (768, 1024)).matrix()
    for row, column in ((0, 0), (100, 900), (767, 3), (383, 511)):
        at = (pixel_nm * 1e-6 * (column - 511.5), -pixel_nm * 1e-6 * (row - 383.5))
        np.testing.assert_allclose(matrix[:, :, row, column], segment_response(inst, at).matrix, atol=tolerance)


def test_a_small_field_keeps_only_the_constant():
    assert response_field(instrument(1e-3), (512, 512)).coefficients.shape[3] == 1


def test_false_slope_of_a_flat_specimen_is_the_tabulated_dome():
    """Nominal annulus: false slope = −2.85 · distance from the axis / working distance (tabulated for 14°–42°)."""
    inst = instrument(65.1)
    flat = response_field(inst, (1024, 1024)).matrix()[:, 0]
    u, up, uq = np.einsum("ck,kyx->cyx", np.linalg.inv(segment_response(inst).matrix), flat)
    step = 65.1e-6 / 5.0
    assert ((up / u)[512, -1] - (up / u)[512, 0]) / (1023 * step) == pytest.approx(-2.85, abs=0.01)
    assert ((uq / u)[-1, 512] - (uq / u)[0, 512]) / (1023 * step) == pytest.approx(-2.85, abs=0.01)


def test_a_facet_follows_the_linear_law_until_its_own_horizon_cuts_in():
    inst = instrument(4.0, inner_radius_mm=1.75, outer_radius_mm=7.0, gap_mm=0.3)
    limit = steepest_unclipped(inst)
    assert limit == pytest.approx(5.0 / 7.0, rel=2e-3)
    response = segment_response(inst)
    azimuth = np.linspace(0, 2 * np.pi, 9)
    below, above = (s * limit * np.array([np.cos(azimuth), np.sin(azimuth)]) for s in (0.99, 1.6))
    np.testing.assert_allclose(
        facet_signals(inst, below), response.flat[:, None] - response.contrast @ below, rtol=1e-12
    )
    assert (facet_signals(inst, above) - (response.flat[:, None] - response.contrast @ above)).max() > 1e-3


def test_facet_signals_equal_counted_rays_at_sixty_degrees():
    inst = instrument(4.0, inner_radius_mm=1.75, outer_radius_mm=7.0, azimuths_deg=(0, 120, 240))
    p, q, rays = 1.5, -0.8, 400_000
    rng = np.random.default_rng(5)
    a, b = rng.random(rays), rng.random(rays) * 2 * np.pi
    normal = np.array([-p, q, 1.0]) / np.sqrt(1 + p * p + q * q)  # screen axes, y up
    e1 = np.cross([0.0, 1.0, 0.0], normal)
    e1 /= np.linalg.norm(e1)
    e2 = np.cross(normal, e1)
    d = np.outer(e1, np.sqrt(a) * np.cos(b)) + np.outer(e2, np.sqrt(a) * np.sin(b)) + np.outer(normal, np.sqrt(1 - a))
    d = d[:, d[2] > 0]
    z = 5.0 * (d[0] + 1j * d[1]) / d[2]
    ring = (abs(z) > 1.75) & (abs(z) < 7.0)
    counted = np.array([(ring & (np.cos(np.angle(z) - t) > 0.5)).sum() for t in np.radians([0, 120, 240])]) / rays
    exact = facet_signals(inst, np.array([p, q])) / np.sqrt(1 + p * p + q * q)
    assert np.all(np.abs(exact - counted) < 4 * np.sqrt(counted / rays) + 1e-4)
