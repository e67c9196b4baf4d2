import gc
import shutil
import sys

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QImage

from eclips4d.core.results import Datum
from eclips4d.viewer.app import paint
from eclips4d.viewer.model import Model
from eclips4d.viewer.pulling import TICK_MS
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.window import Window


@pytest.fixture
def open_window(qtbot):
    """Windows that are closed with the test."""
    opened = []

    def open_on(path):
        window = Window(Model(), Reader(StoreFrames(path)), title=path.name)
        opened.append(window)
        qtbot.addWidget(window)
        window.resize(1200, 800)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        window.start()
        return window

    yield open_on
    for window in opened:
        window.close()


def frame_shown(window):
    surface = window.model.picture.surface
    return -1 if surface is None else surface.sequence


def test_new_frames_appear_as_the_store_grows(store, open_window, qtbot):
    window = open_window(store.path)
    store.grow()
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    first = window.height_map.map._image.shown
    store.grow(2)
    qtbot.waitUntil(lambda: frame_shown(window) == 2)
    assert not np.array_equal(first, window.height_map.map._image.shown)
    assert window.time_bar.slider.maximum() == 2
    assert "frame 2" in window.height_map.widget._info.text()


def test_opened_before_the_store_exists(tmp_path, make_store, open_window, qtbot):
    window = open_window(tmp_path / "later.zarr")
    qtbot.waitUntil(lambda: "waiting for" in window.height_map.map._message.text())
    store = make_store("later.zarr")
    store.grow()
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    assert not window.height_map.map._message.isVisible()


def test_neither_levels_nor_zoom_move_by_themselves(store, open_window, qtbot):
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    box, levels = window.height_map.map.box, window.model.scales
    box.setRange(xRange=(10, 30), yRange=(10, 25), padding=0)
    window.height_map.map._on_manual()
    zoom = np.array(box.viewRange())
    axes = np.array(window.profile._plot.viewRange())
    store.grow(20)
    qtbot.waitUntil(lambda: frame_shown(window) == 20)
    assert window.model.scales == levels
    np.testing.assert_allclose(box.viewRange(), zoom)
    np.testing.assert_allclose(window.profile._plot.viewRange(), axes)
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: window.model.scales.height is not None and window.model.scales != levels)
    np.testing.assert_allclose(box.viewRange(), zoom)


def test_image_lies_on_its_nm_with_y_downwards(store, open_window, qtbot):
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    image, box = window.height_map.map._image, window.height_map.map.box
    outline = box.mapToView(image.mapToParent(image.boundingRect().topLeft()))
    assert image.mapRectToParent(image.boundingRect()).getRect() == pytest.approx(
        (-store.pixel_nm / 2, -store.pixel_nm / 2, store.columns * store.pixel_nm, store.rows * store.pixel_nm)
    )
    del outline
    top, bottom = (box.mapViewToScene(box.mapToView(box.mapFromView(QPoint(0, y)))).y() for y in (0, 50))
    assert top < bottom


def test_keys_step_and_follow(store, open_window, qtbot):
    store.grow(5)
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 4)
    qtbot.keyClick(window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: frame_shown(window) == 3)
    assert not window.time_bar.follow.isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: frame_shown(window) == 1)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: frame_shown(window) == 4)
    assert window.time_bar.follow.isChecked()
    window.time_bar.slider.setValue(2)
    qtbot.waitUntil(lambda: frame_shown(window) == 2)


def test_a_key_shows_the_change_of_height_and_the_height_again(store, open_window, qtbot):
    known = Datum((0.0,) * 3, (0.0,) * 3)
    store.grow(2, datum=known)
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 1)
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: window.model.change is not None)
    assert window.height_map.change_bar.button.isChecked()
    assert "change since frame 0" in window.height_map.widget._info.text()
    window.height_map.bar.dragged.emit(-7.0, 7.0)
    qtbot.waitUntil(lambda: window.model.picture.scales.change == (-7.0, 7.0))
    qtbot.mouseClick(window.height_map.change_bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "change since" not in window.height_map.widget._info.text())
    assert not window.model.change_wanted


def test_the_keys_are_listed_in_the_window(store, open_window, qtbot):
    window = open_window(store.path)
    assert not window.keys.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.keys.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert not window.keys.isVisible()


