"""Rendered images against closed forms, and against an independent microscope on recordings with truth."""

import numpy as np
import pytest
import tifffile
from scipy.ndimage import map_coordinates

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument, load_instrument
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.detector import segment_response
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.facet import facet_signals
from eclips4d.physics.field import response_field
from eclips4d.physics.lambert import render
from eclips4d.physics.valid_angle.directions import acceptance

DETECTOR = {
    "distance_mm": 6.0,
    "inner_radius_mm": 1.75,
    "outer_radius_mm": 7.0,
    "gap_mm": 0.3,
    "azimuths_deg": (45, 135, 225, 315),
}


def instrument(pixel_nm=4.0, **more) -> Instrument:
    detector = DETECTOR | more
    return Instrument.model_validate(
        {"beam": {"energy_kev": 10}, "scan": {"pixel_size_nm": pixel_nm}, "detector": detector}
    )


def plane(shape, p, q, pixel_nm=4.0):
    y, x = np.mgrid[: shape[0], : shape[1]] * pixel_nm
    return p * x + q * y


def gentle(shape, seed=0):
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    waves = random.uniform(-0.25, 0.25, (6, 2))
    return sum(1.2 * np.sin(a * x + b * y + 6.28 * random.random()) for a, b in waves)


@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.2, -0.1)])
def test_gentle_surfaces_equal_the_closed_form(offset):
    inst, h = instrument(offset_mm=offset), gentle((48, 64))
    slope = np.array([np.gradient(h, 4.0, axis=1), np.gradient(h, 4.0, axis=0)])
    response = segment_response(inst)
    expected = render(slope, response)
    image = exact_simulator(inst, h.shape)(h)
    # the closed form knows one place only: over 128 nm of field the response changes by 5e-5
    np.testing.assert_allclose(image, expected, atol=1e-4 * response.flat.mean())


@pytest.mark.parametrize("slope", [(0.3, 0.2), (0.9, 0.0), (1.19, 0.3), (1.5, -0.8), (2.5, 1.0)])
def test_steep_facets_equal_the_facet_integral(slope):
    inst = instrument()
    signal = exact_simulator(inst, (16, 16))(plane((16, 16), *slope))[:, 4:-4, 4:-4].mean((1, 2))
    expected = facet_signals(inst, np.array(slope)) / np.sqrt(1.0 + np.dot(slope, slope))
    np.testing.assert_allclose(signal, expected, atol=2e-4 * segment_response(inst).flat.mean())


@pytest.mark.parametrize("pixel_nm", [4.0, 60.0, 1000.0])
def test_the_false_dome_is_that_of_the_exact_response(pixel_nm):
    inst = instrument(pixel_nm)
    field = response_field(inst, (64, 96)).matrix()
    p, q = 0.2, -0.1
    expected = (field[:, 0] + p * field[:, 1] + q * field[:, 2]) / np.sqrt(1.0 + p * p + q * q)
    image = exact_simulator(inst, (64, 96))(plane((64, 96), p, q, pixel_nm))
    np.testing.assert_allclose(image, expected, rtol=0, atol=1e-5 * segment_response(inst).flat.mean())


def test_a_change_of_material_on_a_flat_surface_changes_all_segments_alike():
    inst = instrument()
    yields = np.where(np.arange(32) < 13, 1.0, 0.7) * np.ones((32, 1))
    image = exact_simulator(inst, (32, 32))(np.zeros((32, 32)), yields)
    np.testing.assert_allclose(image / image.mean(0), 1.0, atol=4e-5)
    np.testing.assert_allclose(image[:, :, -1] / image[:, :, 0], 0.7, rtol=1e-4)


