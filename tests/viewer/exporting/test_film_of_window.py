"""Films in the colours of the window: levels stay, whatever frames show."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.core.results import Datum, Status
from eclips4d.metrology.export.film_stage import LEFT, TOP
from eclips4d.viewer.colours import height_colours
from eclips4d.viewer.doubt import DOUBTS
from eclips4d.viewer.exporting.film import film_images, steady
from eclips4d.viewer.exporting.film_plan import SUBJECTS, FilmPlan, plan_of
from eclips4d.viewer.exporting.film_process import write_film_of
from eclips4d.viewer.model import Model
from eclips4d.viewer.picture import DoubtAsked, Scales
from eclips4d.viewer.store import StoreFrames

ZOOM = 16  # 640 / 40 pixels
KEEP = ("height", "height_sd", "slope", "slope_sd", "trust", "residual")


@pytest.fixture
def run(make_store):
    store = make_store(keep=KEEP)
    store.grow(2, datum=Datum((0.0,) * 3, (0.0,) * 3))
    store.record()
    store.settle(status=Status.QUARANTINED)
    store.grow(2, datum=Datum((0.0,) * 3, (0.0,) * 3))
    return store


def plan(store, subject="height", **given_):
    doubt = DoubtAsked(subject) if subject in DOUBTS else None
    told = {"store": str(store.path), "target": "film.mp4", "subject": subject, "first": 0, "last": 4, "doubt": doubt}
    return FilmPlan(**(told | given_))


def images(store, **how):
    return list(film_images(StoreFrames(store.path), plan(store, **how)))


def test_the_colours_are_those_of_the_window(run):
    levels = (-3.0, 12.0)
    wanted = [height_colours(run.height_of(k), levels) for k in (0, 1, 3, 4)]  # the third frame has no surface
    for image, colours in zip(images(run, scales=Scales(height=levels)), wanted, strict=True):
        for row, column in ((3, 5), (15, 20), (10, 36)):
            shown = image[TOP + row * ZOOM + ZOOM // 2, LEFT + column * ZOOM + ZOOM // 2]
            assert np.abs(shown.astype(int) - colours[row, column]).max() <= 3


@pytest.mark.parametrize("subject", SUBJECTS)
def test_everything_a_window_maps_can_be_filmed(subject, run):
    made = images(run, subject=subject)
    assert len(made) == {"segments": 5, "change": 3}.get(subject, 4)
    assert len({image.shape for image in made}) == 1 and all(size % 2 == 0 for size in made[0].shape[:2])
    assert (made[0][:TOP] != made[-1][:TOP]).any(), "the clock"


def test_levels_that_the_window_does_not_hold_hold_for_all_frames(run):
    scales, _ = steady(StoreFrames(run.path), plan(run))
    low, high = scales.height
    first, last = run.height_of(0), run.height_of(4)
    assert np.mean(first < low) < 0.03 and np.mean(last > high) < 0.03
    held = Scales(height=(0.0, 1.0))
    assert steady(StoreFrames(run.path), plan(run, scales=held)) == (held, None)


def test_frames_without_anything_to_show_are_no_film(run, tmp_path):
    with pytest.raises(InputError, match="none of these frames shows height"):
        images(run, first=2, last=2)
    target = tmp_path / "none.mp4"
    with pytest.raises(InputError, match="none of these frames"):
        write_film_of(StoreFrames(run.path), plan(run, first=2, last=2, target=str(target)))
    assert not list(tmp_path.glob("*none*"))


@pytest.mark.parametrize(("name", "magic"), [("run.mp4", b"ftyp"), ("run.gif", b"GIF89a")])
def test_both_kinds_of_film_are_written(name, magic, run, tmp_path):
    looked = []
    write_film_of(StoreFrames(run.path), plan(run, target=str(tmp_path / name)), looked.append)
    assert magic in (tmp_path / name).read_bytes()[:16] and looked == [1, 2, 3, 4, 5]


@given(
    first=st.integers(-5, 50),
    last=st.integers(-5, 50),
    subject=st.sampled_from(SUBJECTS),
    levels=st.none() | st.tuples(st.floats(-1e3, 0), st.floats(1, 1e3)),
)
def test_a_plan_goes_through_the_pipe_as_it_is(first, last, subject, levels):
    model = Model()
    model.scales = Scales(height=levels, raw=((0.0, 1.0),) * 4)
    made = plan_of(model, "RUN.zarr", "film.gif", subject, first, last, 5.0)
    assert made.first >= 0 and made.last <= model.last
    assert msgspec.json.decode(msgspec.json.encode(made), type=FilmPlan) == made
