"""All sections in one reading give what each gives by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eclips4d.core.errors import InputError
from eclips4d.metrology.analysis import (
    SECTIONS,
    Analysis,
    Questions,
    analyse,
    analyse_store,
    middle_line,
    shares,
)
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame, movie_of
from eclips4d.metrology.roughness.roughness import roughness_over_time
from eclips4d.metrology.steps.measure import follow_lines
from eclips4d.metrology.steps.table import step_table
from eclips4d.metrology.terraces.series import terraces_over_time
from eclips4d.storage import open as open_store

SIDE, PIXEL, FRAMES, SD = 96, 4.0, 6, 0.01


def frame_of(number: int) -> SurfaceFrame:
    """Two steps of 8 nm that go to the right by 5 nm a frame."""
    x = np.arange(SIDE) * PIXEL
    noise = np.random.default_rng(number).normal(0.0, SD, (2, SIDE, SIDE))
    slope, height = np.zeros((2, SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for at in (110.0 + 5.0 * number, 250.0 + 5.0 * number):
        height += 4.0 * np.tanh((x - at) / 8.0)
        slope[0] += 0.5 / np.cosh((x - at) / 8.0) ** 2
    return SurfaceFrame(
        frame=number,
        time_s=float(number),
        row_time_s=np.full(SIDE, float(number)),
        height=(height + 0.02 * np.random.default_rng(100 + number).normal(size=height.shape)).astype(np.float32),
        slope=(slope + noise).astype(np.float32),
        slope_sd=np.full((SIDE, SIDE), SD, np.float32),
    )


@pytest.fixture(scope="module")
def movie() -> Movie:
    return Movie(Grid((PIXEL, PIXEL), slope_scale_u=0.01), (SIDE, SIDE), tuple(range(FRAMES)), frame_of, {})


@pytest.fixture(scope="module")
def analysis(movie: Movie) -> Analysis:
    return analyse(movie)


def test_every_section_says_what_it_says_by_itself(movie: Movie, analysis: Analysis) -> None:
    tables = analysis.tables()
    alone = step_table(follow_lines(movie, (middle_line(movie),)))
    pd.testing.assert_frame_equal(tables["steps"], alone)
    pd.testing.assert_frame_equal(tables["terraces"], terraces_over_time(movie).frames)
    pd.testing.assert_frame_equal(tables["roughness"], roughness_over_time(movie))
    assert analysis.unanswered == {}


def test_both_steps_are_found_in_every_frame(analysis: Analysis) -> None:
    steps = analysis.tables()["steps"]
    assert len(steps) == 2 * FRAMES
    assert steps["step_id"].nunique() == 2


def test_only_what_is_asked_for_is_answered(movie: Movie) -> None:
    found = analyse(movie, Questions(sections=("roughness",)))
    assert set(found.tables()) == {"roughness"}
    assert found.lines is None and found.terraces is None


def test_a_section_without_an_answer_says_why_and_leaves_the_others_alone(movie: Movie) -> None:
    outside = Questions(sections=("steps", "roughness"), lines=(((0.0, 0.0), (1e4, 0.0)),))
    found = analyse(movie, outside)
    assert "outside the field" in found.unanswered["steps"]
    assert found.lines is None and len(found.tables()["roughness"]) == FRAMES


def test_an_unknown_section_is_refused(movie: Movie) -> None:
    with pytest.raises(ValueError, match="no section 'weather'"):
        analyse(movie, Questions(sections=("weather",)))


@pytest.mark.parametrize("processes", [2, 3, 9])
@pytest.mark.parametrize("asked", [SECTIONS, ("roughness", "terraces"), ("terraces", "spirals"), ("steps",)])
def test_every_section_has_its_turn_among_processes(asked: tuple[str, ...], processes: int) -> None:
    dealt = shares(asked, processes)
    assert sorted(name for share in dealt for name in share) == sorted(asked)
    assert len(dealt) >= min(processes, len(asked))


def test_two_processes_read_the_run_once_each() -> None:
    assert len(shares(SECTIONS, 2)) == 2


@pytest.mark.slow
def test_two_processes_answer_as_one_does(make_store) -> None:
    store = make_store(keep=("height", "slope", "slope_sd"))
    store.grow(3)
    asked = Questions(sections=("roughness", "terraces"))
    alone = analyse(movie_of(open_store(store.path), (store.pixel_nm, store.pixel_nm)), asked)
    shared = analyse_store(store.path, asked)
    assert shared.tables().keys() == alone.tables().keys()
    for name, table in alone.tables().items():
        pd.testing.assert_frame_equal(shared.tables()[name], table)


def test_a_store_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(InputError):
        analyse_store(tmp_path / "nowhere.zarr", processes=1)