def test_any_law_is_integrated_over_what_the_detector_accepts():
    """Tables from Monte Carlo have many terms; here they are summed direction by direction instead."""
    inst, law = instrument(azimuths_deg=(30, 150, 270)), emission_law("Cu", 10.0)
    accepted, render_law = acceptance(inst), exact_simulator(inst, (12, 12), law=law)
    theta, phi = np.meshgrid(accepted.theta, accepted.phi)
    edges = accepted.theta_edges
    solid = (np.cos(edges[:-1]) - np.cos(edges[1:])) * 2.0 * np.pi / accepted.azimuths
    for slope in ((0.0, 0.0), (-0.9, 0.4)):
        expected = (accepted.share * law.density(theta, phi, slope) * solid).sum((1, 2))
        signal = render_law(plane((12, 12), *slope))[:, 4:-4, 4:-4].mean((1, 2))
        np.testing.assert_allclose(signal, expected, atol=1e-3 * expected.mean())


def test_sub_pixels_are_averaged_and_a_resolved_surface_needs_none():
    inst, fine = instrument(), gentle((96, 96)) * 6.0
    y, x = np.mgrid[:288, :288] / 3.0 - 1.0 / 3.0
    finest = map_coordinates(fine, [y, x], order=5, mode="mirror")
    one = exact_simulator(inst, (96, 96))(fine)
    nine = exact_simulator(inst, (96, 96), supersample=3)(finest)
    inside = (slice(None), slice(8, -8), slice(8, -8))
    off = (one - nine)[inside] / segment_response(inst).flat.mean()
    assert off.std() < 5e-3
    parts = exact_simulator(instrument(pixel_nm=4.0 / 3.0), (288, 288))(finest)
    mean = parts.reshape(4, 96, 3, 96, 3).mean((2, 4))
    np.testing.assert_allclose(nine, mean, atol=3e-5 * nine.mean())


def test_surroundings_may_be_handed_over():
    inst, h = instrument(), np.zeros((40, 40))
    h[:, 32:] = 60.0
    whole = exact_simulator(inst, (40, 40))(h)[:, 12:-12, 12:-12]
    part = exact_simulator(inst, (16, 16), margin=12)(h)
    np.testing.assert_allclose(part, whole, atol=1e-5 * whole.mean())
    assert (exact_simulator(inst, (16, 16))(h[12:-12, 12:-12]) - part).max() > 0.05 * whole.mean()


def test_wrong_arrays_and_numbers_are_refused_in_words():
    with pytest.raises(InputError, match="azimuths"):
        exact_simulator(instrument(), (8, 8), azimuths=4)
    with pytest.raises(InputError, match="sub-pixels"):
        exact_simulator(instrument(), (8, 8), supersample=0)
    simulator = exact_simulator(instrument(), (8, 8), margin=2)
    with pytest.raises(InputError, match=r"heights are \(8, 8\), not \(12, 12\)"):
        simulator(np.zeros((8, 8)))
    with pytest.raises(InputError, match="relative_yield"):
        simulator(np.zeros((12, 12)), np.ones((8, 8)))


def test_occluded_pixels_equal_an_independent_microscope(shared_data):
    """Frames of `frusta` are noisy, so means are compared: over what the surroundings hide from some segment."""
    folder = shared_data / "recordings"
    inst = load_instrument(folder / "frusta.toml")
    frames = tifffile.imread(folder / "frusta.ome.tif").astype(float)
    truth = np.load(folder / "frusta.truth.npz")
    h, flat = truth["height_nm"][0], segment_response(inst).flat.mean()
    exact, open_sky = (exact_simulator(inst, h.shape, occlusion=on)(h) for on in (True, False))
    hidden = (np.abs(exact - open_sky).max(0) > 0.02 * flat).astype(float)
    assert 0.01 < hidden.mean() < 0.1
    y, x = np.mgrid[: h.shape[0], : h.shape[1]].astype(float)
    share, off = y / (h.shape[0] - 1), {}
    for name, image in (("exact", exact), ("open", open_sky)):
        found = []
        for frame, start, change in zip(frames, truth["drift_px"], truth["drift_within_frame_px"], strict=True):
            place = [y - start[0] - change[0] * share, x - start[1] - change[1] * share]
            there = map_coordinates(hidden, place, order=1) > 0.99
            for k in range(4):
                model = map_coordinates(image[k], place, order=1, mode="nearest") / flat
                found.append((frame[k] / 12000.0 - model)[there])
        off[name] = np.concatenate(found).mean()
    assert off["open"] < -0.025
    assert abs(off["exact"]) < 0.012
