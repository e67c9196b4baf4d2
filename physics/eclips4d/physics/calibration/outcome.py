"""From a fit to an instrument description: what is written, how sure it is, and what the artefact cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration_settings import CalibrationSettings
from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.fit import Fit
from eclips4d.physics.calibration.parameters import from_vector
from eclips4d.physics.detector import kappa, segment_response

F64 = NDArray[np.float64]

TILTS_DEG = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0)
_OPEN = 0.5
"""Posterior over prior sd from which a number counts as not fixed by the artefact."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard uncertainties that follow from a fit's covariance.

    Attributes
    ----------
    azimuth_deg, gain, dark : float64 [n]
        Gain relative to the mean one; dark level in digital units.
    kappa : float64 [tilts]
        Relative, of contrast times gain: what the slope scale depends on.
    dark_shift : float
        Common part of the dark level's uncertainty over the signal above dark.
    """

    azimuth_deg: F64
    gain: F64
    dark: F64
    kappa: F64
    dark_shift: float


def spread(fit: Fit) -> Spread:
    """Propagate the covariance by central differences."""
    tilts = np.radians(TILTS_DEG)
    n = len(fit.parameters.level)

    def derived(vector: F64) -> F64:
        p = from_vector(vector)
        strength = np.log(np.mean(p.gain / p.level)) + np.log(p.law(tilts))
        return np.concatenate(
            [np.degrees(p.turn), p.gain / p.gain.mean(), p.dark, strength, [np.log(np.mean(p.gain / p.level))]]
        )

    sd = propagated(fit, derived)
    return Spread(sd[:n], sd[n : 2 * n], sd[2 * n : 3 * n], sd[3 * n : -1], float(sd[-1]))


def propagated(fit: Fit, derived: object) -> F64:
    """Standard deviations of what `derived` makes of the parameter vector."""
    assert callable(derived)
    at = fit.parameters.vector()
    # Together with the segments' own parts the common rotation is redundant; their sum is what counts.
    step = np.minimum(1e-4, 0.1 * fit.prior.sd)
    columns = [(derived(at + d) - derived(at - d)) / (2.0 * s) for d, s in zip(np.diag(step), step, strict=True)]
    jacobian = np.column_stack(columns)
    return np.asarray(np.sqrt(np.maximum(np.einsum("ip,pq,iq->i", jacobian, fit.covariance, jacobian), 0.0)))


def settings(fit: Fit, instrument: Instrument, artefact: str, artefact_u: float) -> CalibrationSettings:
    """The `[calibration]` section.

    Parameters
    ----------
    instrument
        As the file describes it: azimuths, and the geometry that Lambert's contrast is calculated from.
    artefact_u
        Relative uncertainty of the artefact's own slopes.
    """
    p, sd = fit.parameters, spread(fit)
    lowest, highest = tilt_range_deg(fit)
    contrast = kappa(instrument) * p.law(np.radians(TILTS_DEG))
    relative = np.hypot(sd.kappa, artefact_u)
    within = [u for t, u in zip(TILTS_DEG, relative, strict=True) if lowest - 2.5 <= t <= highest + 2.5]
    return CalibrationSettings(
        artefact=artefact,
        tilt_deg=TILTS_DEG,
        kappa=_rounded(contrast),
        kappa_u=_rounded(contrast * relative),
        tilt_range_deg=(round(lowest, 2), round(highest, 2)),
        scale_u=float(f"{max(within, default=float(relative[0])):.3g}"),
        second=_rounded(p.harmonics.second_at(np.radians(TILTS_DEG))),
        third=float(f"{p.harmonics.third:.4g}"),
        flat_adu=_rounded(p.level),
        azimuths_u_deg=_rounded(sd.azimuth_deg),
        gain_u=_rounded(sd.gain),
        offset_u_adu=_rounded(sd.dark),
        mean_tilt_deg=_pair(np.degrees(np.arctan(p.axis))),
        not_fixed=tuple(not_fixed(fit, sd)),
        valid=instrument.valid_for(),
    )


def calibrated_instrument(fit: Fit, instrument: Instrument, section: CalibrationSettings) -> Instrument:
    """The description with the fit's gains, dark levels and azimuths in `[detector]`."""
    p, detector = fit.parameters, instrument.detector
    turned = np.mod(np.asarray(detector.azimuths_deg) + np.degrees(p.turn), 360.0)
    flat = _relative_flat(instrument)
    gain = p.gain / flat / np.mean(p.gain / flat)
    update = {"azimuths_deg": _rounded(turned), "gain": _rounded(gain), "offset_adu": _rounded(p.dark)}
    scan = instrument.scan.model_copy(update={"frame_times_s": None})
    return instrument.model_copy(
        update={"detector": detector.model_copy(update=update), "scan": scan, "calibration": section}
    )


def tilt_range_deg(fit: Fit) -> tuple[float, float]:
    """Tilts of the artefact's places that say something of the contrast, 5th to 99th percentile by pixels."""
    tilt = np.degrees(fit.cells.tilt)
    steep = tilt > 0.5
    if not steep.any():
        return 0.0, 0.0
    order = np.argsort(tilt[steep])
    share = np.cumsum(fit.cells.pixels[steep][order]) / fit.cells.pixels[steep].sum()
    low, high = np.searchsorted(share, (0.05, 0.99))
    sorted_tilt = tilt[steep][order]
    return float(sorted_tilt[low]), float(sorted_tilt[min(high, len(order) - 1)])


def not_fixed(fit: Fit, sd: Spread) -> list[str]:
    """What this artefact cannot tell, in words, from the covariance after against before."""
    words = []
    low, high = tilt_range_deg(fit)
    said = f"at {high:.0f} degrees" if high - low < 3.0 else f"from {low:.0f} to {high:.0f} degrees"
    prior_u = float(np.sqrt(np.mean(fit.prior.sd[len(sd.gain) : 2 * len(sd.gain)] ** 2)))
    if sd.dark_shift > 0.02:
        words.append(
            f"contrast times gain is fixed {said} only, contrast and dark level each on its own are not: a dark level "
            "lower by 1 % of the signal goes with a contrast lower by about 1 % and gives the same slopes; the dark "
            f"level is open by {100 * sd.dark_shift:.2g} % of the signal above it"
            + (" (stated beforehand as well as that)" if sd.dark_shift > _OPEN * prior_u else "")
        )
    n = len(sd.gain)
    bend = 3 * n + 1
    if np.sqrt(fit.covariance[bend, bend]) > _OPEN * fit.prior.sd[bend]:
        words.append(
            f"how contrast changes with tilt is not seen: elsewhere than {said} it follows the "
            f"shape that emission lobes of metals have, ± {100 * sd.kappa[9]:.0f} % at 45 degrees"
        )
    elif high < 40.0:
        words.append(f"contrast beyond {high:.0f} degrees is carried on by the law, ± {100 * sd.kappa[9]:.0f} % at 45")
    axis = np.sqrt(np.diag(fit.covariance))[-3:-1]
    known = fit.prior.sd[-3:-1]
    if known[0] > 1e-6 and (axis > _OPEN * known).any():
        words.append("the tilt of the artefact's axis is hardly told from unequal gains")
    return words


def _relative_flat(instrument: Instrument) -> F64:
    flat = segment_response(instrument).flat
    return np.asarray(flat / flat.mean())


def _rounded(values: F64) -> tuple[float, ...]:
    return tuple(float(f"{v:.6g}") for v in values)


def _pair(values: F64) -> tuple[float, float] | None:
    return None if not np.any(np.abs(values) > 1e-6) else (float(f"{values[0]:.3g}"), float(f"{values[1]:.3g}"))
