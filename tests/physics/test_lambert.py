"""Rendered segments against rays."""

import numpy as np
import pytest

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.lambert import render

INSTRUMENT = Instrument.model_validate(
    {
        "beam": {"energy_kev": 10},
        "scan": {"pixel_size_nm": 4},
        "detector": {
            "distance_mm": 6,
            "inner_radius_mm": 1.75,
            "outer_radius_mm": 7,
            "gap_mm": 0.3,
            "azimuths_deg": [45, 135, 225, 315],
        },
    }
)


def shot(p: float, q_down: float, rays: int = 400_000) -> np.ndarray:
    """Fractions of cosine-distributed rays about the tilted normal that land on each quadrant (gap respected)."""
    rng = np.random.default_rng(3)
    a, b = rng.random(rays), rng.random(rays) * 2 * np.pi
    local = np.array([np.sqrt(a) * np.cos(b), np.sqrt(a) * np.sin(b), np.sqrt(1 - a)])
    normal = np.array([-p, q_down, 1.0]) / np.sqrt(1 + p * p + q_down * q_down)  # screen axes, y up
    e1 = np.cross([0.0, 1.0, 0.0], normal)
    e1 /= np.linalg.norm(e1)
    rays_xyz = local[0, :, None] * e1 + local[1, :, None] * np.cross(normal, e1) + local[2, :, None] * normal
    up = rays_xyz[:, 2] > 0
    x, y = rays_xyz[up, 0] / rays_xyz[up, 2] * 6, rays_xyz[up, 1] / rays_xyz[up, 2] * 6
    ring = (np.hypot(x, y) > 1.75) & (np.hypot(x, y) < 7)
    quadrant = [(sx * x > 0.15) & (sy * y > 0.15) & ring for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
    return np.array([q.sum() for q in quadrant]) / rays


@pytest.mark.parametrize(("p", "q"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (-0.2, 0.5)])
def test_render_equals_counted_rays(p, q):
    slope = np.empty((2, 1, 1))
    slope[:, 0, 0] = p, q
    got = render(slope, segment_response(INSTRUMENT))[:, 0, 0]
    counted = shot(p, q)
    assert np.all(np.abs(got - counted) < 4 * np.sqrt(counted / 400_000))


def test_yield_scales_and_the_far_side_of_a_steep_face_is_dark():
    slope = np.zeros((2, 2, 2))
    slope[0, 0, 0] = 30.0
    out = render(slope, segment_response(INSTRUMENT), np.full((2, 2), 0.5))
    assert out.dtype == np.float32
    assert out[0, 0, 0] == 0.0 < out[1, 0, 0]
    np.testing.assert_allclose(out[:, 1, 1], 0.5 * segment_response(INSTRUMENT).flat, rtol=1e-6)
