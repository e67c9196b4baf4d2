"""Examples: truth, noise and symmetry of what the network learns from."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.training.slopes.example import example, faint, turned
from eclips4d.training.slopes.exposure import expose, random_camera
from eclips4d.training.slopes.rendered import Rendered, pixel_slopes, render
from eclips4d.training.slopes.setting import Setting, random_setting


@pytest.fixture(scope="module")
def setting() -> Setting:
    return random_setting(np.random.default_rng(3), field_px=64, fine=2, segments=4)


def test_slopes_are_pixel_means():
    y, x = np.mgrid[:120, :90] / 3.0
    slope = pixel_slopes(0.2 * x - 0.1 * y + 0.01 * x * x, 3)
    at = np.arange(30) + 1.0 / 3.0
    np.testing.assert_allclose(slope[0, 5, 1:-1], (0.2 + 0.02 * at)[1:-1], atol=1e-5)
    np.testing.assert_allclose(slope[1], -0.1, atol=1e-5)


def test_closed_form_of_a_gentle_example_is_right_within_its_noise(setting: Setting):
    flat = setting.simulator(np.zeros(setting.simulator.fine_shape)) / np.float32(setting.flat.mean())
    image = Rendered(setting, flat, np.zeros((2, 64, 64), np.float32), None, "flat")
    random = np.random.default_rng(1)
    made = example(random, image, electrons=(3000.0, 3000.0))
    noise = made.gradient + made.rotation - made.target
    assert noise.std() == pytest.approx(1.0, abs=0.15)
    # Half of it is a surface's, half is not.
    assert (made.gradient - made.target).std() == pytest.approx(0.5**0.5, abs=0.12)
    assert made.electrons == pytest.approx(3000.0)


def test_same_seed_same_example(setting: Setting):
    first, second = (example(np.random.default_rng(5), render(np.random.default_rng(4), setting)) for _ in range(2))
    np.testing.assert_array_equal(first.planes, second.planes)
    np.testing.assert_array_equal(first.target, second.target)


def test_turns_are_symmetries_of_the_square():
    y, x = np.mgrid[:24, :24].astype(np.float64)
    height = np.sin(0.3 * x + 0.1) * np.cos(0.2 * y) + 0.05 * x
    slope = np.stack([np.gradient(height, axis=1), np.gradient(height, axis=0)]).astype(np.float32)
    plane = np.zeros((24, 24), np.float32)
    closed = ClosedForm(slope, plane, height.astype(np.float32), plane, np.zeros((24, 24), np.uint8))
    for way in range(8):
        image, truth = turned(closed, slope, way)
        again = image.brightness.astype(np.float64)
        np.testing.assert_allclose(truth[0], np.gradient(again, axis=1), atol=1e-5)
        np.testing.assert_allclose(truth[1], np.gradient(again, axis=0), atol=1e-5)
        np.testing.assert_array_equal(image.slope, truth)


def test_known_calibration_reads_the_signal_back(setting: Setting):
    random = np.random.default_rng(7)
    image = render(random, setting, families=dict.fromkeys(("pits", "facets", "mixed", "granular"), 0.0))
    camera = random_camera(random, 4, (1e4, 1e4))
    raw, calibration = expose(random, image, camera)
    signal = (raw - np.array(calibration.offset_adu)[:, None, None]) / np.array(calibration.gain)[:, None, None]
    assert signal.mean() == pytest.approx(camera.adu * 1e4 * image.signal.mean(), rel=0.02)


def test_a_faint_exposure_shows_about_as_much_as_it_hides(setting: Setting):
    random = np.random.default_rng(3)
    slope = np.zeros((2, 64, 64), np.float32)
    slope[0] = 0.05 * np.sin(np.arange(64) / 3.0)
    image = Rendered(setting, np.ones((4, 64, 64), np.float32), slope, None, "made")
    doses = np.array([faint(random, image, (1e-3, 1e9)) for _ in range(300)])
    np.testing.assert_array_equal(doses[:, 0], doses[:, 1])
    over_noise = slope[0].std() / (2.6 / np.sqrt(4.0 * doses[:, 0]))
    assert over_noise.min() > 0.14 and over_noise.max() < 1.6 and np.median(over_noise) == pytest.approx(0.47, rel=0.3)
    assert faint(random, image, (40.0, 60.0))[0] <= 60.0
    flat = Rendered(setting, image.signal, np.zeros_like(slope), None, "flat")
    assert faint(random, flat, (40.0, 2e4)) == (2e4, 2e4)
