"""Movies of one scene at several doses: rendered once, counted anew for each dose, and put through the chain."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.frame import Frame
from eclips4d.metrology.movie import Movie
from eclips4d.physics.microscope.readout import read_out
from eclips4d.physics.scenes import Labels, Lines, Scene
from eclips4d.physics.scenes.scene import FloatArray
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.pipeline.bench.metrology.simulated import movie_from

RENDERED_DOSE = 1000.0
Electrons = NDArray[np.float32]


def movies(
    address: str,
    frames: int,
    doses: tuple[float, ...],
    *,
    scene: Scene | None = None,
    still: bool = False,
    instants: int = 1,
) -> Iterator[tuple[float, Movie]]:
    """Each dose with what the chain makes of it.

    Parameters
    ----------
    address
        `sim://SCENE?…` without a dose.
    frames
        How many.
    doses
        Electrons per pixel and segment on a flat area.
    scene
        Looked at instead of the address's own.
    still
        The scene does not change and nothing drifts: one rendering does for all frames.
    instants
        Into how many blocks of rows a frame is divided, each rendered of the surface as it was at its own instant.
        With 1 the simulator sees the surface as scanned, whose slopes are sheared where it moves fast.
    """
    simulation = simulated_microscope(f"{address}&dose={RENDERED_DOSE:g}")
    shown = simulation.scene if scene is None else scene
    rendered = [_rendered(simulation, shown, k, instants) for k in range(1 if still else frames)]
    for dose in doses:
        counted = simulated_microscope(f"{address}&dose={dose:g}")
        taken = tuple(_frame(counted, rendered[0 if still else k], dose, k, address) for k in range(frames))
        yield dose, movie_from(taken, counted.instrument)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A scene as it is at one instant, whenever it is looked at."""

    scene: Scene
    time_s: float

    @property
    def side_units(self) -> Mapping[str, str]:
        """The scene's."""
        return self.scene.side_units

    def side(self, t_s: float) -> dict[str, float]:
        """The scene's, at its instant."""
        return self.scene.side(self.time_s)

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines at its instant; see `Scene.lines`."""
        return self.scene.lines(x0_nm, step_nm, count, y_nm, np.full_like(np.asarray(t_s, np.float64), self.time_s))

    def labels(self) -> Labels:
        """The scene's."""
        return self.scene.labels()


def _rendered(simulation: SimulatedMicroscope, scene: Scene, k: int, instants: int) -> Electrons:
    exposure, microscope = simulation.exposure(k), simulation.microscope
    if instants == 1:
        return microscope.expected_electrons(scene, exposure)
    blocks = np.array_split(np.arange(simulation.shape[1]), instants)
    parts = []
    for rows in blocks:
        instant = exposure.start_s + simulation.line_time_s * float(rows.mean())
        parts.append(microscope.expected_electrons(Frozen(scene, instant), exposure)[:, rows])
    return np.concatenate(parts, axis=1)


def _frame(simulation: SimulatedMicroscope, rendered: Electrons, dose: float, k: int, address: str) -> Frame:
    microscope = simulation.microscope
    random = np.random.default_rng([zlib.crc32(f"{address}, {dose:g}".encode()), k])
    electrons = count_electrons(rendered * np.float32(dose / RENDERED_DOSE), microscope.excess_noise, random)
    times = simulation.exposure(k).start_s + simulation.line_time_s * np.arange(electrons.shape[1], dtype=np.float64)
    levels = microscope.gain, microscope.offset_adu
    data = read_out(electrons, microscope.instrument, *levels, times, None, microscope.effects, random)
    return Frame(simulation.header(k), data)
