import numpy as np
import pytest

from eclips4d.core.results import Status
from eclips4d.viewer.model import BEGINNING, Model
from eclips4d.viewer.picture import Scales, Wanted
from eclips4d.viewer.state_line import Mode
from eclips4d.viewer.store import StoreFrames


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def look(store):
    """A model on the store, and what its window would do at one tick."""
    frames, clock = StoreFrames(store.path), Clock()
    model = Model(clock=clock)

    def tick(seconds: float = 0.0):
        clock.now += seconds
        new = model.accept(frames.look(model.wanted))
        if model.state:
            clock.now = max(clock.now, model.state.changed_s)
        return new

    return model, tick


def test_waits_for_a_store_that_is_not_there(tmp_path):
    model = Model()
    model.accept(StoreFrames(tmp_path / "later.zarr").look(model.wanted))
    condition = model.condition()
    assert condition.mode is Mode.WAITING
    assert "later.zarr" in condition.note


def test_waits_for_the_first_frame(store, look):
    model, tick = look
    tick()
    assert model.condition().mode is Mode.WAITING
    assert model.picture.note == "waiting for the first frame"
    store.record()
    tick()
    assert model.picture.raw.sequence == 0
    assert model.picture.surface is None
    assert model.picture.note == "not inferred yet"


def test_the_picture_is_what_the_store_holds(store, look):
    model, tick = look
    store.grow(3)
    tick()
    surface = model.picture.surface
    assert surface.sequence == 2
    np.testing.assert_allclose(surface.height, store.height_of(2), atol=0.1)
    assert model.picture.grid.pixel_size_nm == (store.pixel_nm, store.pixel_nm)
    assert model.picture.segments.azimuths_deg == (30.0, 120.0, 210.0, 300.0)
    condition = model.condition()
    assert (condition.frame, condition.frame_id, condition.time_s) == (2, 102, 4.0)
    assert (condition.recorded, condition.committed, condition.lag_frames) == (3, 3, 0)


def test_nothing_new_is_the_same_picture(store, look):
    _, tick = look
    store.grow()
    assert tick()
    tick()
    assert not tick()
    store.grow()
    assert tick()


def test_raw_runs_ahead_of_height_and_both_numbers_are_known(store, look):
    model, tick = look
    store.grow(2)
    store.record(3)
    tick()
    assert model.picture.raw.sequence == 4
    assert model.picture.surface.sequence == 1
    condition = model.condition()
    assert (condition.lag_frames, condition.lag_s) == (3, 6.0)


def test_newest_height_skips_frames_without_one(store, look):
    model, tick = look
    store.grow(2)
    store.record(2)
    store.settle(1, Status.QUARANTINED)
    store.settle(1, Status.DEFERRED)
    tick()
    assert model.picture.surface.sequence == 1
    condition = model.condition()
    assert (condition.quarantined, condition.deferred) == (1, 1)
    model.select(2)
    tick()
    assert model.picture.surface is None
    assert "quarantined" in model.picture.note
    assert model.picture.raw.sequence == 2


def test_frames_never_shown_are_counted_only_while_following(store, look):
    model, tick = look
    store.grow(5)
    tick()
    assert model.dropped == 0, "what was there before the window is not dropped"
    store.grow(4)
    tick()
    assert model.dropped == 3
    model.set_follow(False)
    tick()
    store.grow(4)
    tick()
    model.set_follow(True)
    tick()
    assert model.dropped == 3, "the user looked elsewhere by choice"
    store.grow(1)
    tick()
    assert model.dropped == 3


def test_levels_stay_put_until_asked(store, look):
    model, tick = look
    store.grow()
    tick()
    scales = model.scales
    assert scales.height is not None
    store.grow(30)
    tick()
    tick()
    assert model.scales == scales
    assert model.picture.painted.height_outside > 0.9, "the plane has grown out of its levels"
    model.refit()
    tick()
    assert model.scales.height[0] == pytest.approx(scales.height[0] + 30, abs=0.2)
    assert model.picture.painted.height_outside < 0.05


def test_an_old_answer_does_not_bring_old_scales_back(store, look):
    model, tick = look
    store.grow()
    frames = StoreFrames(store.path)
    early = frames.look(Wanted(None, Scales()))
    tick()
    model.set_height_levels((-3.0, 3.0))
    model.accept(early)
    assert model.scales.height == (-3.0, 3.0)


