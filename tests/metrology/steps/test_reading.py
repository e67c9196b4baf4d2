"""Steps of a profile are read as the detector at hand shows them, not as a usual one would."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from eclips4d.core.instrument import Instrument
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame, movie_of
from eclips4d.metrology.profiles.line import sample_line
from eclips4d.metrology.profiles.response import USUAL, Response
from eclips4d.metrology.steps.measure import follow_lines
from eclips4d.metrology.steps.read import find_steps
from eclips4d.metrology.steps.reading import read_edges
from eclips4d.metrology.steps.table import step_table
from eclips4d.storage import open as open_store

PIXEL_NM, COLUMNS, ROWS, WALL_NM, ANGLE_DEG, FINE, SD = 4.0, 96, 16, 8.0, 60.0, 40, 0.001
HEIGHT_NM = WALL_NM * math.tan(math.radians(ANGLE_DEG))
LINE = ((0.0, 30.0), (380.0, 30.0))
NARROW = Instrument.model_validate(
    {
        "beam": {"energy_kev": 10},
        "scan": {"pixel_size_nm": PIXEL_NM},
        "detector": {
            "distance_mm": 10.0,
            "inner_radius_mm": 0.5,
            "outer_radius_mm": 4.0,
            "gap_mm": 0.0,
            "azimuths_deg": (45, 135, 225, 315),
        },
    }
)
"""So near the beam that a wall of 60 degrees hides nothing of it: its horizon cuts off tangents beyond 0.58."""


def wall(frame: int = 0) -> SurfaceFrame:
    """A wall of copper in the middle: signals of sub-pixels are added, and nothing is hidden."""
    x = (np.arange(COLUMNS * FINE) + 0.5) * PIXEL_NM / FINE - 0.5 * PIXEL_NM * COLUMNS - 0.7
    steep = np.where(np.abs(x) < 0.5 * WALL_NM, math.tan(math.radians(ANGLE_DEG)), 0.0)
    cosine = 1.0 / np.sqrt(1.0 + steep**2)
    bright = cosine * ((1.0 + cosine) / 2.0) ** (-9.0 / math.sqrt(29.0))
    signal, light = (v.reshape(COLUMNS, FINE).mean(axis=1) for v in (bright * steep, bright))
    along = np.broadcast_to(signal / light, (ROWS, COLUMNS))
    noise = np.random.default_rng(frame).normal(0.0, SD, (2, ROWS, COLUMNS))
    height = np.cumsum(along + noise[0], axis=1) * PIXEL_NM
    times, slopes = np.full(ROWS, float(frame)), np.stack([along, np.zeros_like(along)]) + noise
    sd = np.full((ROWS, COLUMNS), SD, np.float32)
    return SurfaceFrame(frame, float(frame), times, height.astype(np.float32), slopes.astype(np.float32), sd)


def readings(response: Response):
    grid = Grid((PIXEL_NM, PIXEL_NM))
    profile = sample_line(wall(), grid, LINE, 40.0)
    return read_edges(profile, find_steps(profile), grid, response)


def test_a_detector_that_sees_past_the_wall_is_not_taken_for_one_that_does_not():
    (told,), (usual,) = ([r.height_nm for r in readings(known)] for known in (Response.of(NARROW), USUAL))
    assert told.value == pytest.approx(HEIGHT_NM, abs=3.0 * told.random_u)
    assert abs(usual.value - HEIGHT_NM) > max(4.0 * usual.random_u, 10.0 * abs(told.value - HEIGHT_NM))


def test_what_a_movie_knows_of_its_instrument_reaches_the_table():
    movie = Movie(Grid((PIXEL_NM, PIXEL_NM)), (ROWS, COLUMNS), (0, 1, 2), wall, {})
    movies = [replace(movie, instrument=known) for known in (NARROW, None)]
    told, usual = (step_table(follow_lines(each, (LINE,), 40.0)) for each in movies)
    off = [np.abs(table["height_nm"] - HEIGHT_NM).max() for table in (told, usual)]
    assert off[1] > 5.0 * off[0]


def test_a_store_brings_its_instrument_along(make_store):
    store = make_store(keep=("height", "slope", "slope_sd"))
    store.grow()
    run = open_store(store.path)
    movie = movie_of(run, (4.0, 4.0))
    assert movie.instrument is not None and movie.instrument.detector.distance_mm == 6
    assert movie.response.detector is not None and movie.response.detector_u < USUAL.detector_u
    assert movie_of(run.drop_attrs(), (4.0, 4.0)).response is USUAL
