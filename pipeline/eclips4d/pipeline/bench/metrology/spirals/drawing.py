"""Pictures: arms as fitted on the heights, and phases over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.metrology.spirals import follow
from eclips4d.metrology.spirals.picture import draw_cores, draw_phases
from eclips4d.pipeline.bench.metrology.spirals.recorded import Recorded, recorded
from eclips4d.pipeline.bench.registration.drawing import new_figure, save

SCENE, SEED, DOSE = "cores=2&spacing_nm=160", 2, 300


def draw(folder: Path) -> None:
    """`metrology-spirals.png`."""
    (taken,) = recorded(SCENE, SEED, (DOSE,))
    draw_into(taken, folder / "metrology-spirals.png")


def draw_into(taken: Recorded, path: Path) -> None:
    """The first and the last frame, and the phases."""
    series = follow(taken.movie)
    figure = new_figure(13.0, 4.4)
    panels = figure.subplots(1, 3)
    for axes, number in zip(panels, (0, len(taken.movie) - 1), strict=False):
        frame = taken.movie.read(taken.movie.frames[number])
        cores = [seen.core for track in series.tracks for seen in track.seen if seen.frame == frame.frame]
        draw_cores(axes, frame, taken.movie.grid, cores)
        axes.plot(*taken.cores[:, :2].T, "x", color="white", markersize=9, label="true core")
        axes.set_title(f"frame {frame.frame}, {np.round(frame.time_s):.0f} s, {taken.dose} electrons", fontsize=9)
    panels[0].legend(fontsize=7, loc="upper right")
    draw_phases(panels[2], series)
    save(figure, path)
