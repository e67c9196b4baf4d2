"""The first frame waits for the second, which shows how far the content drifted meanwhile."""

import numpy as np
import pytest
from shifted_frames import calibration, frame, header, series

from eclips4d.core.results import Surface
from eclips4d.registration import Registrar
from eclips4d.registration.placing import Placed, Placer
from eclips4d.registration.registrar import frames_needed

SHAPE = (96, 112)
SCENE = series(waves=150, seed=41)
RATES = [(1.8, -1.3), (0.4, 0.7), (-0.6, 0.2)]
STARTS = np.vstack([np.zeros(2), np.cumsum(np.array(RATES) * 5.0 / 4.5, axis=0)])[:-1]
DATA = [frame(SCENE, SHAPE, tuple(s), r, seed=k) for k, (s, r) in enumerate(zip(STARTS, RATES, strict=True))]


def surface(k: int) -> Surface:
    """A height that shows the content where the scan saw it."""
    part = np.arange(SHAPE[0]) / (SHAPE[0] - 1)
    y = np.arange(SHAPE[0]) - STARTS[k][0] - RATES[k][0] * part
    x = np.arange(SHAPE[1])[None, :] - STARTS[k][1] - (RATES[k][1] * part)[:, None]
    height = SCENE.at(y, x)[0].astype(np.float32)
    sd = np.full(SHAPE, 0.01, np.float32)
    return Surface(np.stack([height, height]), sd, height, sd, sd, np.full(SHAPE, 50, np.uint8))


def truth() -> np.ndarray:
    x = np.arange(SHAPE[1])[None, :] + np.zeros((SHAPE[0], 1))
    return SCENE.at(np.arange(SHAPE[0], dtype=float), x)[0]


def placer() -> Placer:
    return Placer(Registrar.start(header(0, DATA[0]), DATA[0], calibration()))


def taken(by: Placer, *sequences: int) -> list[Placed]:
    return [placed for k in sequences for placed in by.take(header(k, DATA[k]), DATA[k], surface(k))]


def test_the_first_frame_comes_with_the_second_and_is_as_true() -> None:
    by = placer()
    assert taken(by, 0) == []
    assert by.waiting == 0
    placed = taken(by, 1, 2)
    assert by.waiting is None
    assert [p.sequence for p in placed] == [0, 1, 2]
    assert placed[0].registered.drift.start == (0.0, 0.0)
    assert placed[0].registered.drift.rate == pytest.approx(RATES[0], abs=0.06)
    inside = np.s_[8:-8, 8:-8]
    for p in placed:
        error = (p.registered.surface.height - truth())[inside]
        assert np.sqrt(np.mean(error**2)) < 0.05 * truth()[inside].std()


def test_alone_it_is_taken_as_it_is() -> None:
    by = placer()
    taken(by, 0)
    (placed,) = by.no_more()
    assert placed.registered.drift.rate == (0.0, 0.0)
    assert np.array_equal(placed.registered.surface.height, surface(0).height)
    assert by.no_more() == ()


def test_a_frame_taken_in_an_instant_does_not_wait() -> None:
    registrar = Registrar.start(header(0, DATA[0], scan_s=0.0), DATA[0], calibration())
    assert len(Placer(registrar).take(header(0, DATA[0], scan_s=0.0), DATA[0], surface(0))) == 1


@pytest.mark.parametrize("after", [0, 1])
def test_resumed_after_any_of_them_the_rest_has_the_same_bits(after: int) -> None:
    whole = taken(placer(), 0, 1, 2)
    state = whole[after].state
    resumed = Placer(Registrar.resume(state, {s: DATA[s] for s in frames_needed(state)}, calibration()))
    for a, b in zip(whole[after + 1 :], taken(resumed, *range(after + 1, 3)), strict=True):
        assert a.registered.drift == b.registered.drift
        assert a.registered.surface.height.tobytes() == b.registered.surface.height.tobytes()
        assert a.registered.datum == b.registered.datum
        assert a.state == b.state
