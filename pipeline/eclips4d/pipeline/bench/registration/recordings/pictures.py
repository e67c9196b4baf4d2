"""Drift errors over the frames of every recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.registration.drawing import new_figure, save
from eclips4d.pipeline.bench.registration.places import starts
from eclips4d.pipeline.bench.registration.recordings.drifts import Followed
from eclips4d.pipeline.bench.registration.recordings.part import BARS


def draw(found: Sequence[Followed], folder: Path) -> None:
    """Write `registration-recordings.png`."""
    figure = new_figure(9.0, 2.6)
    axes = np.atleast_1d(figure.subplots(1, len(found), sharey=True))
    for axis, one in zip(axes, found, strict=True):
        frames = np.arange(1, len(one.truth))
        ways = {"live": starts(one.live), "smoothed": starts(one.smoothed), "plain correlation": one.plain}
        for style, (way, places) in zip(("o-", "s--", "^:"), ways.items(), strict=True):
            if places is not None:
                errors = np.linalg.norm((places - one.truth)[1:], axis=1)
                axis.semilogy(frames, np.maximum(errors, 1e-4), style, ms=3, lw=0.9, label=way)
        if one.case.name in BARS:
            axis.axhline(BARS[one.case.name], color="0.6", lw=0.8, ls="--")
        axis.set_title(one.case.name, fontsize=9)
        axis.set_xlabel("frame", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0].set_ylabel("drift error at frame start, px", fontsize=8)
    axes[0].legend(fontsize=7)
    save(figure, folder / "registration-recordings.png")
