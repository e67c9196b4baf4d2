"""A few small frames of the simulated microscope, as a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from eclips4d.acquisition.open import open_source


def small_recording(folder: Path, *, size: int, frames: int, period_s: float, seed: int = 3) -> Path:
    """Copper redox, `size` square, frames `period_s` apart, and its instrument file beside it."""
    path = folder / "small.ome.tif"
    with open_source(f"sim://copper-redox?size={size}&fps={1 / period_s}&frames={frames}&seed={seed}") as source:
        toml = source.info.instrument_toml
        data = np.stack([frame.data for frame in source.frames()])
    tifffile.imwrite(path, data, photometric="minisblack", metadata={"axes": "TCYX"})
    times = ", ".join(f"{period_s * t:g}" for t in range(frames))
    path.with_name("small.toml").write_text(toml.replace("[scan]", f"[scan]\nframe_times_s = [{times}]"))
    return path
