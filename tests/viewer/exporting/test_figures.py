"""Figures of panels: their colours, scale bars and captions say what the frame says."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import AxesImage
from msgspec.structs import replace as replaced

from eclips4d.core.errors import InputError
from eclips4d.core.results import Datum, Drift
from eclips4d.metrology.profiles.wall import Wall
from eclips4d.metrology.quantity import Quantity
from eclips4d.viewer.exporting.figure import FIGURES, SUFFIXES, make_figure, write_figure
from eclips4d.viewer.exporting.snapshot import scale_words, snapshot
from eclips4d.viewer.measuring.answers import LineReading, LineSeries, Question, StepRead
from eclips4d.viewer.model import Model
from eclips4d.viewer.store import StoreFrames

KEEP = ("height", "height_sd", "slope", "trust")


@pytest.fixture
def run(make_store):
    store = make_store(keep=KEEP)
    store.writer.add_calibration(replaced(store.writer.calibrations[0], kappa_u=0.014))
    store.grow(3, drift=Drift((0.5, 1.0)), datum=Datum((0.0,) * 3, (0.1, 0.0, 0.0)))
    return store


@pytest.fixture
def take(run):
    """What a window would hold of a frame."""

    def take_it(frame=2, *, change=False, stack=None):
        model = Model(follow=False, stack=stack)
        model.selected, model.change_wanted = frame, change
        model.extras.see(doubt=True, relief=False)
        model.accept(StoreFrames(run.path).look(model.wanted))
        return snapshot(model, "RUN")

    return take_it


def with_kymograph(taken):
    line = taken.sheet.chosen_line.shape
    image = np.tile(np.arange(40, dtype=np.uint8), (3, 1))
    series = LineSeries(line, (0, 1, 2), image, 0.2, (-1.0, 5.0), 48.0, 1.2, 2.0, linked=3, wanted=3)
    return replace(taken, series=series)


def words(figure):
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [text.get_text() for text in axes.texts] + [axes.get_xlabel(), axes.get_ylabel()]
    return " ".join(" ".join(found).split())


@pytest.mark.parametrize("panel", FIGURES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_figure_is_written_in_every_format(panel, suffix, take, tmp_path):
    taken = with_kymograph(take())
    write_figure(taken, panel, tmp_path / f"a{suffix}")
    magic = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[suffix]
    assert (tmp_path / f"a{suffix}").read_bytes().startswith(magic)


@pytest.mark.parametrize("panel", FIGURES)
def test_captions_name_the_run_and_the_moment(panel, take):
    said = words(make_figure(with_kymograph(take()), panel))
    assert "Run RUN" in said
    if panel in ("drift", "kymograph"):
        assert "3 frames" in said
    else:
        assert "frame 2, t = 4.00 s" in said
    scaled = panel in ("height", "slope", "profile", "kymograph")
    assert ("Scale of slopes and heights ± 1.4 %" in said) == scaled


def test_a_mean_of_frames_says_so(take):
    assert "mean of 2" in words(make_figure(take(stack=2), "height"))


def test_heights_are_drawn_in_nm_on_their_place(take, run):
    figure = make_figure(take(), "height")
    (image,) = (a for a in figure.axes[0].get_children() if isinstance(a, AxesImage))
    stored = StoreFrames(run.path).look(Model().wanted).surface.height
    np.testing.assert_array_equal(image.get_array(), stored)
    px = run.pixel_nm
    assert image.get_extent() == [-px / 2, (run.columns - 0.5) * px, (run.rows - 0.5) * px, -px / 2]
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top, "y downwards"
    assert "height (nm)" in words(figure) and "20 nm" in words(figure)
    box = figure.axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(run.columns / run.rows, rel=1e-6)


def test_the_scale_bar_is_as_long_as_it_says(take):
    axes = make_figure(take(), "height").axes[0]
    bar = next(line for line in axes.lines if line.get_linewidth() == 3)
    assert np.ptp(bar.get_xdata()) == pytest.approx(20.0)


def test_the_change_of_height_takes_the_heights_place(take):
    said = words(make_figure(take(change=True), "height"))
    assert "Change of height since frame 0" in said and "change of height (nm)" in said
    with pytest.raises(InputError, match="counts from this frame"):
        make_figure(take(0, change=True), "height")


def test_a_profile_is_that_of_the_window(take):
    taken = take()
    curve = make_figure(taken, "profile").axes[0].lines[0]
    np.testing.assert_allclose(curve.get_xdata(), taken.profile.distance_nm)
    np.testing.assert_allclose(curve.get_ydata(), taken.profile.height_nm)


def test_the_caption_of_a_profile_tells_the_walls_that_were_declared(take):
    taken = take()
    step = StepRead(*(Quantity(20.0, 0.1, 0.1),) * 4, True, 0.0)
    question = Question(taken.sheet.chosen_line.shape, 2, wall=Wall(54.7, 0.5))
    told = replace(taken, reading=LineReading(question, steps=(step,)))
    assert "walls of steps declared 54.7° ± 0.5°" in words(make_figure(told, "profile"))
    assert "declared" not in words(make_figure(taken, "profile"))


@pytest.mark.parametrize("panel", FIGURES)
def test_without_a_frame_there_is_no_figure(panel):
    with pytest.raises(InputError):
        make_figure(snapshot(Model(), "RUN"), panel)


def test_panels_without_a_figure_name_the_other_way(take):
    with pytest.raises(InputError, match="save the window as a picture"):
        make_figure(take(), "pace")


@pytest.mark.parametrize("panel", FIGURES)
def test_nothing_reaches_over_the_edge(panel, take):
    """Labels of axes, colour bars and captions lie within the figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = make_figure(with_kymograph(take()), panel)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    for artist in (*figure.texts, *figure.axes):
        box = artist.get_tightbbox(canvas.get_renderer())
        assert box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2, (artist, box)


@given(st.booleans(), st.floats(0.0, 0.5))
def test_an_uncertain_scale_is_never_hidden(calibrated, scale_u):
    said = scale_words(calibrated, scale_u)
    assert ("not calibrated" in said) != calibrated
    assert not calibrated or math.isclose(scale_u, 0.0) or "±" in said
