"""Movies of one scene at several doses: rendered once, counted, read out, inverted and registered at each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from msgspec.structs import replace as replace_struct
from numpy.typing import NDArray

from eclips4d.acquisition.recording import read_only
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.metrology.movie import Movie
from eclips4d.physics.microscope.readout import read_out
from eclips4d.physics.scenes.scene import Labels
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.pipeline.bench.metrology.simulated import movie_from
from eclips4d.pipeline.bench.metrology.spirals.dusted import dusted

F64 = NDArray[np.float64]

RENDERED_DOSE = 1000
SIZE, PIXEL_NM, FRAMES, FPS = 192, 4.0, 8, 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A movie beside what it should show.

    Attributes
    ----------
    movie : Movie
    cores : float64 [n, 3]
        x, y (nm, on the movie's grid) and sense.
    labels : dict
        Of the scene.
    dose : int
    seed : int
    """

    movie: Movie
    cores: F64
    labels: dict[str, Any]
    dose: int
    seed: int


def recorded(what: str, seed: int, doses: tuple[int, ...], frames: int = FRAMES) -> list[Recorded]:
    """One scene at several doses.

    Parameters
    ----------
    what
        Options of the scene, as in an address: `cores=2&spacing_nm=160`.
    """
    rendered = _rendered(what, seed, frames)
    labels = dict(rendered.labels)
    cores = np.array(labels["cores"], np.float64)
    cores[:, :2] += 0.5 * (SIZE - 1) * PIXEL_NM
    return [Recorded(_movie(what, seed, dose, rendered), cores, labels, dose, seed) for dose in doses]


def _simulation(what: str, seed: int, dose: int) -> SimulatedMicroscope:
    address = f"sim://spiral?size={SIZE}&seed={seed}&dose={dose}&pixel_nm={PIXEL_NM:g}&fps={FPS}&supersample=2&{what}"
    return simulated_microscope(address)


@dataclass(frozen=True, slots=True, eq=False)
class _Rendered:
    """Expected electrons of each frame at `RENDERED_DOSE`, without noise, and what stands beside them."""

    electrons: tuple[NDArray[np.float32], ...]
    headers: tuple[FrameHeader, ...]
    labels: Labels


@lru_cache(maxsize=1)
def _rendered(what: str, seed: int, frames: int) -> _Rendered:
    """Spirals grow for seconds until they repeat: once per scene."""
    simulation = _simulation(what, seed, RENDERED_DOSE)
    scene = dusted(simulation.scene, (1.25 * SIZE * PIXEL_NM, 1.25 * SIZE * PIXEL_NM), seed)
    microscope = simulation.microscope
    return _Rendered(
        tuple(microscope.expected_electrons(scene, simulation.exposure(k)) for k in range(frames)),
        tuple(simulation.header(k) for k in range(frames)),
        scene.labels(),
    )


def _movie(what: str, seed: int, dose: int, rendered: _Rendered) -> Movie:
    simulation = _simulation(what, seed, dose)
    scaled = (each * np.float32(dose / RENDERED_DOSE) for each in rendered.electrons)
    taken = tuple(
        _frame(simulation, replace_struct(header, instrument=simulation.instrument.fingerprint), electrons)
        for header, electrons in zip(rendered.headers, scaled, strict=True)
    )
    return movie_from(taken, simulation.instrument)


def _frame(simulation: SimulatedMicroscope, header: FrameHeader, electrons: NDArray[np.float32]) -> Frame:
    random = np.random.default_rng([simulation.settings.seed, 3, header.sequence, round(simulation.dose)])
    microscope = simulation.microscope
    count_electrons(electrons, microscope.excess_noise, random)
    times = header.start_s + header.line_time_s * np.arange(electrons.shape[1], dtype=np.float64)
    data = read_out(
        electrons,
        simulation.instrument,
        microscope.gain,
        microscope.offset_adu,
        times,
        None,
        microscope.effects,
        random,
    )
    return Frame(header, read_only(data))
