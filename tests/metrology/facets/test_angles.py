"""Angles between facets of known crystals."""

from __future__ import annotations

import numpy as np
import pytest
from made_facets import GRID, facet_of, frame_of, pyramid_slopes

from eclips4d.metrology.facets import Systematic, dihedral_angles, find_facets, in_plane_angle, in_plane_angles
from eclips4d.metrology.facets.angles import borders, edge_azimuth

STILL = Systematic()


def test_traces_of_110_and_111_sides_on_100_cross_at_45_and_135_degrees():
    sides = [(1, 0, 1), (1, 1, 1), (0, 1, 1), (-1, 1, 1)]
    facets = [facet_of(np.array(n) / np.linalg.norm(n), 0.001, number=k) for k, n in enumerate(sides)]
    table = in_plane_angles(facets, STILL)
    found = {(row.a, row.b): row.in_plane_deg for row in table.itertuples()}
    assert found[0, 1] == pytest.approx(45.0)
    assert found[0, 3] == pytest.approx(135.0)
    assert found[1, 3] == pytest.approx(90.0)
    # Noise across the fall of a steep facet turns its trace by less.
    assert table["random_u_deg"].iloc[0] == pytest.approx(
        np.degrees(0.001) * np.hypot(1.0 / np.sin(np.pi / 4), 1.0 / np.sqrt(2.0 / 3.0)), rel=1e-3
    )


def test_a_flat_facet_has_no_trace():
    assert np.isnan(in_plane_angle(facet_of([0, 0, 1], 0.01), facet_of([0.6, 0, 0.8], 0.01), STILL).value)


def test_edges_of_a_pyramid_run_along_its_diagonals():
    slope, _ = pyramid_slopes(128, (45.0, 45.0, 45.0, 45.0), 20.0)
    facets = find_facets(frame_of(slope, 0.01, 1), GRID)
    table = dihedral_angles(facets, STILL)
    assert len(table) == 4
    assert table["dihedral_deg"].to_numpy() == pytest.approx(60.0, abs=0.3)
    assert np.sort(table["edge_deg"].to_numpy()) == pytest.approx([65.0, 65.0, 155.0, 155.0], abs=0.3)
    assert (np.abs(table["dihedral_deg"] - 60.0) < 4.0 * table["random_u_deg"]).all()


def test_parallel_facets_meet_in_no_line():
    assert np.isnan(edge_azimuth(facet_of([0.6, 0, 0.8], 0.01), facet_of([0.6, 0, 0.8], 0.01), STILL).value)


def test_borders_count_shared_sides():
    labels = np.array([[1, 1, 0], [2, 1, 3], [2, 2, 3]], np.int32)
    assert borders(labels) == {(1, 2): 3, (1, 3): 1, (2, 3): 1}
