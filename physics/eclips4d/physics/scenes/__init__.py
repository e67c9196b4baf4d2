"""Surfaces with exact truth that evolve while they are scanned, each line at its own time."""

from eclips4d.physics.scenes.catalogue import SCENES, build_scene
from eclips4d.physics.scenes.scene import Lines, Scene

__all__ = ["SCENES", "Lines", "Scene", "build_scene"]
