"""A made map brought onto a made run: the place that it was given, a blunt tip, and what must be refused."""

import numpy as np
import pytest
from made_maps import Rough, chart
from scipy.ndimage import map_coordinates

from eclips4d.core.errors import InputError
from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.coregister import coregister
from eclips4d.metrology.coregistration.result import Settings
from eclips4d.metrology.coregistration.search import Range
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.training.afm_labels import tip_dilated

PIXEL = (2.0, 2.0)
ROUGH = Rough(4, side=200, width_px=4.0, rms_nm=8.0)
TRUTH = Affine((1.05, 0.97), 9.0, -0.02, (14.0, -20.0))


def read(affine: Affine, shape: tuple[int, int] = (90, 100), pixel: float = 2.4, surface: Rough = ROUGH) -> HeightMap:
    """The surface by a scanner that is off so, with bow, noise, a streak and a particle."""
    y, x = ((np.arange(n) - (n - 1) / 2) * pixel for n in shape)
    height = surface.at(*affine.to_grid(*np.meshgrid(x, y)))
    random = np.random.default_rng(7)
    height = height + 6e-4 * x**2 - 4e-4 * y[:, None] ** 2 + 0.02 * x + random.normal(scale=0.2, size=shape)
    height[30, 20:70] += 9.0
    height[60:66, 40:46] += 25.0
    return HeightMap(height, (pixel, pixel), "made.npz")


def furthest_px(found: Affine, truth: Affine = TRUTH, reach: float = 90.0) -> float:
    x, y = np.array([-reach, reach, reach, -reach]), np.array([-reach, -reach, reach, reach])
    return float(np.hypot(*np.subtract(found.to_grid(*truth.to_map(x, y)), (x, y))).max()) / PIXEL[0]


@pytest.fixture(scope="module")
def run() -> np.ndarray:
    return ROUGH.seen((110, 110), 2.0) + np.random.default_rng(1).normal(scale=0.05, size=(110, 110))


def test_the_place_is_found_with_an_uncertainty_that_holds(run: np.ndarray):
    found = coregister(run, PIXEL, read(TRUTH))
    assert furthest_px(found.affine) < 0.15
    assert (np.abs(found.affine.numbers() - TRUTH.numbers()) < 4 * found.u).all()
    assert found.confidence.chance < 1e-6 and found.confidence.overlap > 0.6
    assert np.isnan(found.heights.map_nm).any() and found.heights.map_nm.shape == run.shape
    assert found.heights.ratio.value.value == pytest.approx(1.0, abs=0.02)


def test_the_map_in_its_place_is_the_run(run: np.ndarray):
    found = coregister(run, PIXEL, read(TRUTH), Settings(tip_radius_nm=0.0))
    rest = (run - found.heights.map_nm)[found.heights.counted]
    assert np.std(rest) < 0.4 and found.heights.rms_nm == pytest.approx(np.std(rest), rel=0.2)
    assert not found.heights.counted.all()


def test_a_blunt_tip_is_found_and_does_not_pull(run: np.ndarray):
    blunt = Rough(4, side=200, width_px=4.0, rms_nm=8.0)
    # Touched at places twice as fine as the surface is given, and read at those.
    along = np.arange(-40.0, 240.0, 0.5)
    fine = map_coordinates(ROUGH.height, np.meshgrid(along, along, indexing="ij"), mode="grid-wrap")
    blunt.height = tip_dilated(fine, 20.0, 20.0)[80:480:2, 80:480:2]
    found = coregister(run, PIXEL, read(TRUTH, surface=blunt))
    assert found.tip_radius_nm == pytest.approx(20.0, rel=0.25)
    assert furthest_px(found.affine) < 0.2


def test_another_height_scale_is_told_and_kept_in_the_map(run: np.ndarray):
    other = read(TRUTH)
    found = coregister(run, PIXEL, HeightMap(other.height_nm / 1.1, other.pixel_size_nm), Settings(tip_radius_nm=0.0))
    ratio = found.heights.ratio.value
    assert ratio.value == pytest.approx(1.1, abs=max(3 * ratio.u, 0.01))


def test_upside_down_is_told_apart(run: np.ndarray):
    other = read(TRUTH)
    wanted = Settings(Range(signs=(1, -1)), tip_radius_nm=0.0)
    found = coregister(run, PIXEL, HeightMap(-other.height_nm, other.pixel_size_nm), wanted)
    assert found.upside_down and furthest_px(found.affine) < 0.15


@pytest.mark.parametrize("seed", range(20, 24))
def test_a_map_of_another_place_is_refused(run: np.ndarray, seed: int):
    with pytest.raises(InputError, match=r"made\.npz: .*check that it shows the same place"):
        coregister(run, PIXEL, read(TRUTH, surface=Rough(seed, side=200, width_px=4.0)))


def test_a_flat_map_is_refused(run: np.ndarray):
    noise = np.random.default_rng(3).normal(size=(90, 100))
    with pytest.raises(InputError):
        coregister(run, PIXEL, chart(noise, 2.4))
