"""Surfaces taken twice, with other noise: on these the part of a card is fitted that heights rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from eclips4d.core.instrument import Instrument
from eclips4d.training.coverage.held_out import Exposed, heights
from eclips4d.training.slopes.setting import random_setting

MICROSCOPES: Final = 88
SIZE_PX: Final = 320
"""Room for height differences over two hundred pixels."""
SURFACES: Final = 2
OFTEN: Final[Mapping[str, float]] = MappingProxyType({"flat": 1.6, "spiral": 1.6})
"""Factors on how often families come."""
_FINE, _STREAM, _SEED = 2, 0xE5E5, 77
"""No image of the training, nor of the other fits, is drawn with these."""


@dataclass(frozen=True, slots=True)
class Twice:
    """One surface under a random microscope.

    Attributes
    ----------
    seen
        As `HeldOut.for_heights`.
    """

    instrument: Instrument
    seen: Sequence[Exposed]


def taken_twice(seed: int = 0, count: int = MICROSCOPES, size: int = SIZE_PX) -> Iterator[Twice]:
    """Surfaces under `count` random microscopes, `SURFACES` of each; none of training, none of a judge."""
    for k in range(count):
        random = np.random.default_rng((_SEED + seed, _STREAM, k))
        setting = random_setting(random, size, _FINE)
        for _ in range(SURFACES):
            yield Twice(setting.instrument, heights(random, setting, size, OFTEN))
