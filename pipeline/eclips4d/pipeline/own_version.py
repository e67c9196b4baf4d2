"""Which version of the program this is; the stages of a run tell each other."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("eclips4d")
