"""Segment responses against brute force, the closed form of equal segments, and every sign convention."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import kappa, segment_response


def instrument(rotation=0.0, distance=6.0, pixel=4.0, **detector) -> Instrument:
    given_ = {"distance_mm": distance, "inner_radius_mm": 1.75, "outer_radius_mm": 7.0, "gap_mm": 0.3}
    given_ |= {"azimuths_deg": (45, 135, 225, 315)} | detector
    given_ = {k: v for k, v in given_.items() if v is not None}
    scan = {"pixel_size_nm": pixel, "rotation_deg": rotation}
    return Instrument.model_validate({"beam": {"energy_kev": 10}, "scan": scan, "detector": given_})


def brute_force(inst: Instrument, at=(0.0, 0.0), cells=2400):
    """Sum over a fine square grid of detector elements that asks of each which segment it lies in."""
    d = inst.detector
    offset = complex(*d.offset_mm) * np.exp(-1j * np.radians(inst.scan.rotation_deg))
    edge = np.linspace(-d.outer_radius_mm, d.outer_radius_mm, cells + 1)
    mid, cell = (edge[1:] + edge[:-1]) / 2, edge[1] - edge[0]
    local = mid[None, :] + 1j * mid[:, None]
    z = local + offset - complex(*at)
    h = d.height_mm
    w = h**2 / np.pi / (np.abs(z) ** 2 + h**2) ** 2 * cell**2
    ring = (np.abs(local) >= d.inner_radius_mm) & (np.abs(local) <= d.outer_radius_mm)
    flat, contrast = [], []
    for k, azimuth in enumerate(d.azimuths_deg):
        opening = np.radians(d.openings_deg[k] if d.openings_deg else 360 / inst.segments)
        screen = np.radians(azimuth - inst.scan.rotation_deg)
        off = np.angle(local * np.exp(-1j * screen))
        # distance to the sector's two straight edges must be at least half a gap
        inside = ring & (np.abs(off) + np.arcsin(np.minimum(d.gap_mm / 2 / np.abs(local), 1)) <= opening / 2)
        flat.append(w[inside].sum())
        contrast.append(((w * z.real)[inside].sum() / h, -(w * z.imag)[inside].sum() / h))
    return np.array(flat), np.array(contrast)


@pytest.mark.parametrize(
    ("kwargs", "at"),
    [
        ({}, (0.0, 0.0)),
        ({"offset_mm": (0.4, -0.2), "rotation": 30.0}, (0.0, 0.0)),
        ({"azimuths_deg": (210, 90, 330), "openings_deg": (100, 80, 110)}, (0.3, 0.5)),
        ({"azimuths_deg": (0, 72, 144, 216, 288), "gap_mm": 0.0}, (0.0, -0.2)),
    ],
)
def test_quadrature_equals_brute_force(kwargs, at):
    inst = instrument(**kwargs)
    got = segment_response(inst, at)
    flat, contrast = brute_force(inst, at)
    np.testing.assert_allclose(got.flat, flat, rtol=2e-3)
    np.testing.assert_allclose(got.contrast, contrast, atol=2e-3 * np.abs(contrast).max())


def test_kappa_is_the_closed_form_of_equal_segments():
    h, gap = 6.0, 0.3

    def half(r):
        return np.pi / 4 - np.arcsin(gap / 2 / r)

    def w(r):
        return r / (r * r + h * h) ** 2

    up = quad(lambda r: w(r) * r / h * 2 * np.sin(half(r)), 1.75, 7.0)[0]
    down = quad(lambda r: w(r) * 2 * half(r), 1.75, 7.0)[0]
    assert kappa(instrument()) == pytest.approx(up / down, rel=1e-10)
    np.testing.assert_allclose(segment_response(instrument()).kappa, up / down, rtol=1e-10)


def test_nominal_annulus_has_the_tabulated_contrast_and_is_marked_uncalibrated():
    inst = instrument(inner_radius_mm=None, outer_radius_mm=None, gap_mm=0.0)
    assert kappa(inst) == pytest.approx(0.523, abs=1e-3)
    assert not segment_response(inst).calibrated
    assert segment_response(instrument()).calibrated


def test_whole_annulus_collects_the_lambert_share_of_its_polar_angles():
    got = segment_response(instrument(gap_mm=0.0)).flat.sum()
    low, high = np.arctan(1.75 / 6), np.arctan(7 / 6)
    assert got == pytest.approx(np.sin(high) ** 2 - np.sin(low) ** 2, rel=1e-12)


def test_signs_a_segment_darkens_when_the_surface_rises_towards_it():
    # segments to the right, top, left, bottom of the screen; rising to the right tilts the surface to the left
    r = segment_response(instrument(azimuths_deg=(0, 90, 180, 270)))
    right, top, left, bottom = r.contrast
    assert right[0] > 0 > left[0] and abs(right[1]) < 1e-12
    # dh/dy > 0 rises downwards in the image, so the surface faces the top and the top segment brightens
    assert top[1] < 0 < bottom[1] and abs(top[0]) < 1e-12


def test_scan_rotation_turns_the_segments_clockwise_on_the_screen():
    turned = segment_response(instrument(azimuths_deg=(30, 120, 210, 300), rotation=30.0))
    straight = segment_response(instrument(azimuths_deg=(0, 90, 180, 270)))
    np.testing.assert_allclose(turned.contrast, straight.contrast, atol=1e-15)


@settings(max_examples=30, deadline=None)
@given(x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_moving_the_beam_equals_moving_the_detector_the_other_way(x, y):
    moved = segment_response(instrument(), at_mm=(x, y))
    shifted = segment_response(instrument(offset_mm=(-x, -y)))
    np.testing.assert_allclose(moved.contrast, shifted.contrast, atol=1e-15)
    np.testing.assert_allclose(moved.flat, shifted.flat, rtol=1e-12)
