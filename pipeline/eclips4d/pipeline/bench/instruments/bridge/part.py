"""Part `bridge`: frames of 16 bits through the bridge's script, kept on its disk, into a store and alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

import zmq

from eclips4d.pipeline.bench.instruments.carried import recorded, rows_of, taken_alone
from eclips4d.pipeline.bench.instruments.context import LEAST_FPS, InstrumentsContext
from eclips4d.pipeline.bench.instruments.fake_process import fake_process
from eclips4d.pipeline.bench.rows import Row

FAKE = "eclips4d.acquisition.bridge.fake"
FASTEST_FPS = 200.0
"""Pushed to the source alone: more than it can take."""


def rows(context: InstrumentsContext) -> list[Row]:
    """One table."""
    size, frames = context.size, max(2, round(LEAST_FPS * context.seconds))
    title = f"The bridge, 4 × {size}², 16 bits"
    with tempfile.TemporaryDirectory(prefix="eclips4d-instruments-") as folder:
        instrument = Path(folder) / "fake.toml"

        def pushing(fps: float) -> list[str]:
            scene = f"sim://flood?size={size}&fps={fps:g}"
            return [scene, "--to", _free(), "--instrument", str(instrument)]

        with fake_process(FAKE, pushing(FASTEST_FPS)) as address:
            alone = taken_alone(address, instrument, frames)
        with fake_process(FAKE, pushing(LEAST_FPS)) as address:
            carried = recorded(address, instrument, frames)
    return rows_of(title, LEAST_FPS, LEAST_FPS, carried, alone)


def _free() -> str:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        return f"127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"
