"""What may stand in `sim://SCENE?…`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PositiveFloat, PositiveInt, model_validator

from eclips4d.acquisition.fault_plan import OUTAGES, FaultPlan, parse_faults
from eclips4d.acquisition.sim_effects import parse_effects
from eclips4d.core.settings import Settings

SCAN_SHARE = 0.96
"""Of the frame period that is spent scanning when no dwell time is given; the rest is fly-back."""
DEFAULT_FPS = 2.0
MOST_FPS = 1000.0
LEAST_FPS = 1e-6
MOST_PIXELS_ALONG = 8192
LEAST_DOSE, MOST_DOSE = 1e-3, 1e9
"""Electrons per pixel and segment: darker is nothing, brighter is beyond what can be counted at random."""
LONGEST_OUTAGE_FRAMES = 5000
"""More lost in a row would be taken for a new start of the hardware's counter."""


def _columns_rows(value: object) -> object:
    """`640x480` or `512`."""
    words = str(value).lower().replace("×", "x").split("x") if isinstance(value, (str, int)) else []
    if words and len(words) <= 2 and all(word.strip().isdigit() for word in words):
        return int(words[0]), int(words[-1])
    if isinstance(value, str):
        raise ValueError(f"{value!r} is not COLUMNSxROWS, such as 640x480, or one whole number for both")
    return value


