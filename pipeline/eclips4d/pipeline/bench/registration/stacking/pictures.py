"""What a mean of frames shows that one frame does not: slopes at ten electrons per segment and pixel."""

from __future__ import annotations

from pathlib import Path

from eclips4d.pipeline.bench.registration.drawing import new_figure, save
from eclips4d.pipeline.bench.registration.stacking.scenes import SIZE, drifting
from eclips4d.pipeline.bench.registration.stacking.trials import FRAMES, stack_of

DOSE, COUNTS, SEED = 10.0, (1, 4, FRAMES), 0
SHOWN_PX = 128
LEVELS = (-0.5, 0.5)


def draw(folder: Path) -> None:
    """Write `registration-stacking.png`."""
    movie, truth = drifting(DOSE, SEED, FRAMES)
    figure = new_figure(8.4, 2.5)
    axes = figure.subplots(1, len(COUNTS) + 1)
    inside = slice((SIZE - SHOWN_PX) // 2, (SIZE + SHOWN_PX) // 2)
    shown = [(f"mean of {k}" if k > 1 else "one frame", stack_of(movie[-k:]).planes["slope"][0]) for k in COUNTS]
    for axis, (title, slope) in zip(axes, [*shown, ("true dh/dx", truth[0])], strict=True):
        axis.imshow(slope[inside, inside], vmin=LEVELS[0], vmax=LEVELS[1], cmap="gray")
        axis.set_title(title, fontsize=9)
        axis.set_axis_off()
    save(figure, folder / "registration-stacking.png")
