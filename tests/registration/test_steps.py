"""Between the steps: broad structure gone, lines left out and outvoted, roughness kept."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from shifted_frames import calibration

from eclips4d.registration.channels import segment_means
from eclips4d.registration.fit import RowShift
from eclips4d.registration.lines import LINE_PX, _likeness_to_a_line, _products, _smooth, find_lines
from eclips4d.registration.look import open_eye
from eclips4d.registration.relation import is_still, shift_between_steps, still_shift, trusted
from eclips4d.registration.steps import FINE_PX, _take_out_mean
from eclips4d.registration.tangents import without_mean_along

EXPECTED = (np.zeros(4), np.eye(4) * 4.0)


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
def test_a_line_is_left_out_and_roughness_kept(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    middle = shape[1] // 2
    step = 30.0 * np.exp(-0.5 * ((np.arange(shape[1]) - middle) / 3.0) ** 2)
    lines = find_lines((rng.normal(size=(3, *shape)) + step).astype(np.float32))
    assert not lines.terraces[:, middle - 6 : middle + 7].any()
    assert lines.terraces[:, 10 : middle - 30].mean() > 0.4
    assert np.abs(lines.across[1][:, middle - 2 : middle + 3]).min() > 0.95


def test_a_particle_is_no_line() -> None:
    y, x = np.mgrid[:128, :128]
    particle = 40.0 * np.exp(-0.5 * ((y - 64) ** 2 + (x - 40) ** 2) / 3.0**2)
    step = 40.0 * np.exp(-0.5 * ((x - 96) / 3.0) ** 2)
    slopes = np.stack([*np.gradient(particle), *np.gradient(step)]).astype(np.float32)
    noise = np.random.default_rng(1).normal(size=slopes.shape).astype(np.float32)
    strength = _likeness_to_a_line(_smooth(_products(slopes + noise), LINE_PX))
    assert strength[62:67, 38:43].max() < 0.1 * strength[20:108, 96].min()


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, 2.5])
def test_what_is_constant_along_lines_is_taken_out(angle: float) -> None:
    y, x = np.mgrid[:90, :100].astype(np.float32)
    across = np.float32(np.sin(angle)), np.float32(np.cos(angle))
    line = np.exp(-0.5 * ((across[0] * (y - 45) + across[1] * (x - 50)) / 4.0) ** 2)
    speckle = gaussian_filter(np.random.default_rng(0).normal(size=(90, 100)), 1.0).astype(np.float32)
    field = tuple(np.full((90, 100), a, np.float32) for a in across)
    everywhere = np.ones((90, 100), np.float32)
    left = [without_mean_along(np.tile(p, (2, 3, 1, 1)), field, everywhere)[0, 0] for p in (line, speckle)]
    inside = np.s_[15:-15, 15:-15]
    assert left[0][inside].std() < 0.1 * line[inside].std()
    assert left[1][inside].std() > 0.8 * speckle[inside].std()


def test_the_way_follows_a_circle() -> None:
    y, x = np.mgrid[:120, :120].astype(np.float32) - 59.5
    radius = np.hypot(y, x)
    ring = np.exp(-0.5 * ((radius - 25) / 3.0) ** 2).astype(np.float32)
    field = (y / radius, x / radius)
    left = without_mean_along(np.tile(ring, (2, 3, 1, 1)), field, np.ones_like(ring))[0, 0]
    assert np.abs(left[(radius > 15) & (radius < 50)]).max() < 0.2


def test_a_part_is_what_it_is_in_the_whole() -> None:
    random = np.random.default_rng(4)
    gradient = random.normal(size=(2, 3, 64, 72)).astype(np.float32)
    angle = gaussian_filter(random.normal(size=(64, 72)), 5.0) * 20
    field = np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)
    where = (random.uniform(size=(64, 72)) > 0.4).astype(np.float32)
    own = slice(12, 44), slice(8, 72)
    whole = without_mean_along(gradient, field, where)
    assert (without_mean_along(gradient, field, where, own) == whole[:, :, *own]).all()


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


def narrow_steps(advance: float, drift: tuple[int, int], seed: int, side: int = 640) -> np.ndarray:
    """Steps a few pixels wide, 20 pixels apart, that leave little between them once pixels are joined."""
    rough = gaussian_filter(np.random.default_rng(0).normal(size=(side + 8, side + 8)), 1.0)
    gy, gx = np.gradient(rough)
    x = np.arange(side + 8.0)
    gx = 0.08 * gx / gx.std() + 0.5 * np.exp(-0.5 * (((x - advance) % 20 - 10) / 2) ** 2)
    gy = 0.08 * gy / gy.std()
    azimuth = np.pi / 2 * (np.arange(4) + 0.5)
    scene = 4000 * (1 - 0.5 * (np.cos(azimuth)[:, None, None] * gx - np.sin(azimuth)[:, None, None] * gy))
    cut = scene[:, 4 - drift[0] : 4 - drift[0] + side, 4 - drift[1] : 4 - drift[1] + side]
    return np.random.default_rng(seed).poisson(cut).astype(np.uint16)


def test_between_narrow_steps_large_frames_are_looked_at_in_full_resolution() -> None:
    first, second = narrow_steps(0.0, (0, 0), 1), narrow_steps(1.0, (1, -2), 2)
    eye = open_eye(first.shape, segment_means(first), calibration())
    assert (eye.binning, eye.detail, len(eye.few), len(eye.tiles)) == (2, 1, 4, 16)
    assert eye.look(first).detail(eye.tiles[0]).fine.shape[0] == 3
    _, between = both_ways(first, second)
    assert trusted(between, *EXPECTED)
    assert between.ends == pytest.approx([1.0, -2.0, 1.0, -2.0], abs=0.05)


def both_ways(first: np.ndarray, second: np.ndarray) -> tuple[RowShift, RowShift]:
    eye = open_eye(first.shape, segment_means(first), calibration())
    looks = eye.look(first), eye.look(second)
    return still_shift(eye, *looks, *EXPECTED, rates=True), shift_between_steps(eye, *looks, *EXPECTED, rates=True)


def test_moving_steps_do_not_take_the_shift_along() -> None:
    whole, between = both_ways(moving_step(30.0, (0, 0), 1), moving_step(37.0, (1, -2), 2))
    assert not is_still(whole)
    assert trusted(between, *EXPECTED)
    assert between.ends == pytest.approx([1.0, -2.0, 1.0, -2.0], abs=0.1)


def test_a_still_scene_does_not_need_it() -> None:
    whole, between = both_ways(moving_step(30.0, (0, 0), 1), moving_step(30.0, (1, -2), 2))
    assert is_still(whole)
    assert whole.middle == pytest.approx((1.0, -2.0), abs=0.02)
    assert max(whole.middle_sd) < 0.7 * max(between.middle_sd)
    assert between.middle == pytest.approx((1.0, -2.0), abs=0.1)


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
    whole, _ = both_ways(sharp_blocks((0.0, 0.0), 1), sharp_blocks(shift, 2))
    assert is_still(whole)
    assert whole.ends == pytest.approx([*shift, *shift], abs=0.03)
