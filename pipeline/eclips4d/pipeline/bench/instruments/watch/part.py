"""Part `watch`: a folder that fake software fills, four files a frame, into a store and alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eclips4d.pipeline.bench.instruments.carried import recorded, rows_of, taken_alone
from eclips4d.pipeline.bench.instruments.context import InstrumentsContext
from eclips4d.pipeline.bench.instruments.fake_process import fake_process
from eclips4d.pipeline.bench.rows import Row

FAKE = "eclips4d.acquisition.watch.fake"
FPS = 5.0
"""Software that saves files is slow."""
QUERY = "settle=0.2&poll=0.1&pattern=BSE_{segment}_{frame}.tif"


def rows(context: InstrumentsContext) -> list[Row]:
    """One table."""
    size, frames = context.size, max(2, round(FPS * context.seconds))
    with tempfile.TemporaryDirectory(prefix="eclips4d-instruments-") as scratch:
        instrument = Path(scratch) / "detector.toml"

        def saving(folder: str) -> list[str]:
            scene = f"sim://copper-redox?size={size}&fps={FPS:g}"
            return [scene, f"{scratch}/{folder}", "--loop", "3", "--instrument", str(instrument)]

        with fake_process(FAKE, saving("alone")) as address:
            alone = taken_alone(f"{address}?{QUERY}", instrument, frames)
        with fake_process(FAKE, saving("chain")) as address:
            carried = recorded(f"{address}?{QUERY}", instrument, frames)
    return rows_of(f"Watched folder, 4 × {size}², 16 bits", FPS, FPS, carried, alone)
