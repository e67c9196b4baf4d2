"""The learned model: slopes in closed form, corrected by a network, then integrated with what another one proposes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.log import get_logger
from eclips4d.core.results import Surface
from eclips4d.inference.closed_form import ClosedForm, ClosedFormSlopes, closed_form_slopes
from eclips4d.inference.height_noise import HeightNoise, height_noise
from eclips4d.inference.integrate import integrate
from eclips4d.inference.integrator.pinn import Integrator
from eclips4d.inference.networks.anchored import anchored
from eclips4d.inference.networks.consistent import consistent
from eclips4d.inference.networks.features import conditions, padded, slope_features
from eclips4d.inference.networks.heads import SdFactors, corrected
from eclips4d.inference.networks.pair import NetworkPair
from eclips4d.inference.networks.shadows import Shadows, lit, shadows_of
from eclips4d.inference.networks.surroundings import Surroundings
from eclips4d.inference.networks.trust import corrected_trust
from eclips4d.inference.networks.uncertainty import ErrorSpectrum, height_sd, slope_errors
from eclips4d.inference.trust.judge import Judge, judge_of

F32 = NDArray[np.float32]

VERSION: Final = "networks-7"
"""Changes whenever the same frame, calibration and weights would give other numbers."""
SMALLEST_PX: Final = 3


@dataclass(frozen=True, slots=True)
class Read:
    """Slopes as the network has them, not yet integrated.

    Attributes
    ----------
    closed : ClosedForm
        What they were made of: without what shadows were taken to add.
    slope : float32 [2, y, x]
    slope_sd : float32 [y, x]
        As the network says it: what slopes weigh by.
    known : bool [y, x]
        False where the network gave no numbers.
    noise_unit : float
        Slope that the network counts as 1.
    feigned : float32 [2, y, x] or None
        What shadows were taken to add.
    """

    closed: ClosedForm
    slope: F32
    slope_sd: F32
    known: NDArray[np.bool_]
    noise_unit: float
    feigned: F32 | None


@dataclass(frozen=True)
class NetworkModel:
    """Corrections of the closed form by networks that know nothing of the instrument.

    Calling it is pure: the same frame and calibration give the same bits in every process of a machine. Not for two
    threads at once, as its networks are not.
    """

    instrument: Instrument
    networks: NetworkPair
    slopes: ClosedFormSlopes
    shadows: Shadows
    integrator: Integrator
    judge: Judge
    _noise: dict[tuple[int, int], HeightNoise] = field(default_factory=dict, repr=False, compare=False)

    @property
    def fingerprint(self) -> str:
        """Of weights, engine, precision and instrument."""
        return f"{VERSION}-{self.networks.fingerprint}-{self.instrument.fingerprint}"

    @property
    def engine(self) -> str:
        """What computes it and in which precision."""
        return self.networks.engine

    @property
    def pixels_alike(self) -> float:
        """How many pixels share one slope error, as the card says; 1 where it does not."""
        return self.networks.slopes_card.coverage.get("pixels_alike", 1.0)

    def __call__(self, data: RawArray, calibration: Calibration) -> Surface:
        """Invert one frame, `data[segment, y, x]`.

        Raises
        ------
        InputError
            Its number of segments is not the calibration's, or it is smaller than 3 × 3 pixels.
        """
        found = self.read(data, calibration)
        surface = self.surface(found, calibration)
        # The judge counts what a network filtered away by what it says itself.
        said = replace(surface, slope_sd=found.slope_sd)
        return replace(self.judge(said, data, calibration, found.closed), slope_sd=surface.slope_sd)

    def surface(self, found: Read, calibration: Calibration) -> Surface:
        """Integrate what was read; not yet held against the frame."""
        closed, slope, slope_sd = found.closed, found.slope, found.slope_sd
        pixel, correlation = self.instrument.scan.pixel_size_xy_nm, self.slopes.correlation_px(calibration)
        # Not with the integrator's height: it may put up walls that no pixel's mean slope shows.
        even = consistent(slope, slope_sd, self.integrator.plain(slope), pixel)
        stated = self._stated(even, found, calibration.lag_memory)
        spectrum = ErrorSpectrum.of(self.networks.slopes_card.coverage)
        errors = slope_errors(closed.slope_sd, stated, spectrum, correlation)
        return Surface(
            slope=even,
            slope_sd=stated,
            height=self._height(slope, slope_sd),
            height_sd=height_sd(errors, self._noise_of(slope_sd), pixel),
            residual=closed.residual,
            trust=corrected_trust(closed, slope_sd, found.known),
        )

    def read(self, data: RawArray, calibration: Calibration) -> Read:
        """Slopes of one frame, as they are integrated; parameters and errors as of a call."""
        if min(data.shape[1:], default=0) < SMALLEST_PX:
            raise InputError(f"networks need {SMALLEST_PX} × {SMALLEST_PX} pixels, not {data.shape}")
        measured = self.slopes(data, calibration)
        feigned = self.shadows(measured, calibration)
        closed = lit(measured, feigned)
        blocks = self.networks.slopes.blocks(padded(closed.slope_sd.shape))
        seen = slope_features(closed, conditions(self.slopes, calibration), feigned, blocks)
        factors = SdFactors.of(self.networks.slopes_card.coverage)
        found = corrected(closed, seen, self.networks.slopes(seen.planes), factors, feigned)
        slope = anchored(found.slope, closed.slope, closed.slope_sd, out=found.slope)
        return Read(closed, slope, found.slope_sd, found.known, seen.noise_unit, feigned)

    def _stated(self, slope: F32, found: Read, lag_memory: float) -> F32:
        """The sd of the slopes that are given out."""
        table = self.networks.slopes_card.surroundings
        if table is None:
            return found.slope_sd
        stated = Surroundings.of(table).stated(slope, found.slope_sd, found.noise_unit, lag_memory)
        return np.where(found.known, stated, found.slope_sd) if not found.known.all() else stated

    def _height(self, slope: F32, slope_sd: F32) -> F32:
        """By the integrator; by plain least squares where its network's numbers are no numbers."""
        height = self.integrator(slope, slope_sd)
        if np.isfinite(height).all():
            return height
        get_logger().warning("the integrator's network gave no numbers: plain least squares for this frame")
        return integrate(slope, self.instrument.scan.pixel_size_xy_nm)

    def _noise_of(self, plane: F32) -> HeightNoise:
        shape = (plane.shape[0], plane.shape[1])
        known = self._noise.get(shape)
        return known or self._noise.setdefault(shape, height_noise(shape, self.instrument.scan.pixel_size_xy_nm))


def network_model(instrument: Instrument, networks: NetworkPair) -> NetworkModel:
    """The model for frames of this instrument."""
    iterations = 0 if networks.integrator_card is None else networks.integrator_card.iterations or 0
    integrator = Integrator(instrument.scan.pixel_size_xy_nm, networks.integrator, iterations, walls=False)
    slopes = closed_form_slopes(instrument, without_lag=True, fill_clipped=True)
    return NetworkModel(instrument, networks, slopes, shadows_of(instrument), integrator, judge_of(instrument))
