from __future__ import annotations

import numpy as np
import pytest

from eclips4d.acquisition.fakes import INSTRUMENT_TOML
from eclips4d.acquisition.nidaq.mock import MockDaq
from eclips4d.acquisition.nidaq.settings import NiScan
from eclips4d.acquisition.nidaq.source import source_of
from eclips4d.core.instrument import parse_instrument

ASKED = {"width": 20, "height": 12, "dwell_us": 20.0, "samples": 2, "flyback": 6, "settle": 3, "blank": "port0/line2"}


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    """[frame, segment, row, column]; frames are scanned over and over."""
    return np.random.default_rng(6).integers(20_000, 60_000, (4, 4, 12, 20), dtype=np.uint16)


@pytest.fixture
def device(images: np.ndarray) -> MockDaq:
    return MockDaq(lambda k: images[k % len(images)])


@pytest.fixture
def open_on():
    """A source over a device; more parameters by name."""

    def opened(daq, **more: object):
        asked = NiScan(**(ASKED | more))
        return source_of(daq, asked, "nidaq://fake?…", parse_instrument(INSTRUMENT_TOML), "r1")

    return opened
