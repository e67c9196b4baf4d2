"""What a window shows: plain values that a thread read from a store; nothing in here is ever changed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.core.results import FloatArray, Status
from eclips4d.metrology.change import HeightChange
from eclips4d.metrology.datum import DatumSeries
from eclips4d.metrology.drift import DriftSeries
from eclips4d.viewer.drift import DriftCurves
from eclips4d.viewer.events import Event
from eclips4d.viewer.latency import Latency, Reach
from eclips4d.viewer.scan_image import ScanImage
from eclips4d.viewer.side_values import SideValues
from eclips4d.viewer.stack_words import StackShown

Levels: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where pixels lie: spacing (x, y) and centre of the first pixel (x, y), nm; shape (rows, columns)."""

    pixel_size_nm: tuple[float, float]
    shape: tuple[int, int]
    origin_nm: tuple[float, float] = (0.0, 0.0)

    @property
    def rectangle_nm(self) -> tuple[float, float, float, float]:
        """Left, top, width, height of the outline of all pixels, y downwards."""
        (dx, dy), (rows, columns), (x0, y0) = self.pixel_size_nm, self.shape, self.origin_nm
        return x0 - dx / 2, y0 - dy / 2, columns * dx, rows * dy

    def pixel_at(self, x_nm: float, y_nm: float) -> tuple[int, int]:
        """Row and column of the pixel at a place; beyond the image they go on."""
        (dx, dy), (x0, y0) = self.pixel_size_nm, self.origin_nm
        return math.floor((y_nm - y0) / dy + 0.5), math.floor((x_nm - x0) / dx + 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class RunState:
    """How far the run is.

    Attributes
    ----------
    committed, recorded : int
        Frames with results settled; frames whose raw is durable.
    total : int or None
        Frames there will be, when somebody knows.
    ended : bool
        Nothing more will come.
    changed_s : float
        When the store last changed, seconds since the epoch.
    time_s : float64 [recorded]
        Start of every frame.
    frame_id : int64 [recorded]
        The hardware's numbers.
    status : int [committed]
        Bits of `eclips4d.core.results.Status`.
    free_bytes : int or None
        Room left on the store's disk.
    calibrated : bool
        False when nominal detector radii were used: shapes are right, the scale of the heights is not known.
    scale_u : float
        Relative standard uncertainty of slopes and heights that all pixels share.
    drift : DriftSeries or None
        Of the committed frames; None where the store does not tell it.
    drift_curves : DriftCurves or None
        The same for a plot; None while no frame has a drift.
    datum : DatumSeries or None
        Of the committed frames; None where the store does not tell it.
    stack : int
        Frames that a look at the run averages unless it is told otherwise.
    run_id : str
        Empty where nobody tells.
    reaches : tuple
        Of a run that has ended: how long frames took to each step.
    """

    committed: int
    recorded: int
    total: int | None
    ended: bool
    changed_s: float
    time_s: NDArray[np.float64]
    frame_id: NDArray[np.int64]
    status: NDArray[np.int64]
    free_bytes: int | None = None
    calibrated: bool = True
    scale_u: float = 0.0
    drift: DriftSeries | None = None
    drift_curves: DriftCurves | None = None
    datum: DatumSeries | None = None
    stack: int = 1
    run_id: str = ""
    reaches: tuple[tuple[str, Reach], ...] = ()

    def with_status(self, bit: Status, start: int = 0, stop: int | None = None) -> int:
        """How many frames in [start, stop) carry a bit."""
        return int(np.count_nonzero(self.status[start:stop] & int(bit)))

    @property
    def known_scale_u(self) -> float:
        """As `scale_u`; infinite while the scale is not calibrated."""
        return self.scale_u if self.calibrated else np.inf

    @property
    def newest_done(self) -> int | None:
        """The newest frame that has a surface."""
        done = np.flatnonzero(self.status & int(Status.DONE))
        return int(done[-1]) if done.size else None

    def why_missing(self, sequence: int) -> str:
        """Why a frame has no surface, in words; empty when it has one."""
        if sequence >= self.committed:
            return "not inferred yet"
        bits = Status(int(self.status[sequence]))
        reasons = {
            Status.GAP: "gap: the frame was not recorded",
            Status.QUARANTINED: "quarantined: it could not be inverted",
            Status.DEFERRED: "deferred: inferred once the source has ended",
            Status.DUPLICATE: "a duplicate, dropped",
        }
        if bits & Status.DONE:
            return ""
        return next((text for bit, text in reasons.items() if bits & bit), "no surface")


@dataclass(frozen=True, slots=True)
class Segments:
    """Names of the segments and, when known, their azimuths on the screen in degrees."""

    names: tuple[str, ...]
    azimuths_deg: tuple[float, ...] = ()

    def label(self, k: int) -> str:
        """Name and azimuth of one segment."""
        return f"{self.names[k]}  {self.azimuths_deg[k]:.0f}°" if self.azimuths_deg else self.names[k]


@dataclass(frozen=True, slots=True, eq=False)
class RawImage:
    """The segments of one frame as recorded; `data` is [segment, y, x]."""

    sequence: int
    data: RawArray | FloatArray
    halved: int = 0
    """How often; means of the pixels as recorded then."""


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceImage:
    """The surface of one frame; what the store does not keep is None."""

    sequence: int
    height: FloatArray | None
    height_sd: FloatArray | None
    slope: FloatArray | None
    stack: StackShown | None = None
    """Of which frames it is the mean; None for the frame itself."""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from every other surface of the run."""
        return (self.sequence, None if self.stack is None else (self.stack.asked, self.stack.members))


def why_empty(name: str, plane: FloatArray | None) -> str:
    """What to say in place of a plane that shows nothing; empty when it shows something."""
    if plane is None:
        return f"no {name} in this store"
    # The middle is seldom unseen, and looking at every pixel takes a while.
    seen = bool(np.isfinite(plane.flat[plane.size // 2])) or bool(np.isfinite(plane).any())
    return "" if seen else f"{name} missing: no pixel of this frame has a value"


@dataclass(frozen=True, slots=True)
class Scales:
    """What colours mean: raw levels per segment (adu), levels of height and of its change (nm), slope angle at the
    wheel's rim (degrees).
    """

    raw: tuple[Levels, ...] = ()
    height: Levels | None = None
    slope_deg: float | None = None
    change: Levels | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """Images ready for the screen, uint8: raw [segment, y, x], height [y, x, rgb] and slope [y, x, rgb].

    They may be smaller than the grid; their pixels then stand for several.
    """

    raw: tuple[NDArray[np.uint8], ...] = ()
    height: NDArray[np.uint8] | None = None
    slope: NDArray[np.uint8] | None = None
    height_outside: float = 0.0
    """Share of the height's pixels beyond its levels."""


@dataclass(frozen=True, slots=True, eq=False)
class ChangeImage:
    """Change of height of one frame since its reference frame, as [y, x, rgb].

    Without `change` nothing is shown: `note` says why, `unobservable` whether because nobody can know.
    """

    sequence: int
    change: HeightChange | None = None
    note: str = ""
    unobservable: bool = False
    levels: Levels | None = None
    painted: NDArray[np.uint8] | None = None
    outside: float = 0.0
    """Share of the pixels beyond the levels."""


@dataclass(frozen=True, slots=True)
class DoubtAsked:
    """A map of `eclips4d.viewer.doubt.DOUBTS`, with levels; found from the frame where there are none."""

    name: str
    levels: Levels | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DoubtImage:
    """How sure a surface is, as [y, x, rgb]; without `values` nothing is shown and `note` says why."""

    asked: DoubtAsked
    surface: SurfaceImage
    values: FloatArray | None = None
    levels: Levels | None = None
    painted: NDArray[np.uint8] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReliefAsked:
    """The surface in three dimensions: how many times heights are stretched (0: so that they can be seen), and what
    its colours tell: `height`, `slope` or `trust`.
    """

    stretch: float = 0.0
    colour: str = "height"


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """A surface as triangles.

    Attributes
    ----------
    vertices : float32 [n, 3]
        x to the right, y away from the viewer, height upwards and stretched; nm, the middle of the field at 0.
    faces : uint32 [m, 3]
        Of pixels that have a height.
    colours : float32 [n, 4]
        Lit.
    stretch : float
        1 is true.
    size_nm : (float, float)
        Width and depth of the field.
    step_px : int
        Pixels along either axis that became one vertex.
    """

    asked: ReliefAsked
    surface: SurfaceImage
    vertices: NDArray[np.float32]
    faces: NDArray[np.uint32]
    colours: NDArray[np.float32]
    stretch: float
    size_nm: tuple[float, float]
    reach_nm: tuple[float, float]
    """Lowest and highest of the heights shown."""
    step_px: int
    levels: Levels | None


@dataclass(frozen=True, slots=True)
class Detail:
    """How often images are halved before they are painted: what a screen has no pixels for is not painted.

    Values, such as heights along a line, are never halved.
    """

    raw: int = 0
    surface: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the window asks for: a frame, or the newest (`sequence` None), and the scales to paint it with.

    Scales that are missing are found from the frame itself. `change` asks for the change of height, too;
    `stack` for the mean of so many frames, None for as many as the run was begun with; `doubt` and `relief` ask for
    what those panels show; `detail` says how small images may be painted.
    """

    sequence: int | None = None
    scales: Scales = field(default_factory=Scales)
    change: bool = False
    stack: int | None = None
    doubt: DoubtAsked | None = None
    relief: ReliefAsked | None = None
    detail: Detail = Detail()
    columns: frozenset[str] = frozenset()
    """Panels in sight that show columns of the store; see `eclips4d.viewer.columns`."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The answer. Without a store there is no `state`; `note` says why a surface or everything is missing."""

    wanted: Wanted
    state: RunState | None = None
    grid: Grid | None = None
    raw_grid: Grid | None = None
    segments: Segments = field(default_factory=lambda: Segments(()))
    raw: RawImage | None = None
    surface: SurfaceImage | None = None
    scales: Scales = field(default_factory=Scales)
    painted: Painted = field(default_factory=Painted)
    note: str = ""
    trouble: str = ""
    change: ChangeImage | None = None
    events: tuple[Event, ...] = ()
    """What happened so far, oldest first."""
    doubt: DoubtImage | None = None
    relief: Relief | None = None
    side: SideValues | None = None
    latency: Latency | None = None
    scan: ScanImage | None = None
    """The frame that is being scanned, where the newest frame is wanted."""
    coarse: int = 0
    """How often its maps were halved on their way over a slow network; each value then stands for several pixels."""
