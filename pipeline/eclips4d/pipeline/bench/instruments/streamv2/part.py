"""Part `streamv2`: images of four channels from a fake detector, plain and compressed, into a store and alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eclips4d.pipeline.bench.instruments.carried import recorded, rows_of, taken_alone
from eclips4d.pipeline.bench.instruments.context import LEAST_FPS, InstrumentsContext
from eclips4d.pipeline.bench.instruments.fake_process import fake_process
from eclips4d.pipeline.bench.rows import Row

FAKE = "eclips4d.acquisition.streamv2.fake"
FASTEST_FPS = 200.0
"""Sent to the adapter alone: more than it can take."""


def rows(context: InstrumentsContext) -> list[Row]:
    """One table for each way in which pixels are sent."""
    return [row for packed in ("", "bslz4") for row in _rows(context, packed)]


def _rows(context: InstrumentsContext, packed: str) -> list[Row]:
    size, frames = context.size, max(2, round(LEAST_FPS * context.seconds))
    title = f"DECTRIS Stream V2, 4 × {size}², 16 bits, {packed or 'plain'}"
    with tempfile.TemporaryDirectory(prefix="eclips4d-instruments-") as folder:
        instrument = Path(folder) / "fake.toml"

        def serving(fps: float) -> list[str]:
            words = [f"sim://flood?size={size}&fps={fps:g}", "--port", "0", "--instrument", str(instrument)]
            return [*words, "--compression", packed] if packed else words

        with fake_process(FAKE, serving(FASTEST_FPS)) as address:
            alone = taken_alone(address, instrument, frames)
        with fake_process(FAKE, serving(LEAST_FPS)) as address:
            carried = recorded(address, instrument, frames)
    return rows_of(title, LEAST_FPS, LEAST_FPS, carried, alone)
