"""A store that grows as fast as it can, of frames whose every pixel follows from their number.

`python -m eclips4d.pipeline.bench.reliability.ghosts.growing STORE FRAMES SIZE` writes one as a live source, raw frames
ahead of results, two commits per frame, and finishes it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import Frame
from eclips4d.core.results import Registered, Surface
from eclips4d.storage.measure import CALIBRATION, numbered, synthetic_frame, synthetic_source
from eclips4d.storage.writer import StoreWriter

AHEAD = 3
"""Raw frames that are recorded and must not be seen yet."""
KEEP = ("height", "trust")


def raw_value(sequence: int) -> int:
    """Of every raw pixel of this frame; never the fill value."""
    return 1 + sequence % 65_535


def height_value(sequence: int) -> float:
    """Of every height of this frame, nm."""
    return float(sequence)


def grow(path: Path, frames: int, size: int) -> None:
    """Write the store to its end."""
    source = msgspec.structs.replace(synthetic_source(size, frames), frames=None, can_wait=False)
    frame, registered = synthetic_frame(source, 0)
    with StoreWriter.create(path, source, "ghosts", keep=KEEP) as writer:
        calibration, model = writer.add_calibration(CALIBRATION), writer.add_model("ghosts", "analytic")
        for sequence in range(frames):
            for newer in range(writer.recorded, min(frames, sequence + AHEAD)):
                writer.write_frame(_filled(frame, newer)).result()
                writer.commit(committed=sequence, recorded=newer + 1)
            writer.write_registered(sequence, _result(registered, sequence), calibration, model).result()
            writer.commit(committed=sequence + 1, recorded=writer.recorded)
        writer.finish(frames)


def _filled(frame: Frame, sequence: int) -> Frame:
    return numbered(Frame(frame.header, np.full_like(frame.data, raw_value(sequence))), sequence)


def _result(registered: Registered, sequence: int) -> Registered:
    surface = registered.surface
    height: NDArray[np.float32] = np.full_like(surface.height, height_value(sequence))
    changed = Surface(surface.slope, surface.slope_sd, height, np.ones_like(height), surface.residual, surface.trust)
    return Registered(changed, registered.drift, registered.datum)


if __name__ == "__main__":
    grow(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
