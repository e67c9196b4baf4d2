"""Gradients of rendered images: against finite differences, what they cost, and what they are good for."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.gradient import gradient
from eclips4d.physics.bsesm.render import ExactSimulator, exact_simulator
from eclips4d.physics.detector import segment_response
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

_FINITE = "Gradients of images: against finite differences, % of the rms derivative"
_COST = "Gradients of images: cost"
_SYNTHESIS = "Analysis by synthesis: pyramid and trench from four segments, height error"
_SIDE, _PIXEL_NM, _ELECTRONS = 80, 4.0, 1500.0
_ITERATIONS = 40
_SOFT = 1e-3
_FINITE_BAR, _COST_BAR = 2.0, 4.0


class Reading(NamedTuple):
    """Heights read from one set of images, nm: true, in closed form, by synthesis; and the error while it ran."""

    truth: F64
    closed_form: F64
    synthesis: F64
    error: tuple[float, ...]


def rows(console: Console) -> list[Row]:
    """All tables."""
    console.print("bsesm: finite differences", style="dim")
    made = [_finite_difference(name, sub) for sub in (1, 2) for name in ("pyramid and trench", "rough")]
    console.print("bsesm: cost of a gradient", style="dim")
    made.append(at_most(_COST, "gradient over image, time (512², pyramids and trenches)", _cost_ratio(), _COST_BAR))
    console.print("bsesm: analysis by synthesis", style="dim")
    return made + [row for noise in (False, True) for row in _synthesis_rows(noise)]


def _instrument(pixel_nm: float = _PIXEL_NM) -> Instrument:
    detector = {
        "distance_mm": 6.0,
        "inner_radius_mm": 1.75,
        "outer_radius_mm": 7.0,
        "gap_mm": 0.3,
        "azimuths_deg": (45, 135, 225, 315),
    }
    return Instrument.model_validate(
        {"beam": {"energy_kev": 10}, "scan": {"pixel_size_nm": pixel_nm}, "detector": detector}
    )


def pyramid_and_trench(side: int, samples: int = 1) -> F64:
    """Faces of 54° and walls of 62° with rounded edges, nm; `samples` heights per pixel and axis."""
    y, x = ((np.arange(side * samples) + 0.5) / samples - 0.5 for _ in range(2))
    x, y = np.meshgrid(x % _SIDE, y % _SIDE)
    pyramid = np.clip(1.4 * (18.0 - np.maximum(abs(x - 27.0), abs(y - 50.0))), 0.0, 16.0)
    across = abs((x - 58.0) * np.cos(0.3) + (y - 38.0) * np.sin(0.3))
    trench = np.clip(1.9 * (9.0 - across), 0.0, 13.0)
    return np.asarray(gaussian_filter(pyramid - trench, 1.0 * samples, mode="nearest") * _PIXEL_NM)


def _rough(side: int) -> F64:
    """Slopes of 0.8 rms, nothing finer than four pixels."""
    noise = np.random.default_rng(1).standard_normal((side, side))
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    h = np.fft.ifft2(np.fft.fft2(noise) * np.exp(-((k / 0.12) ** 2))).real
    return np.asarray(h * 0.8 * _PIXEL_NM / np.sqrt(sum(np.mean(g**2) for g in np.gradient(h))))


def _finite_difference(name: str, sub: int) -> Row:
    """Along smooth random changes of all heights; their number, not their luck, decides."""
    height = pyramid_and_trench(64) if name != "rough" else _rough(64)
    render = exact_simulator(_instrument(_PIXEL_NM * sub), (64 // sub, 64 // sub), supersample=sub)
    random, off, size = np.random.default_rng(7), [], []
    weights = random.standard_normal((4, 64 // sub, 64 // sub))
    found = gradient(render, height, 1.0, weights).height
    for _ in range(8):
        way = gaussian_filter(random.standard_normal(height.shape), 1.0)
        way *= 2e-3 * _PIXEL_NM / np.abs(way).max()
        ahead, behind = (render(height + sign * way).astype(np.float64) for sign in (1.0, -1.0))
        off.append((found * way).sum() - ((ahead - behind) * weights).sum() / 2.0)
        size.append((found * way).sum())
    worst = 100.0 * float(np.sqrt(np.mean(np.square(off)) / np.mean(np.square(size))))
    return at_most(_FINITE, f"{name}, {sub}×{sub} sub-pixels, 64², 8 directions", worst, _FINITE_BAR)


def _cost_ratio() -> float:
    height = pyramid_and_trench(512)
    render = exact_simulator(_instrument(), (512, 512))
    weights = np.ones((4, 512, 512))
    render(height), gradient(render, height, 1.0, weights)
    taken = []
    for work in (lambda: render(height), lambda: gradient(render, height, 1.0, weights)):
        spent = []
        for _ in range(3):
            start = time.perf_counter()
            work()
            spent.append(time.perf_counter() - start)
        taken.append(min(spent))
    return taken[1] / taken[0]


def _synthesis_rows(noise: bool) -> list[Row]:
    found = read_heights(noise)
    name = f"{_ELECTRONS:.0f} electrons per segment" if noise else "no noise"
    closed, synthesis = (float(np.std(h - found.truth)) for h in (found.closed_form, found.synthesis))
    return [
        Row(_SYNTHESIS, f"{name}: closed form (segment ratios, least squares), nm rms", closed),
        at_most(_SYNTHESIS, f"{name}: by gradients of exact images, nm rms", synthesis, round(0.5 * closed, 3)),
    ]


@cache
def read_heights(noise: bool) -> Reading:
    """Read a pyramid and a trench.

    The images come from 3×3 sub-pixels and 96 azimuths, the inversion has one sample per pixel and 32: it does not
    invert its own twin.
    """
    shape = (_SIDE, _SIDE)
    maker = exact_simulator(_instrument(), shape, supersample=3, azimuths=96)
    images = maker(pyramid_and_trench(_SIDE, 3)).astype(np.float64)
    response = segment_response(_instrument())
    flat = float(response.flat.mean())
    if noise:
        images = np.random.default_rng(3).poisson(images / flat * _ELECTRONS).astype(np.float64) * flat / _ELECTRONS
    u, up, uq = np.einsum("ck,kyx->cyx", np.linalg.pinv(response.matrix), images)
    closed_form = _integrated(up / u, uq / u)
    truth = pyramid_and_trench(_SIDE, 3).reshape(_SIDE, 3, _SIDE, 3).mean((1, 3))
    synthesis, error = _synthesis(
        exact_simulator(_instrument(), shape, azimuths=32), images / flat, flat, closed_form, truth
    )
    return Reading(truth, closed_form, synthesis, error)


def _integrated(p: F64, q: F64) -> F64:
    """Least-squares height of slopes, free borders."""
    right, down = (p[:, 1:] + p[:, :-1]) / 2.0, (q[1:] + q[:-1]) / 2.0
    divergence = np.zeros_like(p)
    divergence[:, :-1] -= right
    divergence[:, 1:] += right
    divergence[:-1] -= down
    divergence[1:] += down
    spectrum = dctn(divergence, norm="ortho") / np.maximum(_stiffness(), 1e-12)
    spectrum[0, 0] = 0.0
    return np.asarray(idctn(spectrum, norm="ortho")) * _PIXEL_NM


def _stiffness() -> F64:
    one = 2.0 - 2.0 * np.cos(np.pi * np.arange(_SIDE) / _SIDE)
    return np.asarray(one[:, None] + one[None, :])


def _synthesis(
    render: ExactSimulator, wanted: F64, flat: float, start: F64, truth: F64
) -> tuple[F64, tuple[float, ...]]:
    """Fit heights to images (over flat) in coordinates in which all wavelengths of slope weigh alike."""
    scale = _PIXEL_NM / np.sqrt(_stiffness() + _SOFT)
    error: list[float] = []

    def height(z: F64) -> F64:
        return np.asarray(idctn(z.reshape(_SIDE, _SIDE) * scale, norm="ortho"))

    def misfit(z: F64) -> tuple[float, F64]:
        h = height(z)
        error.append(float(np.std(h - truth)))
        off = render(h) / flat - wanted
        to_height = gradient(render, h, 1.0, 2.0 * off / flat).height
        return float((off**2).sum()), np.asarray(dctn(to_height, norm="ortho") * scale).ravel()

    first = (dctn(start, norm="ortho") / scale).ravel()
    found = minimize(misfit, first, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS, "maxcor": 20})
    return height(found.x), tuple(error)


def pictures(folder: Path) -> None:
    """What was read, and how the error fell."""
    found = read_heights(True)
    figure = Figure(figsize=(9.2, 2.7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 4)
    level = found.truth.mean()
    size = _SIDE * _PIXEL_NM
    panels = {
        "true height, nm": found.truth - level,
        "closed form − true, nm": found.closed_form - found.closed_form.mean() - found.truth + level,
        "by synthesis − true, nm": found.synthesis - found.synthesis.mean() - found.truth + level,
    }
    for i, (axis, (title, values)) in enumerate(zip(axes[:3], panels.items(), strict=True)):
        limit = None if i == 0 else 10.0
        shown = axis.imshow(
            values,
            cmap="viridis" if i == 0 else "RdBu_r",
            vmin=None if limit is None else -limit,
            vmax=limit,
            extent=(0.0, size, size, 0.0),
        )
        axis.set_title(title, fontsize=8)
        axis.set_xlabel("nm", fontsize=8)
        axis.tick_params(labelsize=7)
        figure.colorbar(shown, ax=axis, shrink=0.8).ax.tick_params(labelsize=7)
    for noise, label in ((False, "no noise"), (True, f"{_ELECTRONS:.0f} electrons")):
        axes[3].semilogy(np.minimum.accumulate(read_heights(noise).error), label=label)
    axes[3].set_xlabel("images rendered", fontsize=8)
    axes[3].set_yticks((0.2, 0.5, 1.0, 2.0), ("0.2", "0.5", "1", "2"))
    axes[3].minorticks_off()
    axes[3].set_title("height error, nm rms", fontsize=8)
    axes[3].tick_params(labelsize=7)
    axes[3].grid(alpha=0.3)
    axes[3].legend(fontsize=7)
    figure.savefig(folder / "physics-synthesis.png", dpi=80)