def test_stepping_and_selecting_stay_within_the_run(store, look):
    model, tick = look
    store.grow(4)
    tick()
    model.step(-1)
    tick()
    assert (model.follow, model.current) == (False, 2)
    assert model.picture.surface.sequence == 2
    model.step(99)
    assert model.current == 3
    model.step(-99)
    tick()
    assert model.picture.surface.sequence == 0
    assert model.condition().mode is Mode.PAUSED


def test_stale_when_nothing_comes_for_much_longer_than_usual(store, look):
    model, tick = look
    store.grow(5)
    tick()
    assert model.condition().mode is Mode.LIVE
    tick(5.5)
    assert model.condition().mode is Mode.LIVE, "frames come every 2 s: three intervals are 6 s"
    tick(1.0)
    condition = model.condition()
    assert condition.mode is Mode.STALE
    assert condition.age_s == pytest.approx(6.5, abs=0.01)


def test_stale_while_recording_goes_on_without_inference(store, look):
    model, tick = look
    store.grow(3)
    tick()
    model._clock.now = model._height_at + 60
    store.record()
    tick()
    assert model.condition().mode is Mode.STALE


def test_an_ended_run_is_never_stale(store, look):
    model, tick = look
    store.grow(3)
    store.finish()
    tick()
    tick(1e6)
    condition = model.condition()
    assert condition.mode is Mode.ENDED
    assert condition.age_s is None


def test_profile_of_the_line_is_the_closed_form(store, look):
    model, tick = look
    store.grow()
    tick()
    model.line = ((10.0, 20.0), (50.0, 40.0))
    profile, measured = model.profile()
    assert measured.height_nm == pytest.approx(0.1 * 40 + 0.05 * 20, abs=0.1)
    assert profile.height_nm[0] == pytest.approx(0.1 * 10 + 0.05 * 20, abs=0.1)
    assert profile.sd_nm is not None


def test_disk_comes_from_notices_when_there_are_any(store, look, notice):
    model, tick = look
    store.grow()
    tick()
    assert model.condition().free_bytes > 0
    model._clock.now += 10
    model.accept_notice(notice(disk_free_bytes=123))
    assert model.condition().free_bytes == 123


def test_what_the_stores_owner_says_of_stages_and_trouble_is_shown(store, look, notice):
    model, tick = look
    model.accept_notice(notice(stages={"inference-0": "starting"}))
    assert model.condition().stages == {"inference-0": "starting"}
    store.grow()
    tick()
    model.accept_notice(notice(stages={"inference-0": "silent"}, trouble="2 GB are free: frames are recorded"))
    assert model.condition().stages == {"inference-0": "silent"}
    assert model.condition().trouble == "2 GB are free: frames are recorded"


def test_a_store_that_keeps_no_height(make_store):
    store = make_store("slopes.zarr", keep=("slope",))
    store.grow()
    model = Model()
    model.accept(StoreFrames(store.path).look(model.wanted))
    assert model.picture.note == "no height in this store"
    assert model.picture.painted.slope is not None
    assert model.profile() is None


def test_a_damaged_store_is_said_and_survived(store, look):
    model, tick = look
    store.grow()
    tick()
    whole = (store.path / "zarr.json").read_bytes()
    (store.path / "zarr.json").write_bytes(whole[: len(whole) // 2])
    tick()
    assert model.condition().trouble
    assert model.picture.surface.sequence == 0, "the last good picture stays"
    (store.path / "zarr.json").write_bytes(whole)
    tick()
    assert not model.condition().trouble


def test_whoever_waits_for_a_run_is_told_for_how_long_and_for_what(store, tmp_path):
    now = [100.0]
    model, nowhere = Model(clock=lambda: now[0]), StoreFrames(tmp_path / "none.zarr")
    model.accept(nowhere.look(model.wanted))
    assert model.note == model.picture.note
    now[0] += 40.0
    assert model.note == f"{model.picture.note}\n40 s so far; {BEGINNING}"
    frames = StoreFrames(store.path)
    model.accept(frames.look(model.wanted))
    assert model.note == "waiting for the first frame\n40 s so far"
    store.grow()
    model.accept(frames.look(model.wanted))
    assert model.note == model.picture.note == ""
