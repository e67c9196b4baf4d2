"""Bias by subpixel shift at each dose, with its standard errors."""

from __future__ import annotations

from pathlib import Path

from eclips4d.pipeline.bench.registration.drawing import new_figure, save
from eclips4d.pipeline.bench.registration.static.part import BIAS_BAR, bias
from eclips4d.pipeline.bench.registration.static.trials import DOSES, PLACES, edge_trials, granular_trials


def draw(seeds: int, folder: Path) -> None:
    """Write `registration-bias.png`."""
    figure = new_figure(8.4, 2.9)
    axes = figure.subplots(1, 2, sharey=True)
    for axis, (title, trials) in zip(
        axes, (("granular film", granular_trials), ("facets with sharp borders", edge_trials)), strict=True
    ):
        for k, dose in enumerate(DOSES):
            mean, error = bias(trials(dose, seeds))
            places = [place + 0.008 * (k - 1) for place in PLACES]
            axis.errorbar(places, 1e3 * mean, 2e3 * error, fmt="o-", ms=3, lw=0.8, label=f"{dose:g} electrons")
        for bar in (-BIAS_BAR, BIAS_BAR):
            axis.axhline(1e3 * bar, color="0.6", lw=0.8, ls="--")
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("true shift, px", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0].set_ylabel("mean error, 10⁻³ px; bars: 2 standard errors", fontsize=7)
    axes[0].legend(fontsize=7)
    save(figure, folder / "registration-bias.png")
