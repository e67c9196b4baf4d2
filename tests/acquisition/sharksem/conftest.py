from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.sharksem.fake import fake_of, query_of
from eclips4d.acquisition.sharksem.fake_server import FakeSharkSem
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.acquisition.source import Source

MICROSCOPE = cache(simulated_microscope)


@pytest.fixture
def simulation() -> SimulatedMicroscope:
    """More columns than rows, and a hundred frames a second."""
    return MICROSCOPE("sim://copper-redox?size=40x24&fps=100")


@pytest.fixture
def instrument(simulation: SimulatedMicroscope, tmp_path: Path) -> Path:
    file = tmp_path / "fake.toml"
    file.write_text(simulation.instrument_toml)
    return file


@pytest.fixture
def serve(simulation: SimulatedMicroscope) -> Iterator[Callable[..., FakeSharkSem]]:
    """`serve(faults=…)`: a fake that is there until the test is over."""
    with ExitStack() as fakes:
        yield lambda **options: fakes.enter_context(fake_of(simulation, loop=4, **options))


@pytest.fixture
def open_at(simulation: SimulatedMicroscope, instrument: Path) -> Callable[..., Source]:
    """`open_at(fake, frames=3)`: the source at a fake."""

    def opened(fake: FakeSharkSem, *, file: Path = instrument, **more: object) -> Source:
        query = query_of(simulation) + "".join(f"&{key}={value}" for key, value in more.items())
        return open_source(f"sharksem://{fake.address}?{query}", instrument=file, run_id="r1")

    return opened
