"""Pictures of the heights: a real indent and its faces, real facets, frusta with profiles, stated uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eclips4d.physics.calibration.pyramid import MARGIN
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.networks.heights import coverage, indent, real_facets, recorded
from eclips4d.pipeline.bench.networks.heights.models import CLOSED
from eclips4d.pipeline.bench.one_face_out import FACE_DEG

F64 = NDArray[np.float64]

_DPI = 100
_FRUSTA, _INDENT_CROP, _FACET_CROP = "frusta", 1.5, np.s_[256:640, 256:640]
_DIFFERENCES_PX = (2, 5, 10, 30, 100, 300)
_SCENES, _DOSE, _SIZE, _FRAMES = ("gentle-steps", "granular", "facets"), 1000.0, 384, 2


def draw(models: Sequence[str], folder: Path, data: Path | None) -> None:
    """Write what there is data for into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (CLOSED, *models)
    if data and (data / "real" / "vickers").is_dir():
        _indent(names, data / "real" / "vickers", folder / "networks-vickers.png")
    if data and (data / "real" / "facets").is_dir():
        _facets(names, data / "real" / "facets", folder / "networks-facets.png")
    if data and (data / "recordings" / f"{_FRUSTA}.truth.npz").is_file():
        _frusta(names, data, folder / "networks-frusta.png")
    _differences(names, folder / "networks-height-differences.png")


def _indent(names: Sequence[str], data: Path, path: Path) -> None:
    """Slopes of the indent by every model, and how the tilts of its four faces scatter."""
    seen = indent.read_indent(data)
    reach = int(_INDENT_CROP * seen.pyramid.rim)
    row, column = int(seen.pyramid.row), int(seen.pyramid.column)
    crop = np.s_[max(row - reach, 0) : row + reach, max(column - reach, 0) : column + reach]
    figure, axes = _sheet(2, len(names))
    for k, name in enumerate(names):
        slope = indent.slopes_on_all(seen, name)
        _image(axes[0, k], slope[0][crop], f"{_said(name)}: dh/dx", 0.5)
        for face, azimuth in zip(seen.faces(MARGIN), np.degrees(seen.pyramid.azimuths), strict=True):
            tilt = np.degrees(np.arctan(np.hypot(*slope[:, face])))
            label = f"{azimuth:.0f}°: {tilt.mean():.2f} ± {tilt.std():.2f}"
            axes[1, k].hist(tilt, bins=np.arange(10.0, 34.0, 0.25), histtype="step", lw=0.9, label=label)
        axes[1, k].axvline(FACE_DEG, color="0.6", lw=0.8)
        axes[1, k].set_xlabel("tilt of a pixel, degrees", fontsize=7)
        axes[1, k].tick_params(labelsize=6)
        axes[1, k].legend(fontsize=5, loc="upper right")
    _save(figure, path)


def _facets(names: Sequence[str], data: Path, path: Path) -> None:
    """Height of a part of the real facetted surface, and its slope."""
    figure, axes = _sheet(2, len(names))
    for k, name in enumerate(names):
        surface = real_facets.surface(data, name)
        height = scores.levelled(surface.height, np.ones(surface.height.shape, bool))[_FACET_CROP] * 1e-3
        shown = axes[0, k].imshow(height - np.median(height), cmap="viridis")
        figure.colorbar(shown, ax=axes[0, k], shrink=0.8).set_label("µm", fontsize=6)
        axes[0, k].set_title(f"{_said(name)}: height, levelled", fontsize=7)
        _bare(axes[0, k])
        slope = np.asarray(surface.slope)
        curl = scores.curl_over_divergence(slope)
        _image(axes[1, k], slope[0][_FACET_CROP], f"dh/dx; curl over divergence {curl:.3f}", 1.0)
    _save(figure, path)


def _frusta(names: Sequence[str], data: Path, path: Path) -> None:
    """Height, its error, and a profile through the middle, of the first frame."""
    case = next(c for c in recorded.cases(data) if c.name == _FRUSTA)
    truth = scores.levelled(case.truth.height_nm[0], scores.inner(case.truth.height_nm[0].shape))
    figure, axes = _sheet(3, len(names))
    for k, name in enumerate(names):
        made = recorded.movie(case, name)
        height = made.heights[0]
        seen = scores.inner(height.shape) & np.isfinite(height)
        error = scores.levelled(height - case.truth.height_nm[0], seen)
        _image(axes[0, k], truth + error, f"{_said(name)}: height, nm", float(np.nanmax(np.abs(truth))), "viridis")
        _image(axes[1, k], error, f"error, ± 2 nm; rms {made.scores[0].rms:.2f} nm", 2.0, "RdBu")
        row = height.shape[0] // 2
        axes[2, k].plot(truth[row], color="0.6", lw=2.0, label="true")
        axes[2, k].plot((truth + error)[row], color="C3", lw=0.7, label=_said(name))
        axes[2, k].set_xlabel("column, px", fontsize=7)
        axes[2, k].tick_params(labelsize=6)
        axes[2, k].legend(fontsize=6)
    _save(figure, path)


def _differences(names: Sequence[str], path: Path) -> None:
    """Rms error of height differences over their distance, and what is stated."""
    figure = Figure(figsize=(3.1 * len(_SCENES), 3.0), layout="constrained")
    axes = figure.subplots(1, len(_SCENES))
    for axis, scene in zip(axes, _SCENES, strict=True):
        for k, name in enumerate(names):
            found, stated = _rms_over_distance(name, scene)
            axis.loglog(_DIFFERENCES_PX, found, "o", ms=3.5, color=f"C{k}", label=f"{_said(name)}, found")
            axis.loglog(_DIFFERENCES_PX, stated, "-", lw=0.9, color=f"C{k}", label="stated")
        axis.set_title(f"{scene}, {_DOSE:g} electrons", fontsize=8)
        axis.set_xlabel("distance, px", fontsize=7)
        axis.tick_params(labelsize=6, which="both")
    axes[0].set_ylabel("error of a height difference, nm", fontsize=7)
    axes[0].legend(fontsize=6)
    _save(figure, path)


def _rms_over_distance(name: str, scene: str) -> tuple[F64, F64]:
    """Rms error and rms stated sd of height differences, nm."""
    frames, spectrum = coverage.judged_frames(name, scene, _DOSE, _FRAMES, _SIZE)
    found, stated = [], []
    for distance in _DIFFERENCES_PX:
        pairs = [frame.differences(spectrum, distance) for frame in frames]
        found.append(np.sqrt(np.mean([np.mean(error**2) for error, _ in pairs])))
        stated.append(np.sqrt(np.mean([np.mean(sd**2) for _, sd in pairs])))
    return np.array(found), np.array(stated)


def _sheet(rows: int, columns: int) -> tuple[Figure, NDArray[np.object_]]:
    figure = Figure(figsize=(2.7 * columns, 2.5 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    return figure, np.asarray(axes, dtype=object)


def _image(axis: Axes, values: NDArray[np.floating], title: str, most: float, colours: str = "gray") -> None:
    axis.imshow(values, cmap=colours, vmin=-most, vmax=most)
    axis.set_title(title, fontsize=7)
    _bare(axis)


def _bare(axis: Axes) -> None:
    axis.set_xticks([])
    axis.set_yticks([])


def _said(name: str) -> str:
    return "closed form" if name == CLOSED else name


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=_DPI)
