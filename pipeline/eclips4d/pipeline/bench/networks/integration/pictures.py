"""Pictures of one contest: heights, errors, a profile across steps, spectra of the error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.fft
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.integration.cases import Case, case
from eclips4d.pipeline.bench.networks.integration.contenders import PEERS, Contender
from eclips4d.pipeline.bench.networks.integration.contest import CHOOSING, Scored, enter
from eclips4d.pipeline.bench.scores import levelled

F64 = NDArray[np.float64]

SHOWN = ("least squares", "total variation of the surface", "bilateral")
SCENES = (("sharp steps", 1000.0), ("screws", 1000.0), ("torn steps", 1000.0))
_SPREAD = 4.0
"""Colours of errors end at this many times the median absolute error of least squares."""


def draw(folder: Path, ours: Sequence[Contender], scored: Scored) -> None:
    """Write `integrators-SCENE.png` for some scenes."""
    folder.mkdir(parents=True, exist_ok=True)
    contenders = [*(peer for peer in PEERS if peer.name in SHOWN), *ours]
    for scene, dose in SCENES:
        cases = [case(scene, dose, seed) for seed in range(CHOOSING)]
        heights = {c.name: c(cases[0].slopes, enter(c, cases, scored).parameters) for c in contenders}
        file = folder / f"integrators-{scene.replace(' ', '-')}.png"
        _figure(file, f"{scene}, {dose:g} electrons", cases[0], heights)


def _figure(path: Path, title: str, shown: Case, heights: dict[str, F64]) -> None:
    figure = Figure(figsize=(11.0, 7.5), layout="constrained")
    maps, curves = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.5, 1.0))[:, 0]
    _maps(maps.subplots(2, len(heights) + 1, squeeze=False), shown, heights)
    profile, spectrum = curves.subplots(1, 2)
    _profile(profile, shown, heights)
    _spectra(spectrum, shown, heights)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=80)


def _maps(axes: NDArray[np.object_], shown: Case, heights: dict[str, F64]) -> None:
    truth = levelled(shown.height, shown.counted)
    errors = {name: levelled(height - shown.height, shown.counted) for name, height in heights.items()}
    low, high = np.nanpercentile(truth, [0.5, 99.5])
    limit = _SPREAD * float(np.nanmedian(np.abs(errors["least squares"])))
    _show(axes[0, 0], truth, "truth", "viridis", (low, high))
    axes[1, 0].set_axis_off()
    for k, (name, height) in enumerate(heights.items(), start=1):
        _show(axes[0, k], levelled(height, shown.counted), name, "viridis", (low, high))
        rms = float(np.sqrt(np.nanmean(errors[name] ** 2)))
        _show(axes[1, k], errors[name], f"error, rms {rms:.2f} nm", "RdBu", (-limit, limit))


def _show(axis: Axes, image: F64, title: str, colours: str, limits: tuple[float, float]) -> None:
    axis.imshow(image, cmap=colours, vmin=limits[0], vmax=limits[1])
    axis.set_title(title, fontsize=8)
    axis.set_xticks([])
    axis.set_yticks([])


def _profile(axis: Axes, shown: Case, heights: dict[str, F64]) -> None:
    """Along the middle row."""
    middle = len(shown.height) // 2
    axis.plot(levelled(shown.height, shown.counted)[middle], color="black", lw=1.5, label="truth")
    for name, height in heights.items():
        axis.plot(levelled(height, shown.counted)[middle], lw=0.8, label=name)
    axis.set_xlabel("column, px")
    axis.set_ylabel("height, middle row, nm")
    axis.legend(fontsize=7)


def _spectra(axis: Axes, shown: Case, heights: dict[str, F64]) -> None:
    """Rms of the error per octave of wavelength."""
    count = len(shown.height)
    frequency = np.hypot(*np.meshgrid(np.arange(count), np.arange(count), indexing="ij")) / (2.0 * count)
    edges = 2.0 ** np.arange(-np.ceil(np.log2(2 * count)), 0.5)
    for name, height in heights.items():
        error = np.nan_to_num(levelled(height - shown.height, shown.counted))
        power = scipy.fft.dctn(error, type=2, norm="ortho") ** 2 / error.size
        octave = [power[(frequency >= a) & (frequency < 2.0 * a)].sum() for a in edges]
        axis.loglog(1.0 / edges, np.sqrt(octave), marker=".", label=name)
    axis.set_xlabel("wavelength, px")
    axis.set_ylabel("rms error per octave, nm")
    axis.legend(fontsize=7)
