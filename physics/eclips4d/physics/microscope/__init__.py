"""The simulated microscope: a scene, seen by an instrument with its noise and faults, becomes frames."""

from eclips4d.physics.microscope.exposure import Exposure
from eclips4d.physics.microscope.microscope import Microscope

__all__ = ["Exposure", "Microscope"]
