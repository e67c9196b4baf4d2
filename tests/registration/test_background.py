"""Between the steps: broad structure gone, strong structure faded out, roughness kept."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from shifted_frames import calibration

from eclips4d.registration.background import FINE_PX, _take_out_mean, background
from eclips4d.registration.reference import measure, prepare_reference


@pytest.mark.parametrize("shape", [(40, 33), (7, 5), (3, 20), (1, 1)])
def test_the_local_mean_against_brute_force(shape: tuple[int, int]) -> None:
    planes = np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32)
    out, reach = np.empty_like(planes), FINE_PX // 2
    _take_out_mean(planes, reach, out)
    for y in range(shape[0]):
        for x in range(shape[1]):
            near = planes[:, max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
            assert out[:, y, x] == pytest.approx(planes[:, y, x] - near.mean(axis=(1, 2)), abs=1e-5)


@pytest.mark.parametrize("shape", [(128, 128), (97, 131)])
def test_a_step_is_faded_out_and_roughness_kept(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    x = np.arange(shape[1])
    step = 30.0 * np.exp(-0.5 * ((x - shape[1] // 2) / 3.0) ** 2)
    channels = (rng.normal(size=(3, *shape)) + step).astype(np.float32)
    kept = background(channels)
    assert not kept[:, :, shape[1] // 2 - 4 : shape[1] // 2 + 5].any()
    assert kept[:, :, 10 : shape[1] // 2 - 30].std() > 0.4


def moving_step(place: float, drift: tuple[int, int], seed: int) -> np.ndarray:
    """Roughness that stays, a strong step that moves on its own, and drift of both."""
    rough = gaussian_filter(np.random.default_rng(0).normal(size=(280, 280)), 1.0)
    gy, gx = np.gradient(rough)
    x = np.arange(280.0)
    gx = 0.1 * gx / gx.std() + 0.8 * sum(np.exp(-0.5 * ((x - place - 60 * k) / 3) ** 2) for k in range(5))
    gy = 0.1 * gy / gy.std()
    azimuth = np.pi / 2 * (np.arange(4) + 0.5)
    scene = 4000 * (1 - 0.5 * (np.cos(azimuth)[:, None, None] * gx - np.sin(azimuth)[:, None, None] * gy))
    cut = scene[:, 12 - drift[0] : 268 - drift[0], 12 - drift[1] : 268 - drift[1]]
    return np.random.default_rng(seed).poisson(cut).astype(np.uint16)


def test_moving_steps_do_not_take_the_shift_along() -> None:
    reference = prepare_reference(moving_step(30.0, (0, 0), 1), calibration())
    found = measure(reference, moving_step(37.0, (1, -2), 2), np.zeros(4), np.eye(4) * 4.0)
    assert found.aligned
    assert found.middle == pytest.approx((1.0, -2.0), abs=0.15)


def test_a_still_scene_does_not_need_it() -> None:
    reference = prepare_reference(moving_step(30.0, (0, 0), 1), calibration())
    found = measure(reference, moving_step(30.0, (1, -2), 2), np.zeros(4), np.eye(4) * 4.0)
    assert found.contradiction < 4.0
    assert found.middle == pytest.approx((1.0, -2.0), abs=0.02)


def sharp_blocks(shift: tuple[float, float], seed: int) -> np.ndarray:
    """Blocks with borders a pixel wide, at a dose where no interpolation between pixels is good enough."""
    random, i = np.random.default_rng(0), np.arange(256)

    def covered(first: float, last: float) -> np.ndarray:
        return np.clip(np.minimum(last, i + 1) - np.maximum(first, i), 0, 1)

    signal = np.zeros((4, 256, 256))
    for _ in range(40):
        y, x, high, wide = random.uniform((10, 10, 8, 8), (226, 226, 40, 40))
        y, x, strength = y + shift[0], x + shift[1], random.normal()
        upright = np.outer(covered(y, y + high), covered(x, x + 1.2))
        level = np.outer(covered(y, y + 1.2), covered(x, x + wide))
        for k in range(4):
            signal[k] += strength * ((1 if k < 2 else -1) * upright + (1 if k in (0, 3) else -1) * level)
    return np.random.default_rng(seed).poisson(15000 * (1 + 0.4 * np.clip(signal, -2, 2))).astype(np.uint16)


@pytest.mark.parametrize("shift", [(0.5, 0.5), (3.4, 0.1)])
def test_sharp_edges_do_not_pass_for_motion(shift: tuple[float, float]) -> None:
    reference = prepare_reference(sharp_blocks((0.0, 0.0), 1), calibration())
    found = measure(reference, sharp_blocks(shift, 2), np.zeros(4), np.eye(4) * 4.0)
    assert found.aligned
    assert found.contradiction > 10.0
    assert found.ends == pytest.approx([*shift, *shift], abs=0.03)
