"""The table of directions against area quadrature, counted rays, the electrodes' signs, and every convention."""

import numpy as np
import pytest
from drawn_detectors import L_CORNERS, drawn, quarter_turns
from matplotlib.path import Path as Outline

from eclips4d.core.errors import InputError
from eclips4d.physics.detector import kappa, segment_response
from eclips4d.physics.facet import facet_signals, steepest_unclipped
from eclips4d.physics.field import response_field
from eclips4d.physics.valid_angle.directions import acceptance
from eclips4d.physics.valid_angle.electrons import flight_energies
from eclips4d.physics.valid_angle.flight import flights

SQUARE = ((1.2, 1.2), (5, 1.2), (5, 5), (1.2, 5))
CASES = {
    "four quadrants": ({}, (0.0, 0.0)),
    "offset and scan rotation": ({"offset_mm": (0.4, -0.2), "rotation": 30.0}, (0.0, 0.0)),
    "unequal, off axis": ({"azimuths_deg": (210, 90, 330), "openings_deg": (100, 80, 110)}, (0.3, 0.5)),
    "edges between cells": ({"azimuths_deg": (45.3, 135.3, 225.3, 315.3)}, (0.02, -0.05)),
    "squares": ({"polygons_mm": quarter_turns(SQUARE)}, (0.1, 0.0)),
    "inward corners": ({"polygons_mm": quarter_turns(L_CORNERS), "rotation": 12.0}, (0.1, 0.0)),
    "accelerated": ({"volts": 500.0}, (0.0, 0.0)),
    "held back, off axis": ({"volts": -500.0, "offset_mm": (0.3, 0.1), "rotation": 20.0}, (0.05, 0.02)),
    "accelerated towards polygons": ({"volts": 500.0, "polygons_mm": quarter_turns(L_CORNERS)}, (0.0, 0.0)),
}


def lambert_sums(table):
    """Flat signal and contrast from the cells alone."""
    edges, width = table.theta_edges, 2.0 * np.pi / table.azimuths
    share = table.share.astype(float)
    flat = share * np.diff(np.sin(edges) ** 2) / 2.0 * width / np.pi
    slope = share * np.diff(edges - np.sin(edges) * np.cos(edges)) / 2.0 * width / np.pi
    along = [(slope * side(table.phi)[:, None]).sum((1, 2)) for side in (np.cos, np.sin)]
    return flat.sum((1, 2)), np.column_stack([along[0], -along[1]])


@pytest.mark.parametrize("case", CASES)
def test_cells_add_up_to_the_response(case):
    said, at = CASES[case]
    instrument = drawn(**said)
    flat, contrast = lambert_sums(acceptance(instrument, at))
    want = segment_response(instrument, at)
    np.testing.assert_allclose(flat, want.flat, rtol=2e-5)
    np.testing.assert_allclose(contrast, want.contrast, atol=2e-5 * np.hypot(*want.contrast.T).max())


def test_blocks_of_cells_count_the_rays_that_hit():
    """Rays counted against outlines of another library, block by block."""
    instrument = drawn(polygons_mm=quarter_turns(L_CORNERS), rotation=12.0, offset_mm=(0.5, 0.2))
    edges = np.linspace(0.0, 1.0, 9)
    table = acceptance(instrument, (0.2, -0.1), azimuths=256, theta_edges=np.linspace(0.0, 1.0, 129))
    blocks = table.share.reshape(4, 16, 16, 8, 16).mean((2, 4))
    rng = np.random.default_rng(3)
    theta, phi = rng.random((8, 16, 4000)) * edges[1] + edges[:-1, None, None], rng.random((8, 16, 4000))
    phi = (phi + np.arange(16)[:, None]) * np.pi / 8.0
    place = complex(0.2, -0.1) + 6.0 * np.tan(theta) * np.exp(1j * phi)
    local = place * np.exp(1j * np.radians(12.0)) - complex(0.5, 0.2)  # back to the axes of the file
    points = np.column_stack([local.real.ravel(), local.imag.ravel()])
    for share, outline in zip(blocks, instrument.detector.polygons_mm, strict=True):
        hit = Outline([*outline, outline[0]], closed=True).contains_points(points).reshape(place.shape).mean(-1)
        assert np.abs(share.T - hit).max() < 0.035  # four standard deviations of 4000 rays


def test_a_dimmer_face_looks_away_whatever_the_outline():
    r = segment_response(drawn(polygons_mm=quarter_turns(SQUARE)))
    assert r.contrast[0][0] > 0 > r.contrast[0][1]  # up and right on the screen: darker rising right, brighter down
    assert r.calibrated
    np.testing.assert_allclose(r.flat, r.flat[0], rtol=1e-12)


def test_scan_rotation_turns_the_table():
    straight, turned = (acceptance(drawn(rotation=angle), azimuths=64) for angle in (0.0, 45.0))
    np.testing.assert_allclose(np.roll(straight.share, -8, axis=1), turned.share, atol=2e-6)


def test_on_the_axis_the_polar_edges_are_the_rims():
    edges = acceptance(drawn()).theta_edges
    assert edges[[0, 1, -1]] == pytest.approx([0.0, np.arctan(1.75 / 6), np.arctan(7 / 6)], abs=1e-12)
    assert len(edges) == 257


