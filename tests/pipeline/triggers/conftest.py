"""A recording of a still surface whose drift jumps once, run through the whole chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_frames import make_instrument
from shifted_frames import frame, series
from threaded_chain import ThreadedChain, configured

from eclips4d.acquisition.recording_writer import write_recording
from eclips4d.core.frame import Frame, FrameHeader

FRAMES, JUMP_AT, JUMP_PX, SIZE = 14, 9, (4.0, -3.0), 64
DRIFT_PX = np.array([0.3, -0.2])


def frames() -> Iterator[Frame]:
    instrument, scene = make_instrument(), series(seed=5)
    for k in range(FRAMES):
        start = DRIFT_PX * k + (np.array(JUMP_PX) if k >= JUMP_AT else 0.0)
        data = frame(scene, (SIZE, SIZE), (float(start[0]), float(start[1])), seed=k)
        header = FrameHeader(
            run_id="jump",
            sequence=k,
            frame_id=k,
            start_s=0.5 * k,
            end_s=0.5 * k + 0.4,
            line_time_s=0.0,
            segments=("A", "B", "C", "D"),
            dtype="uint16",
            shape=(4, SIZE, SIZE),
            pixel_size_nm=(4.0, 4.0),
            rotation_deg=0.0,
            instrument=instrument.fingerprint,
        )
        yield Frame(header, np.ascontiguousarray(data))


@pytest.fixture(scope="module")
def jumped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store."""
    folder = tmp_path_factory.mktemp("jump")
    write_recording(folder / "jump.ome.tif", frames(), make_instrument())
    chain = ThreadedChain(configured(folder, str(folder / "jump.ome.tif")))
    chain.run()
    return chain.config.out
