"""A calibration snapshot: how a segment's signal depends on the slope, frozen from one frame on.

Snapshots are immutable; a better estimate is a new snapshot. Estimating one is the business of `eclips4d.inference`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
import xxhash

from eclips4d.core.gas_dilution import GasDilution

OffsetSource: TypeAlias = Literal["given", "measured", "dose", "noise", "assumed"]


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What inverting a frame needs besides its pixels.

    The signal of segment k is `offset_adu[k] + gain[k] · u · (flat[k] − contrast[k]·(dh/dx, dh/dy))`, u being the
    unknown local yield (Lambert's law, no occlusion).

    Attributes
    ----------
    gain, offset_adu : tuple of float
        Per segment. `gain_estimated`, `offset_estimated` say that they were not given.
    offset_source : str
        Where the dark level is from: `given` in the instrument file, `measured` with the beam blanked, the stated
        `dose` (with the noise where that agrees), the `noise` alone, or `assumed` to be zero.
    noise_slope_adu, noise_floor_adu2 : tuple of float
        Variance of segment k = `noise_floor_adu2[k] + noise_slope_adu[k] · (signal − offset)`, adu².
    noise_correlation_px : float
        Correlation length of the noise along x: the effective number of pixels that share one value.
    lag_memory : float
        Share of a pixel's signal that the amplifier hands on to the next along x; 0 without a lag.
    flat : tuple of float
        Solid-angle weight of each segment on a flat specimen, at the field's centre.
    contrast : tuple of (float, float)
        Its change with dh/dx and dh/dy (array axes), at the field's centre and small slopes.
    contrast_tilt_deg, contrast_ratio : tuple of float
        Contrast at these tilts over that at small slopes; linear in between, constant beyond the last. Empty where
        it is the same at all tilts, as by Lambert's law.
    second_harmonic : tuple of float
        At the tilts of `contrast_tilt_deg`: change of segment k's signal over the flat one by
        `second·slope²·cos 2(azimuth − azimuth_k)`.
    third_harmonic : float
        The same with slope³ and cos 3(…), at all tilts.
    kappa_u : float
        Relative standard uncertainty of the slope scale, fully correlated over the image.
    calibrated : bool
        False when neither an artefact has fixed the contrast nor the detector's radii were known.
    artefact : str
        What has fixed the contrast; empty where it is calculated.
    gas : GasDilution, optional
        How the contrast depends on the gas; None where that is not known.
    valid_from : int
        Sequence of the first frame it holds for.
    """

    gain: tuple[float, ...]
    offset_adu: tuple[float, ...]
    noise_slope_adu: tuple[float, ...]
    noise_floor_adu2: tuple[float, ...]
    flat: tuple[float, ...]
    contrast: tuple[tuple[float, float], ...]
    contrast_tilt_deg: tuple[float, ...] = ()
    contrast_ratio: tuple[float, ...] = ()
    second_harmonic: tuple[float, ...] = ()
    third_harmonic: float = 0.0
    noise_correlation_px: float = 1.0
    lag_memory: float = 0.0
    gain_estimated: bool = False
    offset_estimated: bool = False
    offset_source: OffsetSource = "given"
    kappa_u: float = 0.0
    calibrated: bool = True
    artefact: str = ""
    gas: GasDilution | None = None
    instrument: str = ""
    valid_from: int = 0

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits over all values."""
        return xxhash.xxh3_64_hexdigest(msgspec.msgpack.encode(self))
