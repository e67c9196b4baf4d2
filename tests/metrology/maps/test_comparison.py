"""A run's surface against a map of the same place."""

import numpy as np
import pytest
from made_maps import Rough, chart, surface

from eclips4d.core.errors import InputError
from eclips4d.metrology.maps.comparison import Align, Settings, compare
from eclips4d.metrology.maps.levelling import Level
from eclips4d.metrology.maps.picture import picture
from eclips4d.metrology.maps.placement import Placement
from eclips4d.metrology.maps.table import COLUMNS, as_table
from eclips4d.metrology.movie import Grid
from eclips4d.training.afm_labels import tip_dilated

GRID = Grid((2.0, 2.0), slope_scale_u=0.01)
SIDE = 72


def integrated_noise(random, shape, sd):
    """Periodic heights whose differences are white, cut from twice the field."""
    m, n = 2 * shape[0], 2 * shape[1]
    power = 4 * np.sin(np.pi * np.fft.fftfreq(m))[:, None] ** 2 + 4 * np.sin(np.pi * np.fft.fftfreq(n)) ** 2
    power[0, 0] = np.inf
    noise = np.fft.ifft2(np.fft.fft2(random.normal(size=(m, n))) / np.sqrt(power)).real
    return noise[: shape[0], : shape[1]] * sd


def pair(seed, noise=0.05, map_noise=0.2, scale_z=1.0, there=None):
    """A run, and a map by another instrument that lies elsewhere, with noise of both kinds."""
    random, rough = np.random.default_rng(seed), Rough(seed)
    run = rough.seen((SIDE, SIDE), 2.0) + integrated_noise(random, (SIDE, SIDE), noise)
    height = rough.seen((SIDE, SIDE), 2.0, there or Placement((6.0, -4.0), 2.0)) / scale_z
    return surface(run), chart(height + random.normal(size=height.shape) * map_noise)


def test_height_scale_and_place_lie_within_their_uncertainties():
    there, within = Placement((6.0, -4.0), 2.0), []
    settings = Settings(align=Align.TURN, map_sd_nm=0.2)
    for seed in range(10):
        frame, other = pair(seed, scale_z=1.03, there=there)
        found = compare(frame, GRID, other, settings)
        r, p, u = found.agreement.ratio.value, found.refined.placement, found.refined.u
        within += [
            abs(r.value - 1.03) < 2 * r.u,
            abs(p.shift_nm[0] - 6.0) < 2 * u.shift_nm[0],
            abs(p.shift_nm[1] + 4.0) < 2 * u.shift_nm[1],
            abs(p.turn_deg - 2.0) < 2 * u.turn_deg,
        ]
        assert r.u < 0.01 and max(u.shift_nm) < 0.2 and u.turn_deg < 0.2
    assert np.mean(within) >= 0.85


def test_a_plane_between_both_changes_nothing():
    frame, other = pair(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    tilted = surface(frame.height + 5.0 + 0.03 * x - 0.02 * y)
    one, two = compare(frame, GRID, other), compare(tilted, GRID, other)
    assert two.agreement.rms_nm.value == pytest.approx(one.agreement.rms_nm.value, rel=1e-2)
    assert two.agreement.ratio.value.value == pytest.approx(one.agreement.ratio.value.value, rel=1e-3)


def test_a_coarse_map_is_compared_at_its_own_resolution():
    rough = Rough(3, width_px=4.0)
    fine = rough.seen((2 * SIDE, 2 * SIDE), 1.0)
    coarse = fine.reshape(SIDE // 3, 6, SIDE // 3, 6).mean(axis=(1, 3))  # pixels of 6 nm are means
    run = fine.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3))
    found = compare(surface(run), GRID, chart(coarse, 6.0), Settings(align=Align.SHIFT))
    assert found.resolution_nm == 6.0
    # Compared with the run's own pixels the map would be too smooth: 4 % of the relief.
    assert found.agreement.ratio.value.value == pytest.approx(1.0, abs=0.01)
    assert found.agreement.rms_nm.value < 0.02 * run.std() * 2


def test_a_fine_map_is_averaged_over_the_pixels_of_the_run():
    rough = Rough(3, width_px=2.0)
    fine = rough.seen((4 * SIDE, 4 * SIDE), 0.5)
    run = fine.reshape(SIDE, 4, SIDE, 4).mean(axis=(1, 3))
    found = compare(surface(run), GRID, chart(fine, 0.5), Settings(align=Align.SHIFT))
    assert found.resolution_nm == 2.0
    assert found.agreement.rms_nm.value < 0.01 * run.std()


def test_a_scale_beyond_both_calibrations_is_told():
    frame, other = pair(1, scale_z=1.10)
    found = compare(frame, GRID, other)
    assert found.expected_ratio_u == 0.01 and found.normalised_ratio_error > 1
    assert compare(frame, GRID, other, Settings(map_scale_u=0.1)).normalised_ratio_error < 1
    nominal = compare(frame, Grid((2.0, 2.0), calibrated=False), other)
    assert nominal.expected_ratio_u == np.inf and nominal.normalised_ratio_error == 0.0


def test_a_tip_is_told_apart_from_the_surface_by_dilating_the_run():
    rough = Rough(6, width_px=3.0, rms_nm=8.0)
    sharp, fine = rough.seen((SIDE, SIDE), 2.0), rough.seen(((SIDE - 1) * 4 + 1,) * 2, 0.5)
    # Read by another program, which touches the surface itself between the run's pixels, with another shaft.
    other = chart(0.5 * tip_dilated(fine / 0.5, 15.0 / 0.5, 20.0)[::4, ::4])
    bare = compare(surface(sharp), GRID, other)
    same = compare(surface(sharp), GRID, other, Settings(tip_radius_nm=15.0))
    assert same.agreement.rms_nm.value < 0.2 * bare.agreement.rms_nm.value


def test_untrusted_pixels_and_the_reference_area_do_not_count():
    frame, other = pair(2)
    trust = np.full((SIDE, SIDE), 90, np.uint8)
    trust[20:30] = 10
    found = compare(surface(frame.height, trust), GRID, other, Settings(trust=50))
    assert not found.compared[20:30].any()
    box = Settings(reference=(0.0, 0.0, 50.0, 140.0), level=Level.OFFSET)
    found = compare(frame, GRID, other, box)
    assert not found.compared[:, :26].any() and found.compared[:, 30:60].any()
    assert found.agreement.bias_nm.u > 0
    with pytest.raises(InputError, match="--reference"):
        compare(frame, GRID, other, Settings(reference=(1e4, 1e4, 2e4, 2e4)))


def test_another_place_is_refused():
    frame, _ = pair(3)
    with pytest.raises(InputError, match="does not resemble"):
        compare(frame, GRID, chart(Rough(99).seen((SIDE, SIDE), 2.0)))


def test_table_and_picture_show_it():
    frame, other = pair(4)
    found = compare(frame, GRID, other)
    table = as_table(found)
    assert tuple(table.columns) == COLUMNS
    rows = table.set_index("figure")
    assert rows.loc["rms difference", "value"] == found.agreement.rms_nm.value
    assert (table["figure"] == "bias of pixels about a height").sum() == 10
    figure = picture(found, "title")
    figure.canvas.draw()
    drawn = np.asarray(figure.canvas.buffer_rgba())
    assert len(figure.axes) == 9 and drawn[..., :3].std() > 20
