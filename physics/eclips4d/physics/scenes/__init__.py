"""Surfaces with exact truth that evolve while they are scanned, each line at its own time."""

from eclips4d.physics.scenes.catalogue import SCENES, SceneKind, build_scene
from eclips4d.physics.scenes.scene import Labels, Lines, Scene

__all__ = ["SCENES", "Labels", "Lines", "Scene", "SceneKind", "build_scene"]
