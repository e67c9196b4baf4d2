"""The change of height in time: what the store's frames say of it, and what the window shows."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from eclips4d.core.results import Datum, Drift
from eclips4d.viewer.change import ChangeReader
from eclips4d.viewer.colours import UNSEEN, change_colours
from eclips4d.viewer.datum_words import NOTHING_STATIC
from eclips4d.viewer.levels import even_levels
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.height import HeightPanel
from eclips4d.viewer.panels.profile import ProfilePanel
from eclips4d.viewer.picture import Grid
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.theme import DARK

AT_ZERO = Datum((0.0,) * 3, (0.0,) * 3)
LOW = Datum((-3.0, 0.0, 0.0), (0.3, 0.0, 0.0))
"""The surfaces of the store rise by 1 nm a frame: this far below, frame 2 has risen by 5 nm."""


@pytest.fixture
def run(store):
    """The reference, a frame without a datum, one with."""
    store.grow(datum=AT_ZERO)
    store.grow()
    store.grow(datum=LOW)
    return store


@pytest.fixture
def look(run):
    frames, model = StoreFrames(run.path), Model()
    model.change_wanted = True
    model.accept(frames.look(model.wanted))

    def tick(frame=None):
        if frame is not None:
            model.select(frame)
        model.accept(frames.look(model.wanted))
        return model

    return tick


def test_the_datum_is_taken_off_and_heights_stay_as_stored(run, look):
    model = look()
    change = model.change.change
    assert (change.frame, change.reference) == (2, 0)
    np.testing.assert_allclose(change.nm, 5.0, atol=0.15)
    np.testing.assert_allclose(model.picture.surface.height, run.height_of(2), atol=0.1)
    at = model.change_at(10.0, 6.0)
    assert at.datum_u_nm == pytest.approx(0.3) and at.u_nm == pytest.approx(np.hypot(0.3, 0.5 * np.sqrt(2)), rel=1e-3)
    assert model.change_at(-5.0, 6.0) is None
    profile, _ = model.profile()
    np.testing.assert_allclose(profile.height_nm, 5.0, atol=0.15)
    np.testing.assert_allclose(profile.sd_nm, at.u_nm, rtol=1e-3)


def test_where_nobody_can_know_nothing_is_shown(look):
    model = look(1)
    assert model.change.note == NOTHING_STATIC and model.change.unobservable
    assert model.change.painted is None and model.profile() is None and model.change_at(10.0, 6.0) is None
    model = look(0)
    assert "counts from this frame" in model.change.note and not model.change.unobservable
    assert model.change.painted is None


def test_heights_on_another_grid_count_from_its_own_frame(run, look):
    run.grow(drift=Drift((0.0, 0.0), reference=3), datum=AT_ZERO)
    run.grow(drift=Drift((0.0, 0.0), reference=3), datum=LOW)
    change = look().change.change
    assert (change.frame, change.reference) == (4, 3)
    np.testing.assert_allclose(change.nm, 4.0, atol=0.15)


def test_levels_lie_evenly_about_zero_and_stay(run, look):
    model = look()
    levels = model.scales.change
    assert levels == (-levels[1], levels[1]) and levels[1] == pytest.approx(5.0, abs=0.2)
    heights = model.scales.height
    run.grow(datum=Datum((-20.0, 0.0, 0.0), (0.3, 0.0, 0.0)))
    assert look().scales.change == levels and model.change.outside == 1.0
    model.set_height_levels((-30.0, 30.0))
    assert look().picture.scales.change == (-30.0, 30.0) and model.change.outside == 0.0
    assert model.scales.height == heights
    model.refit()
    assert look().scales.change[1] == pytest.approx(23.0, abs=0.3)


def test_nothing_new_is_the_same_picture(look):
    for frame in (2, 1, 0):
        picture = look(frame).picture
        look()
        assert look().picture.change is picture.change


def test_the_reference_is_read_once(run, look, monkeypatch):
    read = []
    run.grow(2, datum=LOW)
    look()
    monkeypatch.setattr("eclips4d.viewer.change._sd", lambda products, frame: read.append(frame))
    for frame in (2, 3, 4):
        look(frame)
    assert read == [2, 3, 4]


def test_an_unasked_change_costs_nothing(look):
    model = look()
    model.change_wanted = False
    model = look()
    assert model.change is None and model.picture.change is None
    assert np.ptp(model.profile()[0].height_nm) > 1.0, "the heights themselves are tilted"


def test_a_store_that_tells_no_datum_says_so(run):
    opened = StoreFrames(run.path)._refresh()
    found = ChangeReader().look("run", opened.products, None, opened.grid.pixel_size_nm, 2, None)
    assert "tells no datum" in found.note and found.unobservable


@pytest.fixture
def panels(run, look, qtbot):
    asked = []
    height, profile = HeightPanel(DARK, lambda line: None, asked.append), ProfilePanel(DARK, lambda text: None)
    for panel in (height, profile):
        qtbot.addWidget(panel.widget)
        panel.widget.resize(700, 500)
        panel.widget.show()

    def draw(frame):
        model = look(frame)
        height.draw(model)
        profile.draw(model)
        return model

    return height, profile, draw, asked


def test_the_panels_show_the_change_and_its_uncertainty(panels, monkeypatch):
    height, profile, draw, _ = panels
    model = draw(2)
    assert "change since frame 0: frame 2" in height.widget._info.text()
    assert height.map._image.isVisible() and height.bar.name == "Δh"
    assert height.change_bar.says.text() == "datum −3.00 ± 0.30 nm   observable in 2 of 3 frames"
    assert "change at a" in profile._read_out.text() and "± 0.77 nm" in profile._read_out.text()
    assert "change" in profile._plot.getAxis("left").labelText
    monkeypatch.setattr(height.map, "underMouse", lambda: True)
    height.map.box.scene().sigMouseMoved.emit(height.map.box.mapViewToScene(QPointF(40.0, 30.0)))
    assert height.change_bar.says.text().startswith("x 40, y 30 nm: +5.0")
    assert "datum ± 0.3 nm" in height.change_bar.says.text()
    model.change_wanted = False
    height.draw(model)
    profile.draw(model)
    assert "change" not in height.widget._info.text() and height.bar.name == "h"
    assert "height b − a" in profile._read_out.text()


def test_the_panels_mark_what_is_not_observable(panels):
    height, profile, draw, _ = panels
    draw(1)
    amber = DARK.tones[Tone.NOTICE]
    assert not height.map._image.isVisible() and height.map._message.text() == NOTHING_STATIC
    for label in (height.map._message, height.change_bar.says, profile.widget._info):
        assert NOTHING_STATIC in label.text() and amber in label.styleSheet()
    assert not profile._plot.isVisible()
    draw(2)
    assert height.map._image.isVisible() and amber not in height.change_bar.says.styleSheet()


def test_the_button_asks(panels, qtbot):
    height, _, draw, asked = panels
    draw(2)
    assert height.change_bar.button.isChecked()
    qtbot.mouseClick(height.change_bar.button, Qt.MouseButton.LeftButton)
    assert asked == [False]


def test_places_and_levels():
    grid = Grid((2.0, 3.0), (10, 20), (1.0, 0.0))
    assert [grid.pixel_at(*place) for place in ((1.0, 0.0), (1.9, 1.6), (0.1, -1.4), (-0.1, -1.6))] == [
        (0, 0),
        (1, 0),
        (0, 0),
        (-1, -1),
    ]
    low, high = even_levels(np.linspace(-1.0, 3.0, 400, dtype=np.float32).reshape(20, 20))
    assert low == -high and 2.9 < high < 3.0
    assert even_levels(np.full((3, 3), np.nan, np.float32)) is None
    low, high = even_levels(np.zeros((3, 3), np.float32))
    assert low < 0.0 < high


def test_colours_say_which_way_it_went():
    sank, stayed, rose = change_colours(np.array([[-2.0, 0.0, 2.0]], np.float32), (-2.0, 2.0))[0].astype(int)
    assert sank[2] > sank[0] + 100 and rose[0] > rose[2] + 100 and np.ptp(stayed) < 20
    assert change_colours(np.array([[np.nan]], np.float32), (-2.0, 2.0))[0, 0].tolist() == list(UNSEEN)
