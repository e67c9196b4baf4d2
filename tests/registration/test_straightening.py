"""Rows that are displaced by themselves are found by the registrar, put straight, and remembered over a restart."""

import numpy as np
import pytest
from shifted_frames import calibration, header, series

from eclips4d.core.results import Surface
from eclips4d.registration import Registrar
from eclips4d.registration.registrar import frames_needed

SHAPE, FRAMES = (128, 128), 5
SCENE = series(waves=200, seed=51)
JITTER = np.random.default_rng(8).normal(0, 0.25, (FRAMES, SHAPE[0]))
JITTER[0] = 0.0


def places(k: int, size: float) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(SHAPE[1])[None, :] - 0.3 * k - size * JITTER[k][:, None]
    return np.arange(SHAPE[0]) + 0.2 * k, x


def scanned(k: int, size: float) -> np.ndarray:
    signal = 4000 * (1 + 0.3 * SCENE.at(*places(k, size)))
    return np.random.default_rng(k).poisson(signal).astype(np.uint16)


def surface(k: int, size: float) -> Surface:
    slope = SCENE.at(*places(k, size))[0].astype(np.float32)
    sd = np.full(SHAPE, 0.01, np.float32)
    return Surface(np.stack([slope, slope]), sd, 0 * slope, sd, sd, np.full(SHAPE, 50, np.uint8))


def slope_errors(size: float, resumed_at: int = -1) -> tuple[list[float], list[tuple[str, ...]]]:
    data = [scanned(k, size) for k in range(FRAMES)]
    heads = [header(k, raw, scan_s=0.0) for k, raw in enumerate(data)]
    registrar = Registrar.start(heads[0], data[0], calibration())
    truth = SCENE.at(np.arange(SHAPE[0], dtype=float), np.arange(SHAPE[1])[None, :] + np.zeros((SHAPE[0], 1)))[0]
    errors, events = [], []
    for k, raw in enumerate(data):
        if k == resumed_at:
            state = registrar.state()
            registrar = Registrar.resume(state, {s: data[s] for s in frames_needed(state)}, calibration())
        moved = registrar.register(heads[k], raw, surface(k, size)).surface.slope[0]
        errors.append(float(np.sqrt(np.nanmean((moved - truth)[8:-8, 8:-8] ** 2))))
        events.append(registrar.events)
    return errors, events


def test_displaced_rows_are_put_straight_and_told_once() -> None:
    jittery, events = slope_errors(1.0)
    straight, nothing = slope_errors(0.0)
    untouched = [float(np.std((surface(k, 1.0).slope - surface(k, 0.0).slope)[0])) for k in range(1, FRAMES)]
    for found, still, before in zip(jittery[1:], straight[1:], untouched, strict=True):
        assert found < 0.35 * before + 2 * still
    assert sum("rows are displaced" in event for told in events for event in told) == 1
    assert not any(nothing)


@pytest.mark.parametrize("at", [2, 3, 4])
def test_resumed_the_errors_are_the_same(at: int) -> None:
    assert slope_errors(1.0, at) == slope_errors(1.0)
