"""What a run may meet: jumps, garbage, other places, slow ways far off, steps that flow."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from shifted_frames import calibration, frame, header, series, surface

from eclips4d.core.results import Drift
from eclips4d.pipeline.bench.registration.moving import scenes
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION
from eclips4d.registration import Registrar, track
from eclips4d.registration.placing import Placer
from eclips4d.registration.registrar import frames_needed

SHAPE = (160, 176)
SCENE = series(waves=300, seed=31)


def scanned(places: list[tuple[float, float]], jumps: tuple[int, ...] = ()) -> list[np.ndarray]:
    """Frames that begin at these places and drift on to the next one, but for jumps before these frames."""
    frames = []
    for k, place in enumerate(places):
        still = k + 1 == len(places) or k + 1 in jumps
        onwards = np.zeros(2) if still else 0.9 * np.subtract(places[k + 1], place)
        frames.append(frame(SCENE, SHAPE, place, tuple(onwards), seed=k))
    return frames


def follow(frames: list[np.ndarray]) -> tuple[list[Drift], list[tuple[int, str]]]:
    """Every second frame is located by a registrar that has been resumed."""
    registrar, drifts, events = Registrar.start(header(0, frames[0]), frames[0], calibration()), [], []
    for k, raw in enumerate(frames):
        if k % 2 and k > 1:
            state = registrar.state()
            registrar = Registrar.resume(state, {s: frames[s] for s in frames_needed(state)}, calibration())
        drifts.append(registrar.locate(header(k, raw), raw))
        events += [(k, event) for event in registrar.events]
    return drifts, events


def test_a_jump_is_followed_and_told() -> None:
    places = [(0.0, 0.0), (0.3, -0.2), (0.5, 0.1), (60.4, -30.6), (60.6, -30.8), (60.9, -31.0)]
    drifts, events = follow(scanned(places, jumps=(3,)))
    for drift, place in zip(drifts, places, strict=True):
        assert drift.aligned
        assert drift.start == pytest.approx(place, abs=0.05)
    assert [(k, event[:4]) for k, event in events] == [(3, "jump")]
    assert re.search(r"jump by (59|60)\.\d rows, -3[01]\.\d columns", events[0][1])


def test_a_slow_way_far_off_goes_over_several_grids() -> None:
    places = [(11.0 * k, -7.0 * k) for k in range(24)]
    frames = [frame(SCENE, SHAPE, p, (9.9, -6.3), seed=k) for k, p in enumerate(places)]
    drifts, events = follow(frames)
    assert all(drift.aligned for drift in drifts)
    errors = np.array([d.start for d in drifts]) - places
    assert np.abs(errors).max() < 0.15
    references = [d.reference for d in drifts]
    assert len(set(references)) >= 4
    assert references == sorted(references)
    assert [k for k, event in events if "new grid" in event] == sorted(set(references) - {0})
    # Chained errors are known as such: the stated sd grows, and covers them.
    sd = np.array([d.sd for d in drifts])
    assert sd[-1].max() > sd[3].max()
    assert np.sqrt(np.mean((errors[1:] / sd[1:]) ** 2)) < 2.0


def garbage(kind: str, k: int) -> np.ndarray:
    rng = np.random.default_rng(k)
    match kind:
        case "noise":
            return rng.poisson(2000, (4, *SHAPE)).astype(np.uint16)
        case "black":
            return np.zeros((4, *SHAPE), np.uint16)
        case "saturated":
            return np.full((4, *SHAPE), 65535, np.uint16)
        case _:
            return frame(series(waves=150, seed=1000 + k), SHAPE, seed=k)


@pytest.mark.parametrize("kind", ["noise", "black", "saturated", "other scenes"])
def test_ten_frames_of_garbage_are_survived(kind: str) -> None:
    places = [(0.4 * k, -0.3 * k) for k in range(16)]
    frames = [frame(SCENE, SHAPE, p, (0.36, -0.27), seed=k) for k, p in enumerate(places)]
    frames[4:14] = [garbage(kind, k) for k in range(10)]
    drifts, events = follow(frames)
    assert [d.aligned for d in drifts] == [True] * 4 + [False] * 10 + [True] * 2
    for k in (3, 14, 15):
        assert drifts[k].start == pytest.approx(places[k], abs=0.05)
    assert {d.reference for d in drifts} == {0}
    assert not [event for _, event in events if "grid" in event]


def test_another_place_becomes_a_new_grid_after_three_frames() -> None:
    here = [(0.1 * k, 0.0) for k in range(3)]
    there = [(700.0 + 0.2 * k, 350.0 - 0.1 * k) for k in range(5)]
    drifts, events = follow(scanned(here + there, jumps=(3,)))
    assert [d.aligned for d in drifts] == [True] * 3 + [False] * 3 + [True] * 2
    assert [d.reference for d in drifts] == [0] * 5 + [5] * 3
    assert [k for k, event in events if "nothing that was known" in event] == [5]
    assert np.subtract(drifts[7].start, drifts[5].start) == pytest.approx((0.4, -0.2), abs=0.05)
    assert min(drifts[7].sd) > 100.0  # nobody knows how far away it is


def flowing(t: int, drift: np.ndarray, seed: int) -> np.ndarray:
    """Roughness that stays, wavy steps that flow by three pixels a frame, drift of both."""
    shape, margin = (224, 240), 16
    y, x = np.mgrid[: shape[0] + 2 * margin, : shape[1] + 2 * margin].astype(float)
    rough = gaussian_filter(np.random.default_rng(0).normal(size=x.shape), 1.5)
    gy, gx = np.gradient(rough)
    phase = x + 6 * np.sin(y / 25) - 3.0 * t
    riser = np.exp(-0.5 * (((phase % 48) - 24) / 2.5) ** 2)
    gx, gy = 0.06 * gx / gx.std() + 0.6 * riser, 0.06 * gy / gy.std() + 0.6 * riser * 6 / 25 * np.cos(y / 25)
    whole = np.round(drift).astype(int)
    cut = np.s_[margin - whole[0] : margin - whole[0] + shape[0], margin - whole[1] : margin - whole[1] + shape[1]]
    azimuth = np.pi / 2 * (np.arange(4) + 0.5)
    scene = 3000 * (1 - 0.5 * (np.cos(azimuth)[:, None, None] * gx[cut] - np.sin(azimuth)[:, None, None] * gy[cut]))
    return np.random.default_rng(seed).poisson(scene).astype(np.uint16)


def test_flowing_steps_are_not_followed() -> None:
    drift = np.cumsum(np.random.default_rng(6).integers(-1, 2, (14, 2)), axis=0)
    drift -= drift[0]
    drifts, _ = follow([flowing(t, d, seed=t) for t, d in enumerate(drift)])
    errors = np.array([d.start for d in drifts]) - drift
    # Drift in whole pixels between frames, none within: not what the filter expects, hence the margin.
    assert all(d.aligned for d in drifts)
    assert np.sqrt(np.mean(errors**2)) < 0.25
    assert np.abs(np.polyfit(np.arange(14), errors, 1)[0]).max() < 0.02


def winding(turn: float, drift: np.ndarray, spacing: float, seed: int) -> np.ndarray:
    """A spiral that winds on, and nothing that stays; drift of its core."""
    y, x = np.mgrid[:160, :160] - 79.7 - drift[:, None, None]
    radius = np.hypot(y, x) + 1e-6
    along = (radius / spacing - np.arctan2(y, x) / (2 * np.pi) - turn) % 1.0 - 0.5
    riser = 0.6 * np.exp(-0.5 * (along * spacing / 2.0) ** 2) / radius
    azimuth = np.pi / 2 * (np.arange(4) + 0.5)
    scene = 1000 * (1 + 0.5 * riser * (np.cos(azimuth)[:, None, None] * x - np.sin(azimuth)[:, None, None] * y))
    return np.random.default_rng(seed).poisson(scene).astype(np.uint16)


@pytest.mark.parametrize(("spacing", "turn"), [(20.0, 0.03), (20.0, 0.07), (40.0, 0.07), (40.0, 0.2)])
def test_of_a_bare_spiral_nothing_is_stated_that_is_wrong(spacing: float, turn: float) -> None:
    drift = 0.4 * np.cumsum(np.random.default_rng(3).normal(size=(8, 2)), axis=0)
    drift -= drift[0]
    drifts, events = follow([winding(turn * t, d, spacing, seed=t) for t, d in enumerate(drift)])
    errors, sd = np.array([d.start for d in drifts]) - drift, np.array([d.sd for d in drifts])
    assert (np.abs(errors[1:]) < 4.0 * sd[1:]).all()
    lost = [k for k, d in enumerate(drifts) if not d.aligned]
    assert [k for k, event in events if "not aligned" in event] == [k for k in lost if k - 1 not in lost]


def test_times_that_are_wrong_do_not_end_the_run() -> None:
    frames = scanned([(0.4 * k, -0.3 * k) for k in range(6)])
    registrar = Registrar.start(header(0, frames[0]), frames[0], calibration())
    for k, raw in enumerate(frames):
        told = header(k, raw, interval_s=0.0 if k < 4 else -1.0)
        registered = registrar.register(told, raw, surface(SHAPE))
        assert np.isfinite([*registered.drift.start, *registered.drift.rate]).all()
        assert registered.drift.start == pytest.approx((0.4 * k, -0.3 * k), abs=1.0)


@pytest.mark.parametrize("move", [(10.0, 0.0), (20.0, 0.0), (26.0, -4.0)])
def test_a_jump_before_the_second_frame_is_seen_through(move: tuple[float, float]) -> None:
    places = [(0.0, 0.0), *[move] * 7]
    drifts, _ = follow(scanned(places, jumps=(1,)))
    assert drifts[-1].start == pytest.approx(move, abs=0.3)
    assert np.abs(drifts[-1].rate).max() < 0.5


@pytest.mark.parametrize("shape", [(1, 64), (8, 8), (16, 12), (33, 200), (2, 2048), (16, 4096), (1024, 2)])
def test_frames_of_odd_shapes(shape: tuple[int, int]) -> None:
    raws = [frame(series(waves=40, seed=3), shape, (0.2 * k, 0.1 * k), seed=k) for k in range(3)]
    registrar = Registrar.start(header(0, raws[0]), raws[0], calibration())
    for k, raw in enumerate(raws):
        assert np.isfinite(registrar.locate(header(k, raw), raw).start).all()


def test_the_first_frame_keeps_its_grid_when_the_second_begins_another() -> None:
    big = (192, 192)
    raws = [frame(SCENE, big, (0.0, 0.0), seed=0), *[frame(SCENE, big, (62.0, 62.0), seed=k) for k in (1, 2)]]
    placer = Placer(Registrar.start(header(0, raws[0]), raws[0], calibration()))
    placed = [p for k, raw in enumerate(raws) for p in placer.take(header(k, raw), raw, surface(big))]
    assert [p.sequence for p in placed] == [0, 1, 2]
    assert placed[0].registered.drift.reference == 0
    assert np.isfinite(placed[0].registered.surface.height).mean() > 0.9


def test_what_has_proved_to_stay_is_resumed_bit_for_bit() -> None:
    frames = [flowing(t, np.array([0, t % 2]), seed=t) for t in range(6)]
    through = Registrar.start(header(0, frames[0]), frames[0], calibration())
    planes = [surface(frames[0].shape[1:], seed=k) for k in range(6)]
    resumed = through
    for k, raw in enumerate(frames):
        told = [by.register(header(k, raw), raw, planes[k]) for by in {id(b): b for b in (through, resumed)}.values()]
        assert told[0].drift == told[-1].drift
        assert told[0].datum == told[-1].datum or not told[0].datum.observable
        assert through.state() == resumed.state()
        state = through.state()
        resumed = Registrar.resume(state, {s: frames[s] for s in frames_needed(state)}, calibration())
    known = through.memory.staying
    assert through.memory.evolving
    assert known.stray
    assert min(known.still) < 128 < max(known.still)
    assert len(state) < 20 * 1024


def test_a_still_scene_remembers_nothing_of_the_kind() -> None:
    frames = scanned([(0.2 * k, 0.0) for k in range(3)])
    registrar = Registrar.start(header(0, frames[0]), frames[0], calibration())
    for k, raw in enumerate(frames):
        registrar.locate(header(k, raw), raw)
    assert not registrar.memory.staying.stray
    assert not registrar.memory.staying.still


@pytest.mark.parametrize("seed", [0, 1])
def test_a_shift_that_slow_steps_carry_along_is_not_stated_as_sure(seed: int) -> None:
    """A tenth of the gradient energy flows by a twentieth of a pixel a frame: for frames the whole looks still."""
    movie = scenes.movie("risers", 0.1, 0.05, seed)
    drifts = track.follow(movie.with_headers(), CALIBRATION).live[1:]
    error = np.array([drift.start for drift in drifts]) - movie.truth[1:]
    sd = np.array([drift.sd for drift in drifts])
    assert np.sqrt((error**2).mean()) > 0.01
    assert np.sqrt(np.mean((error / sd) ** 2)) < 2.5
    assert (sd < 0.1).all()


def still(t: int) -> np.ndarray:
    return frame(SCENE, SHAPE, (0.3 * t, -0.2 * t), seed=t)


def evolving(t: int) -> np.ndarray:
    return flowing(t, np.array([0.2, -0.1]) * t, t)


@pytest.mark.parametrize("scene", [still, evolving])
def test_looked_back_at_once_with_the_next_frame_or_after_a_restart(scene: Callable[[int], np.ndarray]) -> None:
    frames = [scene(t) for t in range(10)]
    early, late, again = (Registrar.start(header(0, frames[0]), frames[0], calibration()) for _ in range(3))
    for k, raw in enumerate(frames):
        found = [registrar.locate(header(k, raw), raw) for registrar in (early, late, again)]
        assert found[0] == found[1] == found[2]
        early.look_back()
        assert early.state() == late.state(), "what is found out belongs to the next frame"
        state = again.state()
        again = Registrar.resume(state, {s: frames[s] for s in frames_needed(state)}, calibration())
    assert early.memory.evolving == (scene is evolving)
