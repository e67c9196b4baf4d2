"""A calibration against an older one: every number's change in units of its uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from eclips4d.core.calibration_settings import CalibrationSettings
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument

LIMIT = 3.0
"""Standard deviations from which a change is out of limits."""
_LEAST_U = {"azimuth": 0.05, "gain": 1e-3, "scale": 1e-3}
"""No refit is more repeatable than this: degrees, relative, relative."""
_FLAT_U = 2e-3
"""Repeatability of a flat signal over the mean of all segments: it shows a gain or dark level that drifts first."""


@dataclass(frozen=True, slots=True)
class Change:
    """One number now and before, and their standard uncertainties."""

    name: str
    now: float
    now_u: float
    before: float
    before_u: float

    @property
    def z(self) -> float:
        """Change over its uncertainty."""
        return (self.now - self.before) / float(np.hypot(self.now_u, self.before_u))

    @property
    def within(self) -> bool:
        """Whether it is in the limits."""
        return abs(self.z) <= LIMIT


def changes(now: Instrument, before: Instrument, names: tuple[str, ...]) -> list[Change]:
    """Azimuths, gains, dark levels and the contrast of the raw signal, segment by segment.

    Contrast and dark level are compared as the one product that an artefact of a single tilt fixes too: the change of
    a segment's raw signal per unit slope over the signal of a flat spot. Flat signals over their mean tell a drifting
    gain or dark level sooner than any of them, being free of the artefact's own uncertainty.

    Parameters
    ----------
    names
        Of the segments.

    Raises
    ------
    InputError
        The older file is of another detector, or holds no calibration by an artefact with a relief.
    """
    new, old = now.calibration, before.calibration
    if old is None or not old.kappa or old.flat_adu is None:
        raise InputError("the older file holds no calibration to compare with", cure="give a FILE.toml of calibrate")
    if new is None or not new.kappa or now.segments != before.segments:
        raise InputError("the two calibrations are not of the same kind of artefact or detector")
    found = []
    for name, values, sds, least in (
        ("azimuth", "azimuths_deg", "azimuths_u_deg", _LEAST_U["azimuth"]),
        ("gain", "gain", "gain_u", _LEAST_U["gain"]),
        ("dark level", "offset_adu", "offset_u_adu", 1.0),
    ):
        ours, theirs = getattr(now.detector, values), getattr(before.detector, values)
        ours_u, theirs_u = getattr(new, sds), getattr(old, sds)
        if None in (ours, theirs, ours_u, theirs_u):
            continue
        for k, segment in enumerate(names):
            turned = _turned(ours[k], theirs[k]) if name == "azimuth" else ours[k]
            found.append(Change(f"{name} {segment}", turned, max(ours_u[k], least), theirs[k], max(theirs_u[k], least)))
    return [*found, *_strengths(now, before, new, old, names)]


def _strengths(
    now: Instrument, before: Instrument, new: CalibrationSettings, old: CalibrationSettings, names: tuple[str, ...]
) -> Iterator[Change]:
    """Contrast of the raw signal in the middle of the artefact's tilts, and flat signals over their mean."""
    low, high = new.tilt_range_deg or (0.0, 0.0)
    middle = (low + high) / 2.0
    for k, segment in enumerate(names):
        values = []
        for instrument, section in ((now, new), (before, old)):
            flat, dark = (section.flat_adu or ())[k], (instrument.detector.offset_adu or ())[k]
            strength = float(np.interp(middle, section.tilt_deg, section.kappa)) * (flat - dark) / flat
            values += [strength, strength * max(section.scale_u, _LEAST_U["scale"])]
        yield Change(f"contrast of raw signal {segment}", *values)
        shares = [(section.flat_adu or ())[k] / float(np.mean(section.flat_adu or (1.0,))) for section in (new, old)]
        yield Change(f"flat signal over mean {segment}", shares[0], _FLAT_U, shares[1], _FLAT_U)


def _turned(angle: float, reference: float) -> float:
    """The same angle within half a turn of the reference."""
    return reference + (angle - reference + 180.0) % 360.0 - 180.0
