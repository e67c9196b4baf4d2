"""The trials: velocities along lines clear of particles, numbers of steps on any line, events, and steps too fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.metrology.movie import Movie
from eclips4d.metrology.profiles.line import Line
from eclips4d.metrology.steps.alias import HALF
from eclips4d.metrology.steps.events import Event
from eclips4d.metrology.steps.follow import Finding
from eclips4d.metrology.steps.measure import follow_line, follow_lines
from eclips4d.metrology.steps.table import step_table
from eclips4d.physics.scenes.stepflow import Stepflow
from eclips4d.pipeline.bench.metrology.steps.flow import Crossings
from eclips4d.pipeline.bench.metrology.steps.happenings import Happening, HappeningScene, happening_scene
from eclips4d.pipeline.bench.metrology.steps.judged import Judged, judge
from eclips4d.pipeline.bench.metrology.steps.lines import clear_lines
from eclips4d.pipeline.bench.metrology.steps.movies import movies

DOSES = (300.0, 1000.0, 3000.0)
SIZE, PIXEL_NM = 192, 4.0
WIDTH_NM = 40.0
FLOW_FRAMES = 20
FLOW = f"size={SIZE}&pixel_nm={PIXEL_NM:g}&azimuths=16&supersample=2&drift_px=0.3&velocity_nm_s=6&wave_s=240"
EVENT_SIZE, EVENT_FRAMES, EVENT_FPS = 144, 60, 2.0
EVENT_DOSES = (DOSES[0], DOSES[-1])
NEAR_NM, NEAR_S = 45.0, 7.0
"""Within which an event that is found is the one that happened: two risers are told apart from 25 nm on, which steps
that part or close at 4 nm/s are after 6 s."""
FAST_FRAMES, FAST_SIZE, FAST_SHARE, FAST_SPACING_NM, FAST_INSTANTS = 6, 144, 0.66, 120.0, 18


@dataclass(frozen=True, slots=True, eq=False)
class FlowTrial:
    """One line of one movie."""

    dose: float
    seed: int
    judged: Judged


def flow_trials(seed: int, *, particles_in_the_way: bool) -> list[FlowTrial]:
    """Steps that flow at speeds of their own, at every dose.

    Parameters
    ----------
    particles_in_the_way
        Lines anywhere in the scene as it is, instead of beside the particles of one without oxide patches.
    """
    options = "" if particles_in_the_way else "&patches_per_um2=0"
    address = f"sim://stepflow?{FLOW}&seed={seed}{options}"
    scene = _stepflow(address)
    middle = 0.5 * (SIZE - 1) * PIXEL_NM
    lines = _middle_lines() if particles_in_the_way else _clear(scene)
    found = []
    for dose, movie in movies(address, FLOW_FRAMES, DOSES[1:2] if particles_in_the_way else DOSES):
        found += [
            FlowTrial(dose, seed, judge(line, Crossings(scene, line.line, (middle, middle))))
            for line in follow_lines(movie, lines, WIDTH_NM)
        ]
    return found


def _stepflow(address: str) -> Stepflow:
    scene = simulated_microscope(address).scene
    assert isinstance(scene, Stepflow)
    return scene


def _clear(scene: Stepflow, size: int = SIZE) -> list[Line]:
    return clear_lines((size - 1) * PIXEL_NM, scene.options.flow_deg, scene.particles, WIDTH_NM)


def _middle_lines() -> list[Line]:
    side = (SIZE - 1) * PIXEL_NM
    return [((30.0, y * side), (side - 30.0, (y - 0.4) * side)) for y in (0.55, 0.7, 0.85)]


@dataclass(frozen=True, slots=True, eq=False)
class EventTrial:
    """What happened on one movie's line and what was found."""

    dose: float
    seed: int
    happened: tuple[Happening, ...]
    found: tuple[Event, ...]


