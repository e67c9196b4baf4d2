"""The classical model: slopes in closed form, least-squares integration, and what the frame says against the surface.

Baseline, fallback and first guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Surface
from eclips4d.inference.closed_form import ClosedFormSlopes, closed_form_slopes
from eclips4d.inference.height_noise import HeightNoise, height_noise
from eclips4d.inference.integrate import integrate
from eclips4d.inference.trust.judge import Judge, judge_of

VERSION = "analytic-6"
"""Changes whenever the same frame and calibration would give other numbers."""


@dataclass(frozen=True)
class AnalyticModel:
    """Closed-form slopes, integrated by cosine transform; white noise tells the height's uncertainty.

    Calling it is pure: the same frame and calibration give the same bits in every process.
    """

    instrument: Instrument
    fingerprint: str
    slopes: ClosedFormSlopes
    judge: Judge
    _noise: dict[tuple[int, int], HeightNoise] = field(default_factory=dict, repr=False, compare=False)

    @property
    def engine(self) -> str:
        """No network, so no engine."""
        return "none"

    @property
    def pixels_alike(self) -> float:
        """Every pixel by itself."""
        return 1.0

    def __call__(self, data: RawArray, calibration: Calibration) -> Surface:
        """Invert one frame, `data[segment, y, x]`.

        Raises
        ------
        InputError
            Its number of segments is not the calibration's.
        """
        found = self.slopes(data, calibration)
        shape, pixel = found.slope_sd.shape, self.instrument.scan.pixel_size_xy_nm
        noise = self._noise.get(shape) or self._noise.setdefault(shape, height_noise(shape, pixel))
        surface = Surface(
            slope=found.slope,
            slope_sd=found.slope_sd,
            height=integrate(found.slope, pixel),
            height_sd=noise.of(found.slope_sd),
            residual=found.residual,
            trust=found.trust,
        )
        return self.judge(surface, data, calibration, found)


def analytic_model(instrument: Instrument) -> AnalyticModel:
    """The model for frames of this instrument."""
    slopes, judge = closed_form_slopes(instrument), judge_of(instrument)
    return AnalyticModel(instrument, f"{VERSION}-{instrument.fingerprint}", slopes, judge)
