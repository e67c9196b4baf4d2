"""Pictures of what the instrument adds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.spread import exit_spread
from eclips4d.physics.microscope import Exposure, Microscope
from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.scenes import Lines, Scene, build_scene
from eclips4d.physics.signal.effects import Effects
from eclips4d.physics.signal.gas_skirt import gas_dilution
from eclips4d.physics.signal.interaction_blur import mtf
from eclips4d.pipeline.bench.physics.signal_blur import ENERGIES_KEV, step_profile
from eclips4d.pipeline.bench.physics.signal_cases import AIR, HYDROGEN, instrument, microscope
from eclips4d.pipeline.bench.physics.signal_gas import PATH_MM, experiment, height_in

STAGES: tuple[tuple[str, dict[str, float | bool | str]], ...] = (
    ("ideal", {}),
    ("+ blur, 4 keV", {"blur": True}),
    ("+ channelling", {"channelling": 0.1}),
    ("+ row jitter", {"row_jitter_px": 0.8}),
    ("+ counting", {"counting": True}),
    ("+ amplifier lag", {"lag_px": 0.7}),
    ("+ read noise", {"read_noise_adu": 40.0}),
    ("+ 32 grey levels", {"grey_levels": 32, "saturation_adu": 8191.0}),
)


def draw(folder: Path) -> None:
    """Write `physics-signal-*.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in (("strip", _strip()), ("blur", _blur()), ("gas", _gas())):
        figure.savefig(folder / f"physics-signal-{name}.png", dpi=80)


class _TwoGrains:
    """A scene whose right part is another grain."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def lines(
        self,
        x0_nm: NDArray[np.float64],
        step_nm: float,
        count: int,
        y_nm: NDArray[np.float64],
        t_s: NDArray[np.float64],
    ) -> Lines:
        """See `Scene.lines`."""
        surface = self.scene.lines(x0_nm, step_nm, count, y_nm, t_s)
        x = x0_nm[:, None] + step_nm * np.arange(count)
        return surface._replace(grain=(x + 0.4 * y_nm[:, None] > 40.0).astype(np.int16))

    def side(self, t_s: float) -> dict[str, float]:
        """See `Scene.side`."""
        return self.scene.side(t_s)


def _strip() -> Figure:
    of = instrument(4.0, dose=800.0, energy_kev=4.0, azimuths_deg=(45.0, 135.0, 225.0, 315.0))
    scene = _TwoGrains(build_scene("copper-redox", (700.0, 700.0), 3, 12.0))
    figure = Figure(figsize=(8.0, 4.5), layout="constrained")
    axes = figure.subplots(2, 4)
    said: dict[str, float | bool | str] = {"counting": False}
    for axis, (title, added) in zip(axes.flat, STAGES, strict=True):
        said |= added
        axis.imshow(_seen(of, scene, said), cmap="gray", vmin=4800.0, vmax=8200.0, extent=(0.0, 512.0, 512.0, 0.0))
        axis.set_title(title, fontsize=9)
        axis.set_xticks([0, 250, 500])
        axis.set_yticks([0, 250, 500])
        axis.tick_params(labelsize=7)
    figure.supxlabel("x, nm", fontsize=8)
    figure.supylabel("y, nm", fontsize=8)
    return figure


def _seen(of: Instrument, scene: Surface, said: dict[str, float | bool | str]) -> NDArray[np.uint16]:
    seen: Microscope = microscope(of, 128, Effects.model_validate(said), 1.2)
    return np.asarray(seen.expose(scene, Exposure(start_s=6.0), np.random.default_rng(4))[0], dtype=np.uint16)


def _blur() -> Figure:
    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
    (left, right) = figure.subplots(1, 2)
    period = np.geomspace(2.0, 3000.0, 300)
    x, ideal = step_profile(10.0, blur=False)
    right.plot(x, ideal - ideal.mean(), "k", lw=1, label="no blur")
    for energy in ENERGIES_KEV:
        left.semilogx(period, mtf(exit_spread("Cu", energy), 1.0 / period), label=f"{energy:g} keV")
        x, height = step_profile(energy)
        right.plot(x, height - height.mean(), label=f"{energy:g} keV")
    left.set(xlabel="period on copper, nm", ylabel="contrast of the slope kept", ylim=(0, 1.02))
    right.set(xlabel="distance from a step of 10 nm, nm", ylabel="height found, nm", xlim=(-400, 400))
    for axis in (left, right):
        axis.legend(fontsize=7)
    return figure


def _gas() -> Figure:
    """Height of the facets over a switch, six frames in each gas."""
    here = experiment()
    known, gases = gas_dilution(PATH_MM, 10.0), [HYDROGEN] * 6 + [AIR] * 6 + [HYDROGEN] * 6
    figure = Figure(figsize=(6.0, 3.0), layout="constrained")
    axis = figure.subplots()
    for label, dilution, colour in (("gas not known", None, "C3"), ("gas known", known, "C0")):
        heights = [height_in(here, side, PATH_MM, dilution, True, seed=k) for k, side in enumerate(gases)]
        first = heights[0] - heights[0].mean()
        scale = [float((first * h).sum() / (first * first).sum()) for h in heights[1:]]
        axis.plot(
            np.arange(2, len(gases) + 1),
            100.0 * (np.array(scale) / np.mean(scale[:4]) - 1.0),
            "o-",
            ms=3,
            color=colour,
            label=label,
        )
    axis.axvspan(6.5, 12.5, color="0.9")
    axis.text(9.5, 0.6, "20 Pa O$_2$ + 80 Pa N$_2$", ha="center", fontsize=8)
    axis.text(3.5, 0.6, "100 Pa H$_2$", ha="center", fontsize=8)
    axis.set(xlabel="frame", ylabel="apparent change of height, %", ylim=(None, 1.6))
    axis.legend(fontsize=8, loc="lower left")
    return figure
