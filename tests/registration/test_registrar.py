"""The registrar keeps frame 0 as it is and is the same resumed as uninterrupted."""

import numpy as np
import pytest

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader
from eclips4d.core.results import Surface
from eclips4d.registration import Registrar

SEGMENTS = 4
AZIMUTHS = np.deg2rad([45, 135, 225, 315])


def calibration() -> Calibration:
    contrast = tuple((0.5 * np.cos(a), -0.5 * np.sin(a)) for a in AZIMUTHS)
    return Calibration(
        gain=(1.0,) * 4,
        offset_adu=(0.0,) * 4,
        noise_slope_adu=(1.0,) * 4,
        noise_floor_adu2=(1.0,) * 4,
        flat=(1.0,) * 4,
        contrast=contrast,
    )


def header(k: int, shape: tuple[int, int, int]) -> FrameHeader:
    return FrameHeader(
        run_id="r",
        sequence=k,
        frame_id=k,
        start_s=5.0 * k,
        end_s=5.0 * k + 4.5,
        line_time_s=4.5 / shape[1],
        segments=("A", "B", "C", "D"),
        dtype="uint16",
        shape=shape,
        pixel_size_nm=(4.0, 4.0),
        rotation_deg=0.0,
        instrument="i",
    )


def frames(count: int, shape: tuple[int, int, int] = (4, 96, 80)) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    scene = rng.normal(size=(4, shape[1] + 32, shape[2] + 32))
    for axis in (1, 2):
        scene = (scene + np.roll(scene, 1, axis) + np.roll(scene, -1, axis)) / 3
    scene = 2000 + 600 * scene
    return [
        rng.poisson(scene[:, 16 - k : 16 - k + shape[1], 16 + k : 16 + k + shape[2]]).astype(np.uint16)
        for k in range(count)
    ]


def surface(shape: tuple[int, ...]) -> Surface:
    rng = np.random.default_rng(1)
    plane = rng.normal(size=shape).astype(np.float32)
    return Surface(np.stack([plane, -plane]), np.abs(plane), plane, np.abs(plane), plane, np.full(shape, 50, np.uint8))


@pytest.mark.parametrize("cut", [0, 1, 3, 5])
def test_a_resumed_registrar_gives_the_same_bits(cut: int) -> None:
    data = frames(6)
    shape = data[0].shape
    whole = Registrar.start(header(0, shape), data[0], calibration())
    resumed = Registrar.start(header(0, shape), data[0], calibration())
    for k, raw in enumerate(data):
        if k == cut:
            resumed = Registrar.resume(header(0, shape), data[0], calibration(), resumed.state())
        a = whole.register(header(k, shape), raw, surface(shape[1:]))
        b = resumed.register(header(k, shape), raw, surface(shape[1:]))
        assert a.drift == b.drift
        for name, plane in a.surface.planes().items():
            assert plane.tobytes() == b.surface.planes()[name].tobytes()
    assert whole.state() == resumed.state()
    assert len(whole.state()) < 1024


def test_the_reference_is_not_moved() -> None:
    data = frames(1)
    registered = Registrar.start(header(0, data[0].shape), data[0], calibration()).register(
        header(0, data[0].shape), data[0], surface(data[0].shape[1:])
    )
    assert registered.drift.start == (0.0, 0.0)
    assert registered.drift.aligned
    for name, plane in surface(data[0].shape[1:]).planes().items():
        assert np.array_equal(plane, registered.surface.planes()[name])
