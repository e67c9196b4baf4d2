"""Single real frames beside a checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import Instrument, parse_instrument

BESIDE = Path("../shared/data")
"""Where a checkout of the project may have recordings beside it."""


def one_frame(folder: Path) -> tuple[NDArray[np.uint16], Instrument]:
    """The only frame of a folder of segments, and its instrument."""
    with open_source(str(folder)) as source:
        instrument = parse_instrument(source.info.instrument_toml, str(folder))
        return np.asarray(next(iter(source.frames())).data, dtype=np.uint16), instrument
