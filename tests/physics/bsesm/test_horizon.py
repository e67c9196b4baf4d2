"""Horizons and the images they shade: brute force, ray marching, closed forms and what must not depend on anything."""

import numpy as np
import pytest
import tifffile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from eclips4d.core.instrument import load_instrument
from eclips4d.physics.bsesm.course import bin_edges, courses
from eclips4d.physics.bsesm.horizon import horizon, spread_over, surface, sweep
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.detector import segment_response
from eclips4d.pipeline.bench.physics.horizon import step_of
from eclips4d.pipeline.bench.physics.horizon_rays import every_step_map, marched_map, supremum_map
from eclips4d.pipeline.bench.physics.horizon_rendered import FLOOR, PIXEL_NM, instrument, marched_images
from eclips4d.pipeline.bench.physics.horizon_surfaces import checked_surfaces

ALL_ROUND = courses(64, (1.0, 1.0))
FLAT = float(segment_response(instrument()).flat.mean())
NAMES = sorted(checked_surfaces(32))
PIXEL_SIZED = {"self-affine H 0.8, rms slope 1", "self-affine H 0.3, rms slope 2"}


def rendered(height_px, **more):
    return exact_simulator(instrument(), height_px.shape, threads=1, **more)(height_px * PIXEL_NM)


def elevation(tangent):
    return np.degrees(np.arctan(tangent))


def test_64_directions_stand_for_the_whole_circle_and_meet_pixel_centres():
    edges = bin_edges(ALL_ROUND)
    assert edges[-1] - edges[0] == pytest.approx(2.0 * np.pi)
    assert np.abs(np.diff(edges) * 64 / (2.0 * np.pi) - 1.0).max() < 0.5
    for direction in ALL_ROUND:
        assert direction.across == round(direction.across)
        x, y = step_of(direction)
        assert np.arctan2(-y, x) % (2.0 * np.pi) == pytest.approx(direction.azimuth % (2.0 * np.pi))


@pytest.mark.parametrize("name", NAMES)
def test_no_whole_step_is_missed_and_nothing_is_seen_that_is_not_there(name):
    height = checked_surfaces(40)[name]
    for direction in ALL_ROUND:
        found = horizon(height, (1.0, 1.0), direction)[0]
        whole = every_step_map(height, *step_of(direction), False) / direction.step_nm
        highest = supremum_map(height, *step_of(direction)) / direction.step_nm
        seen = whole > -1e9
        assert (whole - found)[seen].max() < 1e-4
        assert (found - highest)[seen].max() < 1e-4


@pytest.mark.parametrize("pixel_nm", [(2.0, 3.0), (1.0, 0.4)])
def test_oblong_pixels_too(pixel_nm):
    height = checked_surfaces(32)["islands, faces 54.7°"]
    for direction in courses(16, pixel_nm):
        found = horizon(height, pixel_nm, direction)[0]
        whole = every_step_map(height, *step_of(direction), False) / direction.step_nm
        exact = abs(direction.across - round(direction.across)) < 1e-9
        seen = whole > -1e9
        assert not exact or (whole - found)[seen].max() < 1e-4
        assert exact or direction.lines == 4


@pytest.mark.parametrize("name", NAMES)
def test_horizons_equal_a_ray_march(name):
    height, off = checked_surfaces(96)[name], []
    for direction in ALL_ROUND[1::9]:
        found = horizon(height, (1.0, 1.0), direction)[0]
        marched = marched_map(height, *step_of(direction)) / direction.step_nm
        off.append(elevation(np.maximum(found, FLOOR)) - elevation(np.maximum(marched, FLOOR)))
    # on a surface as rough as its pixels, crests between steps are looked for near the highest steps only
    assert np.percentile(np.abs(off), 99.9) < (0.6 if name == "self-affine H 0.3, rms slope 2" else 0.2)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in PIXEL_SIZED])
def test_images_equal_ray_marched_ones(name):
    height = checked_surfaces(128)[name]
    image = exact_simulator(instrument(), (40, 40), margin=44, threads=1)(height * PIXEL_NM)
    off = (image - marched_images(height, 192, margin=44)) / FLAT
    assert np.sqrt((off**2).mean((1, 2))).max() < 0.002
    bare = exact_simulator(instrument(), (40, 40), margin=44, threads=1, occlusion=False)(height * PIXEL_NM)
    if "smooth" not in name and "0.3" not in name:
        assert np.sqrt(((bare - image) ** 2).mean()) > 0.005 * FLAT  # there was something to hide


def test_a_sphere_on_a_plane_hides_what_its_tangent_hides():
    """From the plane, distance d from the axis: elevation of the ray that touches a sphere of radius R: 2·atan(R/d)."""
    radius, size = 30.0, 161
    y, x = np.mgrid[:size, :size] - size // 2
    from_axis = np.hypot(x, y)
    inside = from_axis < radius
    # the upper half; the lower one, which the sphere itself hides, is filled: a column under a dome
    height = np.where(inside, radius + np.sqrt(np.maximum(radius**2 - from_axis**2, 0.0)), 0.0)
    found = horizon(height, (1.0, 1.0), ALL_ROUND[0])[0]
    row = size // 2
    places = np.arange(0, row - int(radius) - 4)
    wanted = 2.0 * np.arctan(radius / (row - places))
    touching = row - places - radius * np.sin(wanted) >= 0  # the touched point lies on the near, upper side
    np.testing.assert_allclose(
        np.degrees(np.arctan(found[row, places[touching]])), np.degrees(wanted[touching]), atol=0.3
    )


