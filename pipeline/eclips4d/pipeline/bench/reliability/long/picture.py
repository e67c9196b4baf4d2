"""Opening, committing and memory over the length of a run, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.pipeline.bench.reliability.long.recording import Stretch


def draw(stretches: Sequence[Stretch], path: Path) -> None:
    """Three panels that share the number of frames."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 6.5), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True)
    frames = [stretch.frames / 1000 for stretch in stretches]
    panels[0].plot(frames, [s.open_ms for s in stretches], color="tab:blue")
    panels[0].set_ylabel("xarray.open_zarr (ms)")
    panels[1].plot(frames, [s.commit_p99_ms for s in stretches], color="tab:orange", label="99th percentile")
    panels[1].plot(frames, [s.commit_ms for s in stretches], color="tab:red", label="median")
    panels[1].set_ylabel("commit (ms)")
    panels[1].legend(frameon=False)
    panels[2].plot(frames, [s.resident_mb for s in stretches], color="tab:green")
    panels[2].set_ylabel("memory of the writer (MB)")
    panels[2].set_xlabel("frames in the store (thousands)")
    for panel in panels:
        panel.set_ylim(0, 1.15 * panel.get_ylim()[1])
        panel.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
