"""Part `nidaq`: four inputs of a device that is not there, into a store and alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eclips4d.acquisition.nidaq.fake import query_of
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.pipeline.bench.instruments.carried import recorded, rows_of, taken_alone
from eclips4d.pipeline.bench.instruments.context import InstrumentsContext
from eclips4d.pipeline.bench.rows import Row

FPS = 1.5
"""About 0.43 million samples per second of each of four inputs at 512 x 512."""


def rows(context: InstrumentsContext) -> list[Row]:
    """One table."""
    size, frames = context.size, max(2, round(FPS * context.seconds))
    scene = f"sim://copper-redox?size={size}&fps={FPS:g}"
    simulation = simulated_microscope(scene)
    address = f"nidaq://fake?{query_of(simulation, scene)}"
    with tempfile.TemporaryDirectory(prefix="eclips4d-instruments-") as scratch:
        instrument = Path(scratch) / "fake.toml"
        instrument.write_text(simulation.instrument_toml, encoding="utf-8")
        alone = taken_alone(address, instrument, frames)
        carried = recorded(address, instrument, frames)
    return rows_of(f"NI-DAQ, fake, 4 × {size}², 16 bits", FPS, 0.95 * FPS, carried, alone)