def test_dragging_the_line_gives_the_profile_below(store, open_window, qtbot):
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: len(window.height_map.marks.grips) == 2)
    handle = window.height_map.marks.grips[1]
    bx_before = window.model.line[1][0]
    view = window.height_map.map.view
    places = []

    def at_rest():
        # The box brings its transform up to date only when it paints: before that the handle is not where it seems.
        window.grab()
        places.append(view.mapFromScene(handle.scenePos()))
        return len(places) > 1 and places[-1] == places[-2] and handle in view.items(places[-1])

    qtbot.waitUntil(at_rest)
    start = places[-1]
    goal = start + QPoint(-60, 40)
    port = view.viewport()
    qtbot.mouseMove(port, start)
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.6, 1.0):
        qtbot.mouseMove(port, start + (goal - start) * share)
        qtbot.wait(30)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=goal)
    (ax, ay), (bx, by) = window.model.line
    assert bx < bx_before and by > ay
    x, h = window.profile._curve.getData()
    assert x[-1] == pytest.approx(np.hypot(bx - ax, by - ay))
    assert h[-1] - h[0] == pytest.approx(0.1 * (bx - ax) + 0.05 * (by - ay), abs=0.1)


def test_dragging_the_colour_bar_moves_one_level(store, open_window, qtbot):
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: window.model.scales.height is not None)
    low, high = window.model.scales.height
    bar = window.height_map.bar
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(10, 60))
    qtbot.mouseMove(bar, QPoint(10, 30))
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(10, 30))
    assert window.model.scales.height[0] == low
    assert window.model.scales.height[1] > high
    raised = window.model.scales.height
    qtbot.waitUntil(lambda: window.model.picture.scales.height == raised)


def test_a_png_is_painted_with_something_in_it(store, tmp_path, qapp):
    store.grow(2)
    store.record(1)
    paint(store.path, tmp_path / "window.png", size=(1000, 700))
    image = QImage(str(tmp_path / "window.png")).convertToFormat(QImage.Format.Format_RGB888)
    assert (image.width(), image.height()) == (1000, 700)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(700, image.bytesPerLine())
    pixels = lines[:, : 3 * 1000].reshape(700, 1000, 3)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 300
    bright = (pixels.min(axis=2) > 200).mean()
    assert 0.001 < bright < 0.5, "text is there and does not fill the window"


def soak(window, store, frames):
    """Feed frames as the timer would, painting each."""
    reader = StoreFrames(store.path)
    for k in range(frames):
        window.model.select(k % 8)
        window.model.accept(reader.look(window.model.wanted))
        window.draw()
        window.grab()
        yield k


@pytest.mark.parametrize("frames", [300, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.timeout(1200)
def test_painting_many_frames_loses_no_references(store, qtbot, frames):
    """PySide6 6.12.0 lost two references of True per painted frame under Python 3.11, and aborted after about 1000."""
    store.grow(8)
    window = Window(Model(), Reader(StoreFrames(store.path)), title="soak")
    qtbot.addWidget(window)
    window.resize(500, 400)
    window.show()
    before = 0
    for k in soak(window, store, frames):
        if k == 50:
            gc.collect()
            before = sys.getrefcount(True)
    gc.collect()
    assert abs(sys.getrefcount(True) - before) < frames / 2
    window.close()


def test_the_scale_bar_is_true_at_every_zoom(store, open_window, qtbot):
    """The bar's ends, mapped back through the scene, are as far apart on the specimen as it says."""
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    view = window.height_map.map
    lengths = set()
    for factor in (1.0, 0.2, 0.2):
        view.box.scaleBy((factor, factor))
        window.grab()
        ends = view._bar._bar.sceneBoundingRect()
        left, right = (view.box.mapSceneToView(p) for p in (ends.topLeft(), ends.topRight()))
        assert right.x() - left.x() == pytest.approx(view._bar.length_nm, rel=1e-3)
        lengths.add(view._bar.length_nm)
    assert len(lengths) == 3


def test_both_frame_numbers_when_inference_lags(store, open_window, qtbot):
    store.grow()
    store.record(3)
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    assert "newest raw frame 3" in window.docked["segments"].widget._info.text()
    assert "frame 0" in window.height_map.widget._info.text()
    assert "3 behind raw" in window.height_map.widget._info.text()


def test_an_uncalibrated_height_says_so(store, open_window, qtbot):
    store.writer.add_calibration(replace(store.writer.calibrations[0], calibrated=False))
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: "not calibrated" in window.height_map.widget._info.text())


@pytest.mark.parametrize(
    "keep, said", [(("slope",), "no height in this store"), (("height",), "no slope in this store")]
)
def test_a_panel_without_its_map_says_so(keep, said, make_store, open_window, qtbot):
    store = make_store("part.zarr", keep=keep)
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    panel = window.docked["slope"] if "height" in keep else window.height_map
    assert panel.map._message.text() == said and panel.map._message.isVisible()
    assert panel.map._message.width() > 100, "there is room for the words"


def test_a_map_that_was_deleted_is_said(store, open_window, qtbot):
    store.grow()
    shutil.rmtree(store.path / "height")
    window = open_window(store.path)
    qtbot.waitUntil(lambda: "height missing" in window.height_map.map._message.text())
    assert window.height_map.map._message.isVisible()


def test_tiles_lie_close_together(store, open_window, qtbot):
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 0)
    first, second, third = (tile.geometry() for tile in window.docked["segments"]._tiles[:3])
    assert first.width() / first.height() == pytest.approx(store.columns / store.rows, rel=0.02)
    neighbours = [(second.left() - first.right(), second.top() == first.top())]
    neighbours.append((third.top() - first.bottom(), True))
    assert any(1 < gap < 8 for gap, _ in neighbours)