def test_no_direction_counts_more_than_once():
    for said in ({"gap_mm": 0.0}, {"volts": -500.0}):
        total = acceptance(drawn(**said), (0.1, 0.0)).share.sum(0)
        assert total.max() <= 1.0 + 1e-6
        assert total.max() > 0.999


def test_accelerated_electrons_come_from_a_wider_cone_and_held_back_ones_from_a_narrower():
    """A positive detector draws in electrons that leave at lower angles, where the contrast is higher."""
    edge, contrast = [], []
    for volts in (-500.0, None, 500.0):
        table = acceptance(drawn(volts))
        edge.append(table.theta_edges[-1])
        contrast.append(kappa(drawn(volts)))
    assert edge[0] < edge[1] < edge[2]
    assert contrast[0] < contrast[1] < contrast[2]
    assert 0.02 < contrast[2] / contrast[1] - 1 < 0.06


def test_electrodes_at_the_specimens_potential_change_nothing():
    np.testing.assert_array_equal(segment_response(drawn(0.0)).matrix, segment_response(drawn()).matrix)


def test_the_response_tends_to_that_without_a_field():
    weak, none = segment_response(drawn(0.1, offset_mm=(0.2, 0.1))), segment_response(drawn(offset_mm=(0.2, 0.1)))
    np.testing.assert_allclose(weak.matrix, none.matrix, rtol=2e-5, atol=2e-5 * none.flat.max())


def test_the_share_collected_is_that_of_the_angles_that_land():
    """Without gaps and on the axis: sin² between the directions that land on the rims, over the energies."""
    instrument, total = drawn(500.0, gap_mm=0.0), 0.0
    for weight, flight in flights(instrument):
        theta = np.linspace(0.0, flight.theta_top, 200_001)
        radius = np.abs(flight.at(theta, np.zeros(1))[0])
        rims = np.interp([1.75, 7.0], radius, theta)
        total += weight * float(np.diff(np.sin(rims) ** 2)[0])
    assert segment_response(instrument).flat.sum() == pytest.approx(total, rel=1e-5)


def test_where_electrons_turn_back_before_the_rim_the_cells_still_add_up():
    instrument = drawn(-4000.0)
    flat, contrast = lambert_sums(acceptance(instrument))
    want = segment_response(instrument)
    np.testing.assert_allclose(flat, want.flat, rtol=2e-4)
    np.testing.assert_allclose(contrast, want.contrast, atol=2e-4 * np.abs(want.contrast).max())
    assert want.flat.sum() < 0.7 * segment_response(drawn()).flat.sum()


@pytest.mark.parametrize("said", [{"volts": -500.0}, {"polygons_mm": quarter_turns(L_CORNERS)}])
def test_facets_follow_the_linear_law_below_their_own_horizon(said):
    instrument = drawn(**said)
    slope = 0.98 * steepest_unclipped(instrument) * np.array([[1.0, 0.0, -0.6], [0.0, 1.0, 0.6]])
    response = segment_response(instrument)
    np.testing.assert_allclose(
        facet_signals(instrument, slope), response.flat[:, None] - response.contrast @ slope, rtol=1e-10
    )


def test_the_field_of_view_is_followed_through_an_electric_field():
    instrument = drawn(-500.0, pixel=200.0)
    matrix = response_field(instrument, (64, 96)).matrix()
    for row, column in ((0, 0), (40, 90)):
        at = (2e-4 * (column - 47.5), -2e-4 * (row - 31.5))
        np.testing.assert_allclose(matrix[:, :, row, column], segment_response(instrument, at).matrix, atol=1e-7)


def test_the_energies_stand_for_a_density_that_grows_with_the_energy():
    energy, weight = flight_energies(drawn())
    power = 0.4 / 0.3  # whose mean is copper's 0.70
    for moment in range(6):  # three nodes are exact up to the fifth
        want = (power + 1.0) / (power + 1.0 + moment)
        assert (weight * (energy / 1e4) ** moment).sum() == pytest.approx(want, rel=1e-12)
    for specimen, mean in (({"material": "Au"}, 0.77), ({"material": "unobtainium"}, 0.70), ({"tilt_deg": 0}, 0.70)):
        energies, weights = flight_energies(drawn().model_copy(update={"specimen": specimen}))
        assert (energies * weights).sum() / 1e4 == pytest.approx(mean)
    counted = flight_energies(drawn(1000.0, dead_layer_kev=3.0))
    np.testing.assert_allclose(counted[1], weight * (energy + 1e3 - 3e3) / (weight * (energy + 1e3 - 3e3)).sum())


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"polar_cells": 3}, "polar_cells: 3 polar cells are too few; give 16 or more"),
        ({"azimuths": 2}, "azimuths: 2 azimuths are too few"),
        ({"theta_edges": np.array([0.0, 0.2, 0.2])}, "theta_edges: polar edges must rise"),
        ({"theta_edges": np.array([0.0, 1.6])}, "theta_edges: polar edges must rise"),
    ],
)
def test_cells_that_cannot_be_are_refused(said, says):
    with pytest.raises(InputError, match=says):
        acceptance(drawn(), **said)


def test_a_detector_that_holds_everything_back_is_refused():
    with pytest.raises(
        InputError, match=r"electrodes.detector_v: no electron of a 10 keV beam reaches a detector at -9990"
    ):
        segment_response(drawn(-9990.0))