def _pair(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.count(",") != 1:
        raise ValueError(f"{value!r} is not X,Y")
    return tuple(value.split(","))


def _plan(value: object) -> object:
    return parse_faults(value) if isinstance(value, str) else value


def _effects(words: str) -> str:
    parse_effects(words)
    return words


Along = Annotated[int, Field(ge=8, le=MOST_PIXELS_ALONG)]
# Wider than any instrument, narrow enough for what is computed from them to stay finite.
Length = Annotated[float, Field(ge=0.01, le=1000.0)]
Aside = Annotated[float, Field(ge=-100.0, le=100.0)]


class SimSettings(Settings):
    """Parameters of `sim://SCENE?…`; those of the scene itself come in addition."""

    size: Annotated[tuple[Along, Along], BeforeValidator(_columns_rows)] = (512, 512)
    """Columns x rows, such as 640x480; one number stands for both."""
    fps: Annotated[float, Field(ge=LEAST_FPS, le=MOST_FPS)] | None = None
    """Frames per second; as many as the dwell time allows when only that is given, else 2."""
    dwell_us: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Time per pixel, us; when absent, 96 % of the frame period are spent scanning."""
    frames: PositiveInt | None = None
    """How many; without end when absent."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Of surface, drift, gains, noise and faults: same seed, same bytes."""
    dose: Annotated[float, Field(ge=LEAST_DOSE, le=MOST_DOSE)] | None = None
    """Electrons counted on a flat area, per pixel and segment; 1500 when neither dose nor current is given."""
    current_na: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Beam current, instead of the dose."""
    segments: Annotated[int, Field(ge=3, le=16)] = 4
    """Detector segments."""
    pixel_nm: Annotated[float, Field(ge=1e-3, le=1e5)] = 4.0
    """Pixel size, nm."""
    rotation_deg: Annotated[float, Field(ge=-360, le=360)] = 0.0
    """Scan rotation."""
    drift_px: Annotated[float, Field(ge=0, le=20)] = 0.4
    """Typical drift from one frame to the next, per axis."""
    switch_s: PositiveFloat = 12.0
    """Period of the gas switching, s."""
    blanked: Annotated[int, Field(ge=0, le=65536)] = 0
    """Samples of each frame with the beam blanked; their means are the side values `dark_A`, …; 0 for none."""
    calibrated: bool = True
    """Whether the instrument file tells gains and dark levels."""
    energy_kev: Annotated[float, Field(ge=0.5, le=50)] = 10.0
    """Energy of the beam."""
    distance_mm: Length = 6.0
    """From the specimen to the detector plane."""
    inner_mm: Annotated[float, Field(ge=0, le=1000)] = 1.75
    """Inner radius of the detector."""
    outer_mm: Length = 7.0
    """Outer radius of the detector."""
    gap_mm: Annotated[float, Field(ge=0)] = 0.3
    """Insulating gap between segments."""
    offset_mm: Annotated[tuple[Aside, Aside], BeforeValidator(_pair)] = (0.0, 0.0)
    """Centre of the detector relative to the beam's axis: X,Y, to the right and up."""
    detector_v: Annotated[float, Field(ge=-5000, le=5000)] = 0.0
    """Potential of the detector against the specimen; the field bends the electrons' paths."""
    dead_layer_kev: Annotated[float, Field(ge=0, le=30)] | None = None
    """Signals grow with energy above this one; when absent electrons are counted. Needs a material's law."""
    emission: str = "lambert"
    """How the specimen emits: `lambert` (with copper's yield over tilt), or a material's own law from Monte Carlo."""
    supersample: Annotated[int, Field(ge=1, le=8)] = 1
    """Sub-pixels per pixel and axis; walls narrower than a pixel need more than one."""
    azimuths: Annotated[int, Field(ge=8, le=512)] = 64
    """Directions in which the horizon is followed."""
    occlusion: bool = True
    """Whether parts of the surface hide the detector from others."""
    effects: Annotated[str, AfterValidator(_effects)] = "none"
    """What the instrument adds: `none`, `typical` or `all`, then NAME at its typical size or NAME:VALUE, separated by
    commas."""
    faults: Annotated[FaultPlan, BeforeValidator(_plan)] = FaultPlan()
    """What goes wrong: KIND:PROBABILITY (lost, duplicate, late, corrupt), KIND:FRAMES@FRAME of the same, or
    stall:SECONDS@FRAME and reconnect:SECONDS@FRAME, separated by commas."""
    render: Literal["auto", "live", "ahead"] = "auto"
    """`live` renders each frame when it is due; `ahead` renders all before the clock starts; `auto` renders ahead what
    cannot be rendered in time."""

    @property
    def columns(self) -> int:
        """Pixels along x."""
        return self.size[0]

    @property
    def rows(self) -> int:
        """Pixels along y."""
        return self.size[1]

    @property
    def frames_per_s(self) -> float:
        """As asked for, or as fast as the dwell time allows."""
        if self.fps is not None:
            return self.fps
        return DEFAULT_FPS if self.dwell_us is None else SCAN_SHARE / (self.dwell_us * 1e-6 * self.columns * self.rows)

    @property
    def line_time_s(self) -> float:
        """From row to row."""
        if self.dwell_us is not None:
            return self.dwell_us * 1e-6 * self.columns
        return SCAN_SHARE / self.frames_per_s / self.rows

    @property
    def scan_share(self) -> float:
        """Of the frame period that is spent scanning."""
        return self.line_time_s * self.rows * self.frames_per_s

    @model_validator(mode="after")
    def _times_fit(self) -> SimSettings:
        if not 0.0 < self.frames_per_s <= MOST_FPS:
            raise ValueError(f"dwell_us makes {self.frames_per_s:.3g} frames/s, above {MOST_FPS:g}: give fps too")
        if self.scan_share > 1.0:
            scan_s, period_s = self.line_time_s * self.rows, 1.0 / self.frames_per_s
            raise ValueError(f"dwell_us makes a scan of {scan_s:.3g} s, but fps asks for one every {period_s:.3g} s")
        return self

    @model_validator(mode="after")
    def _faults_fit(self) -> SimSettings:
        for kind, amount, frame in self.faults.planned:
            if self.frames is not None and frame >= self.frames:
                raise ValueError(f"faults: {kind} is planned at frame {frame}, the last is {self.frames - 1}")
            if kind in OUTAGES and amount * self.frames_per_s > LONGEST_OUTAGE_FRAMES:
                raise ValueError(f"faults: {kind} of {amount:g} s is longer than {LONGEST_OUTAGE_FRAMES} frames")
        return self

    @model_validator(mode="after")
    def _one_dose(self) -> SimSettings:
        if self.dose is not None and self.current_na is not None:
            raise ValueError("dose and current_na say the same thing: give one of them")
        return self

    @model_validator(mode="after")
    def _detector_fits(self) -> SimSettings:
        if self.outer_mm <= self.inner_mm:
            raise ValueError("outer_mm must exceed inner_mm")
        return self
