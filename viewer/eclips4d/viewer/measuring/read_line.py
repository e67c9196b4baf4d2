"""A line in one frame: its steps and the terraces between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Movie
from eclips4d.metrology.profiles.line import Profile, sample_line
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.measure import check_line
from eclips4d.metrology.steps.read import find_steps
from eclips4d.metrology.steps.reading import RISER, read_edges
from eclips4d.viewer.measuring.answers import LineReading, Question, StepRead, Stretch
from eclips4d.viewer.measuring.shapes import LineShape

LEAST_SAMPLES = 4
"""Shorter stretches are no terrace."""


def read_line(movie: Movie, question: Question) -> LineReading:
    """The steps of a line in the frame that is asked for, as `eclips4d profile` reads them.

    Raises
    ------
    InputError
        The line leaves the field or is too short, or the frame has no surface.
    """
    assert isinstance(question.shape, LineShape)
    line, width_nm = question.shape.ends, question.shape.width_nm
    check_line(line, width_nm, movie)
    if question.frame not in movie.frames:
        raise InputError("no surface", where=f"frame {question.frame}")
    frame = movie.read(question.frame)
    profile = sample_line(frame, movie.grid, line, width_nm)
    edges = find_steps(profile)
    readings = read_edges(profile, edges, movie.grid, replace(movie, wall=question.wall).response)
    steps = tuple(
        StepRead(
            *(r.position_nm, r.height_nm, r.angle_deg, r.width_nm),
            *(edge.rises, edge.time_s, r.wall_u_nm, r.wall_open),
        )
        for edge, r in zip(edges, readings, strict=True)
    )
    return LineReading(question, frame.time_s, steps, plateaus(profile, edges), movie.grid.calibrated)


def plateaus(profile: Profile, edges: Sequence[Edge]) -> tuple[Stretch, ...]:
    """Straight lines through the heights between neighbouring steps, and before the first and after the last."""
    if not edges:
        return ()
    distance, height = profile.distance_nm, profile.height_nm
    starts = [float(distance[0]), *(e.position_nm + RISER * e.sd_nm for e in edges)]
    ends = [*(e.position_nm - RISER * e.sd_nm for e in edges), float(distance[-1])]
    found = []
    for start, end in zip(starts, ends, strict=True):
        at = (distance >= start) & (distance <= end) & np.isfinite(height)
        if np.count_nonzero(at) < LEAST_SAMPLES:
            continue
        middle = float(distance[at].mean())
        tilt, level = np.polyfit(distance[at] - middle, height[at], 1)
        found.append(tuple((x, float(level + tilt * (x - middle))) for x in (start, end)))
    return tuple((a, b) for a, b in found)