def test_the_uncertainty_of_the_scale_stands_beside_the_read_out(store, open_window, qtbot):
    store.writer.add_calibration(replace(store.writer.calibrations[0], kappa_u=0.14))
    store.grow()
    window = open_window(store.path)
    qtbot.waitUntil(lambda: "± 14 %" in window.profile._read_out.text())
    assert "µm" not in window.profile._read_out.text()


def test_what_all_panels_draw_of_a_frame_is_painted_in_one_go(store, open_window, qtbot):
    store.grow(2)
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 1)
    paints = []

    class Watch(QObject):
        def eventFilter(self, watched, event):
            if watched is window and event.type() == QEvent.Type.Paint:
                paints.append(event)
            return False

    watch = Watch()
    qtbot.waitUntil(lambda: window._gathered.isActive() is False)
    window._timer.stop()
    # No answer to an earlier question is to be taken for that to the next one.
    qtbot.waitUntil(lambda: (window.pull(), window._pulling.tick_ms == TICK_MS and not window._reader.has_news)[1])
    window.installEventFilter(watch)
    window.model.select(0)
    window.pull()
    qtbot.waitUntil(lambda: window._reader.has_news)
    paints.clear()
    window.pull()
    qtbot.waitUntil(lambda: bool(paints))
    QCoreApplication.processEvents()
    assert frame_shown(window) == 0 and len(paints) == 1
    assert np.array_equal(window.height_map.map._image.shown, window.model.picture.painted.height)


def test_nothing_but_the_state_line_is_drawn_while_nothing_comes(store, open_window, qtbot, monkeypatch):
    store.grow(2)
    window = open_window(store.path)
    qtbot.waitUntil(lambda: frame_shown(window) == 1)
    window._timer.stop()
    qtbot.waitUntil(lambda: (window.pull(), window._pulling.tick_ms == TICK_MS and not window._reader.has_news)[1])
    drawn = []
    for name, part in (("state", window.state_bar), ("height", window.docked["height"])):
        monkeypatch.setattr(part, "draw", lambda model, name=name: drawn.append(name))
    monkeypatch.setattr(window._pulling, "is_early", lambda *_, **__: False)
    window.draw()
    drawn.clear()
    old = {True: False, False: False}
    monkeypatch.setattr(window._pulling, "is_old", lambda *, whole: old[whole])
    window._tick()
    assert drawn == []
    old[False] = True
    window._tick()
    assert drawn == ["state"]
    old[True] = True
    window._tick()
    assert drawn == ["state", "state", "height"]
    old.update({True: False, False: False})
    store.grow()
    qtbot.waitUntil(lambda: (window._tick(), frame_shown(window))[1] == 2)
    assert drawn[3:] == ["state", "height"]
