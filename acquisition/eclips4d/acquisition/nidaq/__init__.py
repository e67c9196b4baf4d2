"""`nidaq://Dev1?…`: an external scan by National Instruments hardware, every segment on an input of its own.

Two analogue outputs deflect the beam, one input per segment is sampled by the same clock. NI's driver is not part of
the installation; `nidaq://fake?…` needs none.
"""

from __future__ import annotations

from eclips4d.acquisition.nidaq.source import open_nidaq

__all__ = ["open_nidaq"]
