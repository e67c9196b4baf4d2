"""The registrar: frame 0 as it is, later frames where they belong, the same bits resumed as uninterrupted."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shifted_frames import calibration, frame, header, series, surface

from eclips4d.core.errors import InputError
from eclips4d.registration import Registrar
from eclips4d.registration.memory import VERSION
from eclips4d.registration.registrar import frames_needed

SHAPE = (96, 80)
RATES = np.array([(0.9, -0.7), (0.2, 0.6), (-0.8, 0.3), (0.5, 0.5), (0.0, -1.0), (0.4, 0.1), (0.1, 0.2)])
STARTS = np.vstack([np.zeros(2), np.cumsum(RATES * 5.0 / 4.5, axis=0)])[:-1]


def recording() -> list[np.ndarray]:
    scene = series(waves=150, seed=21)
    data = [frame(scene, SHAPE, tuple(s), tuple(r), seed=k) for k, (s, r) in enumerate(zip(STARTS, RATES, strict=True))]
    data[4] = np.full_like(data[4], 300)  # a frame that cannot be aligned
    return data


DATA = recording()


def begin() -> Registrar:
    return Registrar.start(header(0, DATA[0]), DATA[0], calibration())


def test_drift_is_that_of_the_frame_start() -> None:
    registrar = begin()
    for k, raw in enumerate(DATA):
        drift = registrar.locate(header(k, raw), raw)
        if k == 4:
            assert not drift.aligned
            assert drift.sd[0] > 0.01
        else:
            assert drift.aligned
            assert drift.start == pytest.approx(STARTS[k], abs=0.02)
        if k not in (0, 4):
            assert drift.rate == pytest.approx(RATES[k], abs=0.05)


@settings(max_examples=12, deadline=None)
@given(st.sets(st.integers(0, len(DATA) - 1)))
def test_resumed_anywhere_it_gives_the_same_bits(cuts: set[int]) -> None:
    whole, resumed = begin(), begin()
    for k, raw in enumerate(DATA):
        if k in cuts:
            state = resumed.state()
            resumed = Registrar.resume(state, {s: DATA[s] for s in frames_needed(state)}, calibration())
        a, b = (r.register(header(k, raw), raw, surface(SHAPE)) for r in (whole, resumed))
        assert a.drift == b.drift
        for name, plane in a.surface.planes().items():
            assert plane.tobytes() == b.surface.planes()[name].tobytes()
    assert whole.state() == resumed.state()
    assert len(whole.state()) < 24 * 1024


def test_later_frames_do_not_change_earlier_results() -> None:
    alone, followed = begin(), begin()
    first = alone.locate(header(1, DATA[1]), DATA[1])
    assert followed.locate(header(1, DATA[1]), DATA[1]) == first
    followed.locate(header(2, DATA[2]), DATA[2])
    assert alone.locate(header(2, DATA[2]), DATA[2]) == begin_and_locate([1, 2])


def begin_and_locate(sequences: list[int]) -> object:
    registrar = begin()
    return [registrar.locate(header(k, DATA[k]), DATA[k]) for k in sequences][-1]


def test_the_reference_is_not_moved() -> None:
    registered = begin().register(header(0, DATA[0]), DATA[0], surface(SHAPE))
    assert registered.drift.start == registered.drift.rate == (0.0, 0.0)
    assert registered.drift.aligned
    for name, plane in surface(SHAPE).planes().items():
        assert np.array_equal(plane, registered.surface.planes()[name])


def test_a_gap_in_the_sequence_is_bridged() -> None:
    registrar = begin()
    registrar.locate(header(1, DATA[1]), DATA[1])
    drift = registrar.locate(header(6, DATA[6]), DATA[6])
    assert drift.start == pytest.approx(STARTS[6], abs=0.03)


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"\xc1",
        b"nonsense",
        msgspec.msgpack.encode((99, [0.0, 0.0, [], [], 0])),
        msgspec.msgpack.encode((VERSION, [[], 1])),
    ],
)
def test_a_foreign_state_is_refused(state: bytes) -> None:
    with pytest.raises(InputError, match="state"):
        Registrar.resume(state, {0: DATA[0]}, calibration())


def test_a_state_that_contradicts_itself_is_refused() -> None:
    _, memory = msgspec.msgpack.decode(begin().state())
    memory[0][3] = memory[0][3][:-1]
    with pytest.raises(InputError, match="contradicts itself"):
        Registrar.resume(msgspec.msgpack.encode((VERSION, memory)), {0: DATA[0]}, calibration())


def test_a_missing_frame_is_named() -> None:
    registrar = begin()
    registrar.locate(header(1, DATA[1]), DATA[1])
    with pytest.raises(InputError, match=r"without frames \[1\]"):
        Registrar.resume(registrar.state(), {0: DATA[0]}, calibration())


def test_another_shape_is_refused() -> None:
    small = DATA[1][:, :50].copy()
    with pytest.raises(InputError, match="shape"):
        begin().locate(header(1, small), small)


def test_a_calibration_for_other_segments_is_refused() -> None:
    with pytest.raises(InputError, match="segments"):
        Registrar.start(header(0, DATA[0]), DATA[0], calibration(3))


def test_a_flat_reference_aligns_nothing() -> None:
    flat = np.full((4, *SHAPE), 700, np.uint16)
    registrar = Registrar.start(header(0, flat), flat, calibration())
    assert not registrar.locate(header(1, flat), flat).aligned
    assert not registrar.locate(header(2, DATA[2]), DATA[2]).aligned


def test_frames_taken_in_an_instant() -> None:
    scene, shifts = series(waves=150, seed=22), [(0.0, 0.0), (0.7, -1.2), (1.9, 0.4)]
    data = [frame(scene, SHAPE, s, seed=k) for k, s in enumerate(shifts)]
    registrar = Registrar.start(header(0, data[0], scan_s=0.0), data[0], calibration())
    for k, raw in enumerate(data):
        drift = registrar.locate(header(k, raw, scan_s=0.0), raw)
        assert drift.start == pytest.approx(shifts[k], abs=0.02)
        assert drift.rate == (0.0, 0.0)


def test_the_same_bits_in_another_process_with_other_threads() -> None:
    code = (
        "import sys; sys.path[:0] = %r\n"
        "import test_registrar as t\n"
        "r = t.begin()\n"
        "[r.locate(t.header(k, raw), raw) for k, raw in enumerate(t.DATA)]\n"
        "print(r.state().hex())"
    ) % [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]
    states = set()
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, threads)
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        states.add(done.stdout.strip())
    here = begin()
    for k, raw in enumerate(DATA):
        here.locate(header(k, raw), raw)
    assert states == {here.state().hex()}
