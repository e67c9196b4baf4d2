"""The datum through time: chained, tied to the reference frame, marked unobservable, resumed with the same bits."""

from pathlib import Path

import numpy as np
import pytest
from integrated_noise import integrated_noise, pixel_plane, random_plane

from eclips4d.core.errors import InputError
from eclips4d.registration.datum import DatumTrack

SHAPE, PIXEL_NM, NOISE_NM = (160, 160), 4.0, 0.18


def track(shape: tuple[int, int] = SHAPE, pixel_nm: float = PIXEL_NM) -> DatumTrack:
    return DatumTrack.start(shape, (pixel_nm, pixel_nm))


def movie(surfaces: np.ndarray, pixel_nm: float, noise_nm: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Heights as they are measured, float32 [t, y, x], and the plane of each off that of frame 0, [t, 3]."""
    random = np.random.default_rng(seed)
    shape = surfaces.shape[1:]
    planes = np.array([np.zeros(3), *(random_plane(random) for _ in surfaces[1:])])
    heights = [
        surface + pixel_plane(shape, plane, pixel_nm) + integrated_noise(random, shape, noise_nm)
        for surface, plane in zip(surfaces, planes, strict=True)
    ]
    return np.asarray(heights, np.float32), planes


def stepping(frames: int, *, speed_px: float = 3.0, spacing_px: float = 26.0, step_nm: float = 6.0) -> np.ndarray:
    """A train of sharp steps that runs along x; every place rises by a step when one passes."""
    x = np.arange(SHAPE[1]) * np.ones(SHAPE)
    return np.stack([step_nm * np.floor((t * speed_px - x) / spacing_px) for t in range(frames)])


def follow(heights: np.ndarray, pixel_nm: float = PIXEL_NM, **more) -> list:
    follower = track(heights.shape[1:], pixel_nm)
    return [follower.update(height, t, True, **more) for t, height in enumerate(heights)]


def errors(data: list, planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.array([datum.plane for datum in data]) - planes, np.array([datum.sd for datum in data])


def test_the_reference_frame_is_its_own_datum():
    datum = track().update(np.zeros(SHAPE, np.float32), 0, True)
    assert datum.plane == (0.0, 0.0, 0.0) and datum.sd == (0.0, 0.0, 0.0) and datum.observable


def test_planes_of_a_static_surface_do_not_add_up_errors():
    relief = np.random.default_rng(1).normal(0, 5, SHAPE)
    heights, planes = movie(np.stack([relief] * 12), PIXEL_NM, NOISE_NM)
    error, sd = errors(follow(heights), planes)
    assert np.sqrt(np.mean((error[1:] / sd[1:]) ** 2)) < 1.6
    assert sd[-1, 0] < 2.5 * sd[1:4, 0].mean()  # tied to the reference frame, not only to the frame before


def test_steps_that_run_on_are_told_from_the_datum():
    heights, planes = movie(stepping(20), PIXEL_NM, NOISE_NM)
    data = follow(heights)
    error, sd = errors(data, planes)
    assert all(datum.observable for datum in data)
    assert (np.abs(error[1:]) < 3.0 * sd[1:]).mean() > 0.95
    assert np.abs(error[:, 0]).max() < 0.5
    # After 9 frames every place has risen by a whole step: frame 0 again, 6 nm higher, and nobody is fooled.
    assert np.ptp(planes[:, 0]) > 3.0


def test_a_frame_that_is_not_aligned_keeps_the_datum_with_less_certainty():
    heights, _ = movie(np.zeros((6, *SHAPE)), PIXEL_NM, NOISE_NM)
    follower = track()
    # Planes that hardly change: prediction is worth something.
    flat = [
        height - pixel_plane(SHAPE, np.asarray(follower.update(height, t, True).plane), PIXEL_NM)
        for t, height in enumerate(heights)
    ]
    follower = track()
    for t, height in enumerate(flat[:5]):
        known = follower.update(height.astype(np.float32), t, True)
    before = follower.state()
    predicted = follower.update(np.full(SHAPE, 1e3, np.float32), 5, False)
    assert predicted.plane == known.plane and predicted.observable
    assert all(new > old for new, old in zip(predicted.sd, known.sd, strict=True))
    assert follower.state() == before


def test_prediction_of_planes_that_jump_is_not_shown():
    heights, _ = movie(np.zeros((3, *SHAPE)), PIXEL_NM, NOISE_NM)
    follower = track()
    for t, height in enumerate(heights):
        follower.update(height, t, True)
    assert not follower.update(heights[0], 3, False).observable


def test_where_nothing_is_static_nothing_is_shown():
    random = np.random.default_rng(3)
    growth = random.uniform(0, 40, (20, 20)).repeat(8, axis=0).repeat(8, axis=1)
    heights, _ = movie(np.stack([np.zeros(SHAPE), growth]), PIXEL_NM, NOISE_NM)
    datum = follow(heights)[1]
    assert not datum.observable and np.isnan(datum.plane).all() and np.isnan(datum.sd).all()


def test_change_far_beyond_the_stated_noise_is_not_static():
    """Everything roughens like noise: only the stated noise says that it is none."""
    heights, _ = movie(np.zeros((2, *SHAPE)), PIXEL_NM, 10 * NOISE_NM)
    assert follow(heights)[1].observable
    assert not follow(heights, height_sd=np.full(SHAPE, NOISE_NM, np.float32))[1].observable


def test_two_planes_as_large_are_not_told_apart():
    half = 6.0 * (np.arange(SHAPE[1]) // 10 % 2) * np.ones(SHAPE)
    heights, _ = movie(np.stack([np.zeros(SHAPE), half]), PIXEL_NM, NOISE_NM)
    assert not follow(heights)[1].observable
    follower = track()
    follower.update(heights[0], 0, True)
    datum = follower.update(heights[1], 1, True, weight=(half == 0).astype(np.float32))
    assert datum.observable


def test_a_plane_is_no_more_certain_than_what_the_places_left_out_would_change():
    """The right part rises by less than anybody can tell from noise; it is said to move, and it may be that it does."""
    rising = 0.25 * (np.arange(SHAPE[1]) > 70) * np.ones(SHAPE)
    heights, _ = movie(np.stack([np.zeros(SHAPE), rising]), PIXEL_NM, NOISE_NM)
    plain, told = track(), track()
    for follower in (plain, told):
        follower.update(heights[0], 0, True)
    without = plain.update(heights[1], 1, True)
    weighted = told.update(heights[1], 1, True, weight=(rising == 0).astype(np.float32))
    apart = np.abs(np.subtract(weighted.plane, without.plane))
    assert apart[0] > 0.05
    assert (np.array(weighted.sd) >= 0.95 * apart).all()


def test_one_bad_frame_is_passed_over():
    heights, planes = movie(stepping(6), PIXEL_NM, NOISE_NM)
    heights[3] = np.random.default_rng(4).normal(0, 50, SHAPE)
    data = follow(heights)
    assert [datum.observable for datum in data] == [True, True, True, False, True, True]
    error, sd = errors(data[4:], planes[4:])
    assert (np.abs(error) < 3.0 * sd).all()


def test_without_the_reference_frame_there_is_no_datum():
    follower = DatumTrack.start(SHAPE, (PIXEL_NM, PIXEL_NM), reference_sequence=2)
    assert not follower.update(np.zeros(SHAPE, np.float32), 1, True).observable
    assert follower.update(np.zeros(SHAPE, np.float32), 2, True).observable


def test_another_grid_has_a_datum_of_its_own():
    heights, planes = movie(np.zeros((4, *SHAPE)), PIXEL_NM, NOISE_NM)
    follower = track()
    for t, height in enumerate(heights):
        follower.on_grid(0 if t < 2 else 2)
        datum = follower.update(height, t, True)
    assert (np.abs(np.array(datum.plane) - (planes[3] - planes[2])) < 4.0 * np.array(datum.sd)).all()


def test_resumed_anywhere_it_gives_the_same_bits():
    heights, _ = movie(stepping(8), PIXEL_NM, NOISE_NM)
    heights[:, :9] = np.nan
    through, resumed = track(), track()
    for t, height in enumerate(heights):
        resumed = DatumTrack.resume(resumed.state())
        assert resumed.update(height, t, t != 4) == through.update(height, t, t != 4) or t == 4
        assert resumed.state() == through.state()
    assert len(through.state()) < 8 * 1024


@pytest.mark.parametrize("state", [b"", b"x", b"\x93\x01\x02\x03"])
def test_a_state_of_something_else_is_refused(state):
    with pytest.raises(InputError):
        DatumTrack.resume(state)


def test_a_height_of_another_shape_is_refused():
    with pytest.raises(InputError, match="height"):
        track().update(np.zeros((8, 8), np.float32), 0, True)


@pytest.mark.parametrize("shape", [(4, 4), (1, 30), (12, 16)])
def test_images_too_small_to_tell_say_so(shape):
    follower = track(shape)
    assert follower.update(np.zeros(shape, np.float32), 0, True).observable
    follower.update(np.zeros(shape, np.float32), 1, True)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "noise_nm", "largest_error_nm"),
    [("granular_afm", 0.063, 0.02), ("frusta", 0.163, 0.05), ("stepflow", 0.18, 1.0), ("spiral", 0.127, 3.5)],
)
def test_true_surfaces_with_planes_and_noise(shared_data: Path, name: str, noise_nm: float, largest_error_nm: float):
    """Static ones; steps that leave some terraces alone; a spiral on which nothing rests longer than a few frames."""
    with np.load(shared_data / "recordings" / f"{name}.truth.npz") as truth:
        surfaces, pixel_nm = truth["height_nm"].astype(float), float(np.mean(truth["pixel_size_nm"]))
    heights, planes = movie(surfaces, pixel_nm, noise_nm)
    error, sd = errors(follow(heights, pixel_nm), planes)
    shown = np.isfinite(sd[:, 0])
    assert shown[:6].all()
    assert np.abs(error[shown, 0]).max() < largest_error_nm
    assert (np.abs(error[shown][1:]) < 3.0 * sd[shown][1:]).all()
    grown = surfaces.mean(axis=(1, 2)) - surfaces[0].mean()
    assert name not in ("stepflow", "spiral") or np.abs(error[shown, 0]).max() < 0.35 * grown[shown].max()
