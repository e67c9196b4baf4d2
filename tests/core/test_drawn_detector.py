"""Polygons and electrodes in an instrument file: every slip is one line."""

import pytest
from drawn_detectors import L_CORNERS, quarter_turns

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument

TEXT = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
[detector]
distance_mm = 6
azimuths_deg = [45, 135, 225, 315]
polygons_mm = {polygons}
{more}
[electrodes]
{electrodes}
"""


def parse(polygons=None, more="", electrodes="detector_v = 0"):
    drawn = quarter_turns(L_CORNERS) if polygons is None else polygons
    listed = [[list(corner) for corner in outline] for outline in drawn]
    return parse_instrument(TEXT.format(polygons=listed, more=more, electrodes=electrodes), "run.toml")


def with_first(*corners):
    return [list(corners), *quarter_turns(L_CORNERS)[1:]]


def test_polygons_and_electrodes_are_read():
    got = parse(electrodes="detector_v = -500\npole_piece_mm = 8\nbore_radius_mm = 2")
    assert got.detector.polygons_mm is not None
    assert got.detector.polygons_mm[1][0] == pytest.approx((-1.0, 1.0))
    assert got.electrodes is not None and got.electrodes.detector_v == -500.0


def test_neighbours_may_touch():
    got = parse(quarter_turns(((0.5, 0.0), (5.0, 0.0), (5.0, 5.0), (0.0, 5.0), (0.0, 0.5))))
    assert got.detector.polygons_mm is not None and len(got.detector.polygons_mm) == 4


SLIPS = {
    "closed": (with_first((1, 1), (6, 1), (1, 6), (1, 1)), "polygons_mm[0] has one corner twice; the last joins"),
    "bow tie": (with_first((1, 1), (6, 6), (6, 1), (1, 5)), "polygons_mm[0] crosses itself"),
    "line": (with_first((1, 1), (2, 2), (3, 3)), "polygons_mm[0] has no area"),
    "overlap": (with_first((1, 1), (-4, 3), (6, 3)), "polygons_mm[0] and polygons_mm[1] overlap"),
    "one in another": (
        [*quarter_turns(L_CORNERS)[:3], [(1.5, 1.5), (2, 1.5), (1.5, 2)]],
        "polygons_mm[0] and polygons_mm[3] overlap",
    ),
    "the same twice": ([quarter_turns(L_CORNERS)[0]] * 4, "polygons_mm[0] and polygons_mm[1] overlap"),
    "other order": (
        quarter_turns(L_CORNERS)[2:] + quarter_turns(L_CORNERS)[:2],
        "lies at 225 degrees, azimuths_deg says",
    ),
    "too few": (quarter_turns(L_CORNERS)[:3], "polygons_mm has 3 values for 4 segments"),
    "two corners": (with_first((1, 1), (2, 2)), "[detector.polygons_mm[0]] Tuple should have at least 3 items"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_an_outline_that_cannot_be_is_one_line(slip):
    polygons, says = SLIPS[slip]
    with pytest.raises(InputError) as refusal:
        parse(polygons)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("more", "electrodes", "says"),
    [
        ("gap_mm = 0.1", "", "polygons_mm stands in place of radii, openings_deg and gap_mm"),
        ("inner_radius_mm = 1\nouter_radius_mm = 2", "", "polygons_mm stands in place of radii"),
        ("dead_layer_kev = 12", "", "[detector] dead_layer_kev = 12 stops all that a beam of 10 keV sends back"),
        ("dead_layer_kev = -1", "", "[detector.dead_layer_kev] Input should be greater than or equal to 0, not -1"),
        ("", "pole_piece_mm = 6", "[electrodes] pole_piece_mm = 6 must exceed the detector's distance of 6 mm"),
        ("", "detector_v = -10000", "[electrodes] detector_v = -10000 holds back all that a beam of 10 keV sends back"),
        ("", "bore_radius_mm = 0", "[electrodes.bore_radius_mm] Input should be greater than 0, not 0"),
        ("", "grid_v = 1", "[electrodes.grid_v] unknown key"),
        ("", "detector_v = inf", "[electrodes.detector_v] Input should be a finite number"),
    ],
)
def test_electrodes_and_energies_that_cannot_be_are_one_line(more, electrodes, says):
    with pytest.raises(InputError) as refusal:
        parse(more=more, electrodes=electrodes)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)
