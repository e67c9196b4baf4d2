"""Profiles along straight lines, along polylines and across edges, with a width.

For many frames make a sampler once: `line_sampler(line, grid, shape, width_nm)`, then call it with each frame.
"""

from __future__ import annotations

from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.profiles.path import F64, Line, across_edge, line_path, polyline_path
from eclips4d.metrology.profiles.profile import PointSpread, Profile
from eclips4d.metrology.profiles.sampler import Sampler, sampler

__all__ = [
    "Line",
    "PointSpread",
    "Profile",
    "Sampler",
    "edge_sampler",
    "line_sampler",
    "polyline_sampler",
    "sample_line",
]


def line_sampler(line: Line, grid: Grid, shape: tuple[int, int], width_nm: float = 0.0) -> Sampler:
    """For profiles along a line, of frames of one shape.

    Parameters
    ----------
    line : ((float, float), (float, float))
        Start and end, (x, y), nm on the registered grid.
    grid : Grid
    shape : (int, int)
        Rows and columns.
    width_nm : float
        Over which is averaged across the line.

    Raises
    ------
    InputError
        The line has no length.
    """
    return sampler(line_path(line, grid, width_nm), grid, shape)


def polyline_sampler(
    vertices: tuple[tuple[float, float], ...], grid: Grid, shape: tuple[int, int], width_nm: float = 0.0
) -> Sampler:
    """As `line_sampler`, from vertex to vertex."""
    return sampler(polyline_path(vertices, grid, width_nm), grid, shape)


def edge_sampler(edge_nm: F64, grid: Grid, shape: tuple[int, int], reach_nm: float) -> Sampler:
    """For profiles across an edge, straight or bent, averaged along it; see `path.across_edge`."""
    return sampler(across_edge(edge_nm, grid, reach_nm), grid, shape)


def sample_line(frame: SurfaceFrame, grid: Grid, line: Line, width_nm: float = 0.0) -> Profile:
    """The profile of one frame along a line; see `line_sampler`."""
    shape = frame.height.shape
    return line_sampler(line, grid, (shape[0], shape[1]), width_nm)(frame)
