"""Subpixel alignment in time: where each frame's content lies, and its surface on the specimen's own grid."""

from eclips4d.registration.registrar import Registrar

__all__ = ["Registrar"]
