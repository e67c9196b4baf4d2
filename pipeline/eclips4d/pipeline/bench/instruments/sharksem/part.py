"""Part `sharksem`: four channels of 16 bits from a fake microscope, into a store and alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eclips4d.pipeline.bench.instruments.carried import recorded, rows_of, taken_alone
from eclips4d.pipeline.bench.instruments.context import LEAST_FPS, InstrumentsContext
from eclips4d.pipeline.bench.instruments.fake_process import fake_process
from eclips4d.pipeline.bench.rows import Row

FAKE = "eclips4d.acquisition.sharksem.fake"
FASTEST_FPS = 200.0
"""Sent to the adapter alone: more than it can take."""


def rows(context: InstrumentsContext) -> list[Row]:
    """One table."""
    size, frames = context.size, max(2, round(LEAST_FPS * context.seconds))
    title = f"TESCAN SharkSEM, 4 × {size}², 16 bits"
    with tempfile.TemporaryDirectory(prefix="eclips4d-instruments-") as folder:
        instrument = Path(folder) / "fake.toml"

        def serving(fps: float) -> list[str]:
            scene = f"sim://copper-redox?size={size}&fps={fps:g}"
            return [scene, "--loop", "3", "--port", "0", "--advancing", "--instrument", str(instrument)]

        with fake_process(FAKE, serving(FASTEST_FPS)) as address:
            alone = taken_alone(address, instrument, frames)
        with fake_process(FAKE, serving(LEAST_FPS)) as address:
            carried = recorded(address, instrument, frames)
    return rows_of(title, LEAST_FPS, LEAST_FPS, carried, alone)