@pytest.mark.parametrize("azimuth", range(0, 64, 3))
def test_an_endless_trench_has_the_horizon_of_its_wall(azimuth):
    """From the floor, distance w from the wall, depth D: tangent D·|cos(azimuth)|/w."""
    depth, wall, size = 10.0, 60, 97
    height = np.broadcast_to(np.where(np.arange(size) >= wall, depth, 0.0), (size, size)).copy()
    direction = ALL_ROUND[azimuth]
    found = horizon(height, (1.0, 1.0), direction)[0][size // 2, :]
    toward = np.cos(direction.azimuth)
    places = np.arange(wall - 8, wall - 1)
    if toward > 0.5:
        np.testing.assert_allclose(found[places], depth * toward / (wall - places), rtol=2e-6)
    elif toward < -0.1:
        np.testing.assert_allclose(found[places], 0.0, atol=1e-12)


def test_an_edge_of_material_on_a_flat_surface_has_no_slope():
    yields = np.where(np.arange(48) < 20, 1.0, 0.6) * np.ones((48, 1))
    render = exact_simulator(instrument(), (48, 48), threads=1)
    share = render(np.zeros((48, 48)), yields) / render(np.zeros((48, 48)))
    np.testing.assert_allclose(share, np.broadcast_to(yields, share.shape), rtol=1e-6)


def test_turning_the_surface_turns_the_images():
    height = checked_surfaces(48)["Gaussian, correlation 8 px, rms slope 0.7"]
    image = rendered(height)
    for quarter in (1, 2, 3):
        turned = rendered(np.ascontiguousarray(np.rot90(height, quarter)))
        expected = np.roll(np.rot90(image, quarter, axes=(1, 2)), quarter, axis=0)
        np.testing.assert_allclose(turned, expected, atol=1e-5 * FLAT)


def test_gentle_tiles_may_be_left_out():
    height = checked_surfaces(256)["islands, faces 54.7°"]
    height[:, 100:] = 0.0
    relief, spread = surface(height, (1.0, 1.0)), spread_over(None, 1)
    assert not (relief.steepness.tiles > FLOOR).all()
    for direction in ALL_ROUND[::5]:
        found = []
        for skip in (True, False):
            tangent, steps = np.full(height.shape, FLOOR, np.float32), np.zeros(height.shape, np.float32)
            sweep(relief, direction, FLOOR, tangent, steps, spread, skip=skip)
            found.append((tangent, steps))
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)


def test_threads_do_not_change_images():
    height = checked_surfaces(64)["self-affine H 0.8, rms slope 1"]
    one, two = (exact_simulator(instrument(), height.shape, threads=n)(height * PIXEL_NM) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


SHADED = checked_surfaces(32)["Gaussian, correlation 8 px, rms slope 0.7"]
RENDER = exact_simulator(instrument(), SHADED.shape, threads=1, azimuths=16)
SHADED_IMAGE = RENDER(SHADED * PIXEL_NM)
FEW = 0.005
"""Of the pixels: another whole step is the highest now, and a crest between steps, looked for beside it, is missed."""


@settings(max_examples=60, deadline=None)
@given(
    y=st.integers(2, 29),
    x=st.integers(2, 29),
    raised=st.floats(0.1, 20.0),
    direction=st.sampled_from(ALL_ROUND),
)
@example(y=16, x=7, raised=0.34375, direction=ALL_ROUND[5])
def test_raising_an_occluder_never_brightens_nor_lowers_a_horizon(y, x, raised, direction):
    taller = SHADED.copy()
    taller[y, x] += raised
    elsewhere = np.ones(SHADED.shape, dtype=bool)
    elsewhere[y - 1 : y + 2, x - 1 : x + 2] = False  # their own slopes change
    before, after = (horizon(h, (1.0, 1.0), direction)[0] for h in (SHADED, taller))
    whole = every_step_map(SHADED, *step_of(direction), False) / direction.step_nm
    assert (after - whole)[elsewhere & (whole > -1e9)].min() > -1e-4
    assert np.mean((after - before)[elsewhere] < -1e-3) < FEW
    darker = SHADED_IMAGE - RENDER(taller * PIXEL_NM)
    assert np.mean(darker[:, elsewhere] < -1e-3 * FLAT) < FEW
    assert darker[:, elsewhere].min() > -0.005 * FLAT


def test_frames_of_an_independent_microscope_are_rendered_within_their_noise(shared_data):
    """Squared differences over counting noise: 1 but for the read noise and lag of these frames."""
    folder = shared_data / "recordings"
    inst = load_instrument(folder / "granular_afm.toml")
    frames = tifffile.imread(folder / "granular_afm.ome.tif").astype(float)
    truth = np.load(folder / "granular_afm.truth.npz")
    height = truth["height_nm"][0].astype(float)
    flat_adu, adu_per_electron = 12000.0, 8.0
    image = exact_simulator(inst, height.shape, threads=1)(height) / segment_response(inst).flat.mean() * flat_adu
    y, x = np.mgrid[: height.shape[0], : height.shape[1]].astype(float)
    chi2 = []
    for frame, start, change in zip(frames, truth["drift_px"], truth["drift_within_frame_px"], strict=True):
        share = y / (height.shape[0] - 1)
        place = np.array([y - start[0] - change[0] * share, x - start[1] - change[1] * share])
        inside = ((place > 2) & (place < height.shape[0] - 3)).all(0)
        for k, noise in enumerate(truth["excess_noise"]):
            model = map_coordinates(image[k], place, order=1)[inside]
            chi2.append(((frame[k][inside] - model) ** 2 / (model * adu_per_electron * noise)).mean())
    assert 0.95 < np.mean(chi2) < 1.3
    assert np.ptp(chi2) < 0.35
