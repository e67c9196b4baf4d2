"""Sources of frames, instruments, recordings and the simulated microscope, each an adapter of one small contract.

`open_source` turns an address into a `Source`; `SenderRing` keeps its frames until they are durable.
"""

from __future__ import annotations

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.ring import SenderRing
from eclips4d.acquisition.source import Health, Source

__all__ = ["FrameAccountant", "Gap", "Health", "SenderRing", "Source", "open_source"]
