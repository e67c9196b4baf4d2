"""Random surfaces that the networks are trained on; none of them is a scene that they are judged on."""

from eclips4d.training.surfaces.draw import FAMILIES, SHARES, random_surface
from eclips4d.training.surfaces.surface import RandomSurface

__all__ = ["FAMILIES", "SHARES", "RandomSurface", "random_surface"]
