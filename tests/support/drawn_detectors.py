"""Instruments with segments of any outline and with electrodes, for the tests of the valid solid angle."""

from __future__ import annotations

from eclips4d.core.instrument import Instrument

L_CORNERS = ((1, 1), (6, 1), (6, 3), (3, 3), (3, 6), (1, 6))
"""One of four equal L-shaped segments; the others are a quarter turn further each."""


def quarter_turns(corners):
    """The same outline four times, turned by 90 degrees each."""
    outlines = [[complex(*corner) * 1j**k for corner in corners] for k in range(4)]
    return [[(z.real, z.imag) for z in outline] for outline in outlines]


def drawn(volts=None, rotation=0.0, pixel=4.0, energy=10.0, electrodes=None, **detector) -> Instrument:
    """A four-quadrant annulus of 1.75 to 7 mm at 6 mm unless said otherwise."""
    given = {"distance_mm": 6.0, "azimuths_deg": (45, 135, 225, 315)} | detector
    if "polygons_mm" not in detector:
        given = {"inner_radius_mm": 1.75, "outer_radius_mm": 7.0, "gap_mm": 0.3} | given
    said = {"beam": {"energy_kev": energy}, "scan": {"pixel_size_nm": pixel, "rotation_deg": rotation}}
    said["detector"] = given
    if volts is not None:
        electrodes = {"detector_v": volts} | (electrodes or {})
    return Instrument.model_validate(said | ({"electrodes": electrodes} if electrodes else {}))
