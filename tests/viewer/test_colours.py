import numpy as np
import pytest

from eclips4d.viewer import colours


def test_index_maps_levels_to_the_ends_and_keeps_unseen_apart():
    image = np.array([[-5, 0, 5, 10, 99, np.nan]], np.float32)
    assert colours.to_index(image, (0, 10)).tolist() == [[0, 0, 127, 254, 254, 255]]


def test_index_of_raw_pixels():
    image = np.array([[0, 100, 200, 65535]], np.uint16)
    assert colours.to_index(image, (0, 200)).tolist() == [[0, 127, 254, 254]]


def test_height_colours_end_to_end():
    picture = colours.height_colours(np.array([[0, 1, np.nan]], np.float32), (0, 1))
    table = colours.height_table()
    assert picture[0, 0].tolist() == table[0].tolist()
    assert picture[0, 1].tolist() == table[254].tolist()
    assert tuple(picture[0, 2]) == colours.UNSEEN


@pytest.mark.parametrize(
    ("dhdx", "dhdy", "azimuth_deg"),
    [
        (-1.0, 0.0, 0),  # falls to the right
        (0.0, 1.0, 90),  # rises downwards in the array, so falls upwards on the screen
        (1.0, 0.0, 180),
        (0.0, -1.0, 270),
    ],
)
def test_map_and_wheel_agree_on_where_downhill_is(dhdx, dhdy, azimuth_deg):
    """The wheel's colour at an azimuth, looked up by plain geometry on its picture, is the colour of that slope."""
    angle_deg, rim_deg, size = 8.0, 16.0, 401
    steep = np.tan(np.radians(angle_deg))
    slope = np.array([dhdx * steep, dhdy * steep], np.float32).reshape(2, 1, 1)
    colour = colours.slope_colours(slope, rim_deg)[0, 0].astype(int)
    disc = colours.wheel_disc(size)
    radius = angle_deg / rim_deg * size / 2
    turn = np.radians(azimuth_deg)
    row = round((size - 1) / 2 - radius * np.sin(turn))
    column = round((size - 1) / 2 + radius * np.cos(turn))
    assert disc[row, column, 3] == 255
    assert np.abs(disc[row, column, :3].astype(int) - colour).max() <= 12
    others = [colours.slope_colours(-slope, rim_deg)[0, 0].astype(int)]
    assert all(np.abs(other - colour).max() > 60 for other in others)


def test_steeper_is_lighter_whatever_the_direction():
    luminance = colours.wheel_table().astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance[:, ::8], axis=1) > 0).all()


def test_unseen_and_steeper_than_the_rim():
    slope = np.array([[[np.nan, 9.0, 0.5]], [[0.0, 0.0, 0.0]]], np.float32)
    picture = colours.slope_colours(slope, 10.0)
    assert tuple(picture[0, 0]) == colours.UNSEEN
    assert picture[0, 1].tolist() == picture[0, 2].tolist()


def test_the_table_agrees_with_the_angles():
    """Each pixel's hue and steepness, worked out one by one; the table may be off by a step of its own."""
    rng = np.random.default_rng(2)
    rim_deg = 20.0
    slope = (rng.normal(size=(2, 60, 60)) * 0.4).astype(np.float32)
    picture = colours.slope_colours(slope, rim_deg).astype(int)
    table = colours.wheel_table()
    for (i, j), dhdx in np.ndenumerate(slope[0]):
        dhdy = float(slope[1][i, j])
        azimuth = np.degrees(np.arctan2(dhdy, -dhdx)) % 360
        share = min(1.0, np.degrees(np.arctan(np.hypot(dhdx, dhdy))) / rim_deg)
        if share > 0.1:
            expected = table[round(azimuth / 360 * colours.HUES) % colours.HUES, round(share * (colours.TILTS - 1))]
            assert np.abs(picture[i, j] - expected).max() <= 14
