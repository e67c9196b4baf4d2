from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from eclips4d.acquisition.obi.fake import boards_of, query_of
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope


@pytest.fixture(scope="session")
def simulation() -> SimulatedMicroscope:
    return simulated_microscope("sim://copper-redox?size=20x12&fps=10&seed=5")


@pytest.fixture(scope="session")
def rendered(simulation: SimulatedMicroscope) -> list[np.ndarray]:
    """What the boards can send of the first frames: fourteen bits."""
    return [simulation.frame(k).data & 0xFFFC for k in range(4)]


@pytest.fixture
def serve(simulation: SimulatedMicroscope):
    """Start boards; returns them."""
    with ExitStack() as opened:

        def start(**options: object) -> list:
            boards = boards_of(simulation, loop=4, **options)
            for board in boards:
                opened.enter_context(board)
            return boards

        yield start


@pytest.fixture
def open_at(simulation: SimulatedMicroscope, tmp_path: Path):
    """Open boards as a user would; more parameters of the address by name."""
    file = tmp_path / "instrument.toml"
    file.write_text(simulation.instrument_toml)

    def opened(boards: list, **query: object):
        hosts = ",".join(board.address for board in boards)
        asked = dict(part.split("=") for part in query_of(simulation).split("&")) | {"dark": 40, "settle": 3} | query
        address = f"obi://{hosts}?" + "&".join(f"{name}={value}" for name, value in asked.items())
        return open_source(address, instrument=file, run_id="r1")

    return opened
