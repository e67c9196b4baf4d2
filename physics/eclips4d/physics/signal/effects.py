"""Which effects of the instrument a simulated frame shows, and how strongly."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from eclips4d.core.settings import Settings

Amount = Annotated[float, Field(ge=0)]


class Effects(Settings):
    """Switches and sizes; whatever is 0 or false is absent.

    The default is an ideal instrument: electrons are counted with their noise and written down with the gains and
    dark levels of the microscope, and nothing else happens. `TYPICAL` holds sizes met in practice.
    """

    counting: bool = True
    """Electrons come at random and their pulses differ; without it a frame is its own expectation."""
    blur: bool = False
    """Electrons leave the surface beside the beam, as far as energy and `blur_material` let them."""
    blur_material: str = "Cu"
    """Key of `emission.materials.MATERIALS`."""
    channelling: Amount = 0.0
    """Signal of opposite segments differs by this share from grain to grain (standard deviation)."""
    gas_path_mm: Amount = 0.0
    """Way of the beam through the gas whose pressures are side values; what is scattered on it dilutes contrast."""
    gas_temperature_c: Annotated[float, Field(gt=-273.15)] = 20.0
    """Of the gas on that way."""
    gas_surroundings: Annotated[float, Field(gt=0)] = 1.0
    """Mean signal where the scattered electrons land, over that of the field."""
    row_jitter_px: Amount = 0.0
    """Rows start too far left or right by this much (standard deviation)."""
    lag_px: Amount = 0.0
    """Time constant of the amplifiers over the dwell time."""
    read_noise_adu: Amount = 0.0
    """Of the electronics (standard deviation), independent of the signal."""
    dark_drift_adu: Amount = 0.0
    """Slow wander of the dark levels (standard deviation)."""
    gain_drift: Amount = 0.0
    """Slow wander of the gains, relative (standard deviation)."""
    wander_s: Annotated[float, Field(gt=0)] = 60.0
    """Shortest period in these two."""
    laser_adu: Amount = 0.0
    """Stray light of a heating laser that reaches the detector."""
    glow_adu: Amount = 0.0
    """Light of the hot stage on the detector when the side value `temperature` is 800 °C."""
    grey_levels: Annotated[int, Field(ge=2, le=65536)] = 65536
    """That the digitiser tells apart over its full scale."""
    saturation_adu: Annotated[float, Field(gt=0, le=65535)] = 65535.0
    """Full scale of amplifier and digitiser."""
    seed: Annotated[int, Field(ge=0)] = 1
    """What is fixed for an instrument and its specimen: how grains channel, how levels wander."""


TYPICAL = Effects(
    channelling=0.003,
    gas_path_mm=2.0,
    row_jitter_px=0.05,
    lag_px=0.3,
    read_noise_adu=4.0,
    dark_drift_adu=2.0,
    gain_drift=0.001,
    laser_adu=10.0,
    glow_adu=20.0,
)
"""Sizes met in practice, the blur left out: at 10 keV it is a matter of the scene's scale."""
