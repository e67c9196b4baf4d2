"""Orientation histogram and stereogram."""

from __future__ import annotations

import numpy as np
import pytest
from made_facets import GRID, facet_of, frame_of, pyramid_slopes

from eclips4d.metrology.facets import (
    Systematic,
    assign,
    from_directions,
    orientation_histogram,
    planes_of,
    stereogram,
)
from eclips4d.metrology.facets.sphere import angle_rad, normals_of


def test_densities_add_up_to_the_whole_surface():
    slope, _ = pyramid_slopes(96, (30.0, 45.0, 60.0, 45.0))
    found = orientation_histogram(frame_of(slope, 0.05, 1), GRID)
    assert np.nansum(found.density) * found.bin_sr / (2.0 * np.pi) == pytest.approx(1.0)


def test_a_dome_covers_orientations_evenly():
    y, x = np.mgrid[:400, :400] - 199.5
    square = x**2 + y**2
    with np.errstate(invalid="ignore"):
        slope = -np.stack([x, y]) / np.sqrt(260.0**2 - square)
    slope[:, square > 195.0**2] = np.nan
    found = orientation_histogram(frame_of(slope, 0.0, 1), GRID, bins=41, smoothed_to=0.0)
    inside = found.normals()[..., 2] > 0.72
    # A sphere's area goes with its solid angle: what is covered is covered alike.
    assert np.std(found.density[inside]) < 0.06 * np.mean(found.density[inside])


def test_peaks_are_where_the_facets_face():
    tilts = (30.0, 45.0, 54.74, 40.0)
    slope, _ = pyramid_slopes(128, tilts, 15.0)
    peaks = orientation_histogram(frame_of(slope, 0.02, 2), GRID).peaks()[:4]
    facing = np.radians(15.0 + 90.0 * np.arange(4))
    fall = np.tan(np.radians(tilts))
    true = normals_of(np.stack([-fall * np.cos(facing), fall * np.sin(facing)], -1))
    assert np.degrees(angle_rad(true[:, None], peaks[None]).min(axis=1)).max() < 1.5


def test_poles_are_drawn_where_facets_face_on_the_screen(tmp_path):
    planes = planes_of()
    lie = from_directions(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]))
    facets = [
        facet_of(np.array([0.0, 1.0, 1.0]) / np.sqrt(2.0), 0.01),
        facet_of([0.5, 0.0, np.sqrt(0.75)], 0.01, number=2),
    ]
    done = assign(facets, planes, lie, Systematic())
    figure = stereogram(facets, Systematic(0.02), planes, done)
    axes = figure.axes[0]
    dots = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert dots[0].tolist() == pytest.approx([0.0, np.tan(np.radians(22.5))])
    strangers = next(c for c in axes.collections if c.get_label() == "none or undecided")
    assert np.asarray(strangers.get_offsets())[0].tolist() == pytest.approx([np.tan(np.radians(15.0)), 0.0])
    assert {c.get_label() for c in axes.collections} >= set(planes.names)
    figure.savefig(tmp_path / "s.png")
    assert (tmp_path / "s.png").stat().st_size > 10_000
