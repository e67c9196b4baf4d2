"""`--lattice` and `--planes`: planes stand at the textbook's angles, and facets in the page's table have names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_facets import GRID, frame_of, pyramid_slopes

from eclips4d.core.errors import InputError
from eclips4d.metrology.analysis import Analysis
from eclips4d.metrology.facets.sphere import angle_rad
from eclips4d.metrology.movie import Movie
from eclips4d.pipeline.run_report.chosen_line import ChosenLine
from eclips4d.pipeline.run_report.content import Measured
from eclips4d.pipeline.run_report.crystal import parse_crystal
from eclips4d.pipeline.run_report.reading import open_content
from eclips4d.pipeline.run_report.sections.facets import section


def between(crystal, a: int, b: int) -> float:
    """Least angle between planes of two families, degrees."""
    normals, family = crystal.planes.normals, crystal.planes.family
    return float(np.degrees(angle_rad(normals[family == a][:, None], normals[family == b][None])).min())


@pytest.mark.parametrize(
    ("lattice", "families", "degrees"),
    [
        (None, "100,111", 54.7356),
        ("Cu", "100,110", 45.0),
        ("cubic", "1 -1 1,110", 35.2644),
        ("hexagonal:1.633", "001,101", np.degrees(np.arctan(2 * 1.633 / np.sqrt(3)))),
        ("Zn", "001,102", np.degrees(np.arctan(1.856 / np.sqrt(3)))),
        ("tetragonal:0.673", "001,101", np.degrees(np.arctan(0.673))),
        ("2,3,4,90,90,90", "100,110", np.degrees(np.arctan(2 / 3))),
    ],
)
def test_planes_stand_at_the_angles_of_their_lattice(lattice, families, degrees):
    assert between(parse_crystal(lattice, families), 0, 1) == pytest.approx(degrees, abs=1e-3)


def test_low_indices_are_taken_where_none_are_told():
    assert parse_crystal().planes.names == ("{100}", "{110}", "{111}")
    assert parse_crystal("Ti").planes.names == ("{001}", "{100}", "{101}")
    assert len(parse_crystal("2,3,4,90,90,90").planes.names) == 6


@pytest.mark.parametrize(
    "said", ["kubic", "hexagonal", "hexagonal:x", "1,2,3", "1,1,1,10,10,170", "1,1,0,90,90,90", "nan"]
)
def test_what_is_no_lattice_is_refused_by_name(said):
    with pytest.raises(InputError, match="is no lattice") as caught:
        parse_crystal(said)
    assert caught.value.where == "--lattice"


def test_what_is_no_plane_is_refused_by_name():
    with pytest.raises(InputError, match="is no plane") as caught:
        parse_crystal(None, "100,11")
    assert caught.value.where == "--planes"


def pyramid() -> Movie:
    """One frame of a pyramid with six faces of 46.36 degrees: {102} of a hexagonal crystal of c/a = 1.8167."""
    size, tilt = 128, np.degrees(np.arctan(1.8167 / np.sqrt(3.0)))
    slope, _ = pyramid_slopes(size, [tilt] * 6, 10.0)
    y, x = np.mgrid[:size, :size] - (size - 1) / 2.0
    frame = frame_of(np.where(np.hypot(x, y) < 20.0, 0.0, slope), 0.01, 1)
    return Movie(GRID, (size, size), (0,), lambda _: frame, {})


@pytest.mark.parametrize("named", [True, False])
def test_facets_of_the_page_are_planes_of_the_lattice_that_is_told(make_store, named):
    store, movie = make_store(), pyramid()
    store.grow()
    told = parse_crystal("hexagonal:1.8167", "001,100,101,102") if named else parse_crystal("cubic")
    measured = Measured(movie, movie, ChosenLine(((0.0, 0.0), (9.0, 9.0)), "any"), Analysis())
    with open_content(store.path, crystal=told) as content:
        made = section(replace(content, measured=measured))
    if named:
        assert "planes of a hexagonal crystal" in made.html and not made.missing
        assert made.html.count("{102}") >= 6 and "(0 0 1)" in made.html
    else:
        assert any("cubic crystal" in line for line in made.missing)
