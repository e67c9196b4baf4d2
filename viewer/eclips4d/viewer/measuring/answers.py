"""What is asked of the thread that measures, and what it answers: plain values that are never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.quantity import Quantity
from eclips4d.viewer.measuring.shapes import AreaShape, LineShape, Point

if TYPE_CHECKING:
    from eclips4d.metrology.profiles.wall import Wall

F64 = NDArray[np.float64]
Stretch: TypeAlias = tuple[Point, Point]
"""Two ends of a straight piece of a profile: distance and height each, nm."""


@dataclass(frozen=True, slots=True)
class Question:
    """Read this in that frame, or in the mean of `stack` frames up to it; `wall`: what was declared of steps."""

    shape: LineShape | AreaShape
    frame: int
    stack: int = 1
    wall: Wall | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """All that the window wants to know now.

    Attributes
    ----------
    reading : Question or None
    lines : tuple of LineShape
        Which are to be followed over time, the most urgent first.
    committed : int
        Frames that the window knows of: when there are more, it is worth looking again.
    live : bool
        The run goes on: its stages need the processor more than this thread does.
    """

    reading: Question | None = None
    lines: tuple[LineShape, ...] = ()
    committed: int = 0
    live: bool = False


@dataclass(frozen=True, slots=True)
class StepRead:
    """A step on a profile: where its middle is, and what it measures; as `metrology.profiles.step.StepReading`."""

    position_nm: Quantity
    height_nm: Quantity
    angle_deg: Quantity
    width_nm: Quantity
    rises: bool
    time_s: float
    wall_u_nm: float = 0.0
    wall_open: bool = False


@dataclass(frozen=True, slots=True)
class LineReading:
    """A line in one frame; `note` says why where nothing could be read."""

    question: Question
    time_s: float = float("nan")
    steps: tuple[StepRead, ...] = ()
    plateaus: tuple[Stretch, ...] = ()
    calibrated: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class FacetRead:
    """A flat part of an area: angle to the beam, direction on the screen in which it falls, share of the area."""

    tilt_deg: Quantity
    azimuth_deg: Quantity
    share: float
    bend_deg: float


@dataclass(frozen=True, slots=True)
class AreaReading:
    """An area in one frame.

    Attributes
    ----------
    question : Question
    time_s : float
        When its middle was seen.
    facets : tuple of FacetRead
        The largest first.
    between_deg : Quantity or None
        Angle between the largest two.
    height_nm : Quantity or None
        Mean height over that of the rest of the frame.
    sq_nm : Quantity or None
        Rms roughness about the area's own plane.
    sq_with_noise : bool
        The noise is still in it.
    note : str
        Why something is missing.
    """

    question: Question
    time_s: float = float("nan")
    facets: tuple[FacetRead, ...] = ()
    between_deg: Quantity | None = None
    height_nm: Quantity | None = None
    sq_nm: Quantity | None = None
    sq_with_noise: bool = False
    calibrated: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class TrackRead:
    """One step over time.

    Attributes
    ----------
    step_id : int
    time_s, position_nm, height_nm, height_u_nm, velocity_nm_s, velocity_u_nm_s : float64 [k]
        At each sight; velocities along the line.
    mean_nm_s : Quantity
        Velocity of a straight line through all sights.
    rises : bool
        Along the line.
    """

    step_id: int
    time_s: F64
    position_nm: F64
    height_nm: F64
    height_u_nm: F64
    velocity_nm_s: F64
    velocity_u_nm_s: F64
    mean_nm_s: Quantity
    rises: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class LineSeries:
    """A line over all frames so far.

    Attributes
    ----------
    line : LineShape
    frames : tuple of int
        That were read; of a long run every second, fourth, … one.
    image : uint8 [time, distance]
        Slope along the line, from -`reach` (0) to `reach` (254), 255 where nothing was seen; rows evenly spaced in
        time. The reach is that of the first frames and stays.
    reach : float
    span_s : (float, float)
        Times of the first and the last row's outer edges.
    length_nm, spacing_nm, frame_s : float
        Of the line; from sample to sample; from one frame that was read to the next.
    tracks : tuple of TrackRead
    linked : int
        Of `frames`, how many the tracks are made of.
    wanted : int
        How many frames there are to be read.
    every : int
        1 when all frames are read.
    note : str
    """

    line: LineShape
    frames: tuple[int, ...] = ()
    image: NDArray[np.uint8] | None = None
    reach: float = 0.0
    span_s: tuple[float, float] = (0.0, 1.0)
    length_nm: float = 0.0
    spacing_nm: float = 0.0
    frame_s: float = 0.0
    tracks: tuple[TrackRead, ...] = ()
    linked: int = 0
    wanted: int = 0
    every: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class CoreRead:
    """A spiral: its core in the last frame that was looked at, and what all of these frames say."""

    core_id: int
    x_nm: Quantity
    y_nm: Quantity
    sense: int
    arms: int
    spacing_nm: Quantity
    rotation_per_s: Quantity


@dataclass(frozen=True, slots=True)
class SpiralReading:
    """Spirals in frames `first` to `last`."""

    first: int
    last: int
    time_s: float
    cores: tuple[CoreRead, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything the thread knows by now.

    Attributes
    ----------
    readings : mapping of shape to LineReading or AreaReading
        The newest of each, some of the latest.
    series : mapping of LineShape to LineSeries
    spirals : SpiralReading or None
    busy : str
        What it does at this moment, in words; empty while it waits.
    said : str
        How the last task ended.
    failed : bool
        It ended badly.
    told : int
        How many tasks have ended.
    """

    readings: Mapping[LineShape | AreaShape, LineReading | AreaReading] = field(
        default_factory=lambda: MappingProxyType({})
    )
    series: Mapping[LineShape, LineSeries] = field(default_factory=lambda: MappingProxyType({}))
    spirals: SpiralReading | None = None
    busy: str = ""
    said: str = ""
    failed: bool = False
    told: int = 0
