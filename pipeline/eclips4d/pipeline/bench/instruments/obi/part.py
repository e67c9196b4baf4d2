"""Part `obi`: four fake boards that scan one after the other, into a store and alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eclips4d.pipeline.bench.instruments.carried import recorded, rows_of, taken_alone
from eclips4d.pipeline.bench.instruments.context import InstrumentsContext
from eclips4d.pipeline.bench.instruments.fake_process import fake_process
from eclips4d.pipeline.bench.rows import Row

FAKE = "eclips4d.acquisition.obi.fake"
FPS = 5.0
"""Four scans in turn at 0.19 us a pixel of 512 x 512: about as fast as a board goes."""
FASTEST_FPS = 100.0


def rows(context: InstrumentsContext) -> list[Row]:
    """One table."""
    size, frames = context.size, max(2, round(FPS * context.seconds))
    with tempfile.TemporaryDirectory(prefix="eclips4d-instruments-") as scratch:
        instrument = Path(scratch) / "fake.toml"

        def scanning(fps: float) -> list[str]:
            scene = f"sim://copper-redox?size={size}&fps={fps:g}"
            return [scene, "--loop", "3", "--port", "0", "--instrument", str(instrument)]

        with fake_process(FAKE, scanning(FASTEST_FPS)) as address:
            alone = taken_alone(address, instrument, frames)
        with fake_process(FAKE, scanning(FPS)) as address:
            carried = recorded(address, instrument, frames)
    return rows_of(f"Open Beam Interface, 4 boards in turn, {size}², 16 bits", FPS, 0.9 * FPS, carried, alone)
