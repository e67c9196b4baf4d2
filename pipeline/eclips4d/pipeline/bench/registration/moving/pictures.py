"""Drift errors of all methods over the share of the gradient energy that moves."""

from __future__ import annotations

from pathlib import Path

from eclips4d.pipeline.bench.registration.drawing import new_figure, save
from eclips4d.pipeline.bench.registration.moving.part import METHODS, SHARES, SPEEDS_PX, case_of


def draw(seeds: int, folder: Path) -> None:
    """Write `registration-moving.png`."""
    figure = new_figure(9.0, 3.0)
    axes = figure.subplots(1, len(SPEEDS_PX), sharey=True)
    for axis, speed in zip(axes, SPEEDS_PX, strict=True):
        cells = [case_of("risers", share, speed, seeds) for share in SHARES]
        for k, method in enumerate(METHODS):
            if method in cells[0].errors:
                style = "k-o" if k == 0 else ("k:" if k == 1 else "-")
                means = [found.mean(method) for found in cells]
                axis.semilogy([100 * share for share in SHARES], means, style, ms=3, lw=0.9, label=method)
        axis.set_title(f"risers advance {speed:g} px a frame", fontsize=9)
        axis.set_xlabel("moving share of the gradient energy, %", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0].set_ylabel("rms drift error, px", fontsize=8)
    axes[0].legend(fontsize=6)
    save(figure, folder / "registration-moving.png")