def event_trials(seed: int) -> list[EventTrial]:
    """A birth, a merger and an annihilation side by side, at the lowest and the highest dose."""
    address = f"sim://flat?size={EVENT_SIZE}&pixel_nm=4&azimuths=16&drift_px=0.2&fps={EVENT_FPS:g}&seed={seed}"
    line, scene = _event_scene(seed)
    found = []
    for dose, movie in movies(address, EVENT_FRAMES, EVENT_DOSES, scene=scene):
        followed = follow_line(movie, line, WIDTH_NM, Finding(least_height_nm=1.5))
        happened = _on_line(scene.happenings, followed.length_nm)
        found.append(EventTrial(dose, seed, happened, followed.events))
    return found


def _event_scene(seed: int) -> tuple[Line, HappeningScene]:
    side = (EVENT_SIZE - 1) * 4.0
    length = 0.94 * side
    scene = happening_scene(length, EVENT_FRAMES / EVENT_FPS, seed)
    angle = np.radians(scene.flow_deg)
    unit, middle = np.array([np.cos(angle), -np.sin(angle)]), np.full(2, 0.5 * side)
    a, b = (tuple(float(v) for v in middle + s * 0.5 * length * unit) for s in (-1.0, 1.0))
    return ((a[0], a[1]), (b[0], b[1])), scene


def _on_line(happenings: tuple[Happening, ...], length_nm: float) -> tuple[Happening, ...]:
    return tuple(
        Happening(h.kind, h.at_nm + 0.5 * length_nm, h.time_s, h.speed_nm_s, h.closing_nm_s, h.height_nm)
        for h in happenings
    )


def matched(trial: EventTrial, kinds: tuple[str, ...]) -> tuple[int, int, int]:
    """How many of some kinds were found, how many were found that did not happen, and how many were missed."""
    found = [event for event in trial.found if event.kind in kinds]
    wanted = [happening for happening in trial.happened if happening.kind in kinds]
    hits = 0
    for happening in wanted:
        near = [event for event in found if _same(event, happening)]
        if near:
            hits += 1
            found.remove(min(near, key=lambda event: abs(event.time_s - happening.time_s)))
    return hits, len(found), len(wanted) - hits


def _same(event: Event, happening: Happening) -> bool:
    near = abs(event.position_nm - happening.at_nm) < NEAR_NM
    return event.kind == happening.kind and near and abs(event.time_s - happening.time_s) < NEAR_S


@dataclass(frozen=True, slots=True)
class FastTrial:
    """Steps of one movie that move too far between frames, or not, and for how many it is said."""

    too_fast: bool
    steps: int
    reported: int


def fast_trials(seed: int) -> list[FastTrial]:
    """Evenly spaced steps at 0.66 of their spacing per frame, and at a twentieth."""
    found = []
    for share in (FAST_SHARE, 0.05):
        speed = share * FAST_SPACING_NM * 2.0
        address = (
            f"sim://stepflow?size={FAST_SIZE}&azimuths=16&drift_px=0.2&fps=2&seed={seed}&velocity_nm_s={speed:g}"
            f"&spacing_nm={FAST_SPACING_NM:g}&bunching=0&meander_nm=8&patches_per_um2=0"
        )
        lines = _clear(_stepflow(address), FAST_SIZE)
        instants = FAST_INSTANTS if share > HALF else 1
        for _, movie in movies(address, FAST_FRAMES, (1000.0,), instants=instants):
            found.append(_fast(movie, lines, share > HALF))
    return found


def _fast(movie: Movie, lines: list[Line], too_fast: bool) -> FastTrial:
    table = step_table(follow_lines(movie, lines, WIDTH_NM, Finding(least_height_nm=4.0)))
    steps = table.groupby(["line", "step_id"])["aliased"].first().to_numpy(np.bool_)
    return FastTrial(too_fast, int(steps.size), int(steps.sum()))


def pooled(trials: list[FlowTrial], name: str) -> NDArray[np.float64]:
    """One array of all trials."""
    return np.concatenate([getattr(trial.judged, name) for trial in trials])
