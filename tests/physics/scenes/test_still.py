"""Artefacts and walls against the geometry that was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import label

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes import Lines, Scene, build_scene

FIELD = (1000.0, 1000.0)


def shown(scene: Scene, count: int = 500, extent: float = 1000.0) -> Lines:
    step = extent / count
    y = (np.arange(count) + 0.5) * step - extent / 2.0
    return scene.lines(np.full(count, y[0]), step, count, y, np.zeros(count))


def tilt_deg(height: np.ndarray, step: float) -> np.ndarray:
    q, p = np.gradient(height, step)
    return np.degrees(np.arctan(np.hypot(p, q)))


def test_pyramids_have_four_plane_faces_of_their_angle() -> None:
    scene = build_scene("pyramid", FIELD, 1, 1.0, face_deg="10,22,40,60", orientation_deg=15.0)
    told = scene.labels()
    height = shown(scene).height
    tilt = tilt_deg(height, 2.0)
    for k, (x, y) in enumerate(told["centre_nm"]):
        i, j = round((y + 500.0) / 2.0), round((x + 500.0) / 2.0)
        assert height[i - 1 : i + 2, j - 1 : j + 2].min() == pytest.approx(-told["depth_nm"][k], rel=0.02)
        around = tilt[i - 40 : i + 40, j - 40 : j + 40]
        assert np.median(around) == pytest.approx(told["face_deg"][k], abs=1e-6)
    q, p = np.gradient(height, 2.0)
    direction = np.degrees(np.arctan2(-q, p))[tilt > 5.0]
    assert np.median(np.abs((direction - 15.0 + 45.0) % 90.0 - 45.0)) < 1e-6
    up = build_scene("pyramid", FIELD, 1, 1.0, indent=False, half_base_nm=100.0)
    assert shown(up).height.max() == pytest.approx(100.0 * np.tan(np.radians(22.0)), rel=0.02)


@pytest.mark.parametrize("hollow", [False, True])
def test_a_sphere_is_round_and_its_cap_has_its_volume(hollow: bool) -> None:
    scene = build_scene("sphere", FIELD, 1, 1.0, radius_nm=600.0, hollow=hollow)
    told, height = scene.labels(), shown(scene).height
    r, cap = told["radius_nm"], abs(told["height_nm"])
    assert abs(height).sum() * 4.0 == pytest.approx(np.pi * cap**2 * (3.0 * r - cap) / 3.0, rel=1e-3)
    assert told["rim_nm"] == pytest.approx(600.0 * np.sin(np.radians(35.0)))
    assert tilt_deg(height, 2.0).max() == pytest.approx(35.0, abs=0.3)
    assert np.sign(told["height_nm"]) == (-1.0 if hollow else 1.0)


def test_a_grating_repeats_and_has_its_walls() -> None:
    scene = build_scene("grating", FIELD, 1, 1.0, pitch_nm=160.0, depth_nm=30.0, wall_deg=60.0, orientation_deg=10.0)
    angle = np.radians(10.0)
    one = scene.lines(np.array([-200.0]), 1.0, 300, np.array([13.0]), np.zeros(1)).height
    along = np.array([160.0 * np.cos(angle), -160.0 * np.sin(angle)])
    other = scene.lines(np.array([-200.0 + along[0]]), 1.0, 300, np.array([13.0 + along[1]]), np.zeros(1)).height
    assert other == pytest.approx(one, abs=1e-9)
    height = shown(scene, 1000).height
    assert np.ptp(height) == 30.0
    walls = tilt_deg(height, 1.0)
    assert np.median(walls[walls > 30.0]) == pytest.approx(60.0, abs=1e-6)


def test_sharp_steps_have_their_height_width_and_direction() -> None:
    scene = build_scene("steps", FIELD, 1, 1.0, step_height_nm=5.0, wall_nm=2.0, orientation_deg=0.0)
    x = np.arange(-300.0, 300.0, 0.05)
    h = scene.lines(x[:1], 0.05, len(x), np.zeros(1), np.zeros(1)).height[0]
    assert set(np.round(h[np.abs(np.gradient(h)) < 1e-12], 9)) == {0.0, 5.0}
    walls, number = label(np.abs(np.diff(h)) > 1e-9)
    width = np.bincount(walls)[1:] * 0.05
    assert number == 3 and width == pytest.approx(2.0, abs=0.11)
    assert scene.labels()["wall_deg"] == pytest.approx(np.degrees(np.arctan(2.5)))
    stairs = build_scene("steps", FIELD, 1, 1.0, wall_deg=75.0, staircase=True, apart_nm=100.0)
    assert stairs.labels()["wall_nm"] == pytest.approx(8.0 / np.tan(np.radians(75.0)))
    h = shown(stairs).height
    assert np.ptp(h) >= 8 * 8.0 and tilt_deg(shown(stairs, 2000, 200.0).height, 0.1).max() == pytest.approx(
        75.0, abs=0.01
    )


def test_pits_have_walls_from_50_to_80_degrees() -> None:
    scene = build_scene("pits", (2000.0, 2000.0), 2, 1.0)
    told = scene.labels()
    walls = told["features"][:, 5]
    assert walls.min() == 50.0 and walls.max() == 80.0 and len(walls) >= 6
    height = shown(scene, 2000, 2000.0).height
    assert height.max() == 0.0 and height.min() == -60.0
    tilt = tilt_deg(height, 1.0)
    for wall in walls:
        assert (np.abs(tilt - wall) < 1e-6).sum() > 200


def test_a_height_map_is_itself_at_its_points(tmp_path: Path) -> None:
    measured = np.random.default_rng(1).normal(size=(21, 31)).cumsum(axis=0)
    path = tmp_path / "map.npz"
    np.savez(path, height_nm=measured, pixel_size_nm=7.0)
    scene = build_scene("afm", FIELD, 1, 1.0, path=str(path), magnify="2")
    y = (np.arange(21) - 10.0) * 7.0
    assert scene.lines(np.full(21, -105.0), 7.0, 31, y, np.zeros(21)).height == pytest.approx(2.0 * measured, abs=1e-9)
    np.savez(path, height_nm=np.full((5, 5), np.nan), pixel_size_nm=7.0)
    with pytest.raises(InputError, match="finite"):
        build_scene("afm", FIELD, 1, 1.0, path=str(path))


@pytest.mark.parametrize("hurst", [0.3, 0.9])
def test_roughness_has_its_size_and_its_exponent(hurst: float) -> None:
    """Spectrum of a rendered period between the roll-off and the shortest wavelength."""
    scene = build_scene("rough", FIELD, 3, 1.0, rms_nm=4.0, hurst=hurst, longest_nm=500.0)
    period = scene.labels()["period_nm"]
    n = 1024
    y = np.arange(n) * period / n
    height = scene.lines(np.zeros(n), period / n, n, y, np.zeros(n)).height
    assert height.std() == pytest.approx(4.0, rel=1e-6)
    power = np.abs(np.fft.fft2(height)) ** 2
    k = 2.0 * np.pi * np.hypot(*np.meshgrid(np.fft.fftfreq(n, period / n), np.fft.fftfreq(n, period / n)))
    band = (k > 2.2 * np.pi / 500.0) & (k < 1.8 * np.pi / 20.0)
    bins = np.geomspace(k[band].min(), k[band].max(), 16)
    which = np.digitize(k[band], bins)
    means = [(np.log(k[band][which == b]).mean(), np.log(power[band][which == b].mean())) for b in range(3, 16)]
    assert np.polyfit(*np.transpose(means), 1)[0] == pytest.approx(-2.0 - 2.0 * hurst, abs=0.15)


def test_a_flat_has_an_edge_and_grains_but_no_height() -> None:
    plain = shown(build_scene("flat", FIELD, 1, 1.0))
    assert not plain.height.any() and not plain.grain.any() and (plain.relative_yield == 1.0).all()
    made = shown(build_scene("flat", FIELD, 1, 1.0, edge_yield=0.8, grains=9))
    assert not made.height.any()
    assert (made.relative_yield == 0.8).mean() == pytest.approx(0.5, abs=0.01)
    assert 5 <= len(np.unique(made.grain)) <= 9
    for grain in np.unique(made.grain):
        pieces = np.sort(np.bincount(label(made.grain == grain)[0].ravel())[1:])
        assert pieces[-1] > 0.99 * pieces.sum()
