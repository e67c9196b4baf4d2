"""Measuring with mouse and keys: lines, areas, kymograph, table, exports; in both looks."""

import subprocess
import sys

import pytest
from made_steps import GoingSteps, warm_up
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLineEdit

from eclips4d.metrology.profiles.wall import Wall
from eclips4d.viewer.measuring.drawing import Tool
from eclips4d.viewer.measuring.kymograph import Drawn
from eclips4d.viewer.measuring.movies import StoredMovies
from eclips4d.viewer.measuring.session import Focus, Session
from eclips4d.viewer.measuring.shapes import AreaShape, LineShape, rectangle
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.mark_items import area_texts
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.window import Window

STEPS = GoingSteps(((25.0, 1.0, 2.0), (55.0, 1.0, -3.0)), frames=4, shape=(30, 40), riser_nm=2.5, noise=0.004)
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
NOTHING = Qt.KeyboardModifier.NoModifier
PATIENCE_MS = 120_000


@pytest.fixture(scope="module", autouse=True)
def compiled():
    warm_up()


@pytest.fixture
def window(qtbot, store):
    store.grow(4)
    made = Window(Model(measuring=Session(STEPS)), Reader(StoreFrames(store.path)), title="run")
    qtbot.addWidget(made)
    made.resize(1300, 900)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.start()
    made.arrange("Measure")
    qtbot.waitUntil(lambda: made.model.picture.surface is not None and len(made.height_map.marks.grips) == 2)
    qtbot.waitUntil(lambda: made.area.in_sight("kymograph") and made.area.in_sight("table"))
    yield made
    made.close()


class Mouse:
    """Presses at places that are given in nm on the map, or in the units of a plot's axes."""

    def __init__(self, qtbot, view, box):
        self.qtbot, self.view, self.box = qtbot, view, box

    def pixel(self, x, y):
        # The box brings its transform up to date only when it paints.
        self.view.window().grab()
        return self.view.mapFromScene(self.box.mapViewToScene(QPointF(x, y)))

    def drag(self, start, end, modifier=NOTHING):
        a, b, port = self.pixel(*start), self.pixel(*end), self.view.viewport()
        self.qtbot.mouseMove(port, a)
        self.qtbot.mousePress(port, LEFT, modifier, a)
        for share in (0.3, 0.7, 1.0):
            # As `qtbot.mouseMove`, which knows no modifiers.
            at = QPointF(a + (b - a) * share)
            there = QPointF(port.mapToGlobal(at))
            QApplication.sendEvent(port, QMouseEvent(QEvent.Type.MouseMove, at, there, LEFT, LEFT, modifier))
            self.qtbot.wait(30)
        self.qtbot.mouseRelease(port, LEFT, modifier, b)

    def click(self, at, button=LEFT):
        # pyqtgraph takes two clicks at nearly one moment for a double click.
        self.qtbot.wait(QApplication.doubleClickInterval() // 8)
        self.qtbot.mouseClick(self.view.viewport(), button, NOTHING, self.pixel(*at))


@pytest.fixture
def on_map(qtbot, window):
    return Mouse(qtbot, window.height_map.map.view, window.height_map.map.box)


def sheet(window):
    return window.model.measuring.sheet


def names(window):
    return [m.name for m in sheet(window).measurements]


def near(point, other, nm=2.0):
    return all(abs(a - b) < nm for a, b in zip(point, other, strict=True))


def test_a_key_and_a_drag_draw_a_line_and_the_view_stays(window, on_map, qtbot):
    before = window.height_map.map.box.viewRange()
    qtbot.keyClick(window, Qt.Key.Key_D)
    assert "drag a line" in window.height_map.widget._info.text()
    on_map.drag((10.0, 10.0), (60.0, 14.0))
    assert names(window) == ["L1", "L2"] and window.model.measuring.drawing.tool is None
    start, end = window.model.line
    assert near(start, (10.0, 10.0)) and near(end, (60.0, 14.0))
    assert window.height_map.map.box.viewRange() == before


def test_shift_and_a_drag_draw_a_line_too(window, on_map):
    on_map.drag((10.0, 10.0), (60.0, 14.0), SHIFT)
    assert names(window) == ["L1", "L2"]


def test_a_slip_of_the_mouse_draws_nothing(window, on_map, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_D)
    on_map.drag((10.0, 10.0), (10.4, 10.0))
    assert names(window) == ["L1"]


def test_a_rectangle_is_drawn_moved_and_pulled_at_a_corner(window, on_map, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_R)
    on_map.drag((10.0, 4.0), (30.0, 20.0))
    (area,) = sheet(window).all_areas()
    assert area[0].name == "A1" and area[1].upright
    on_map.drag((20.0, 4.0), (25.0, 8.0))
    moved = sheet(window).chosen.shape
    assert near(moved.vertices[0], (15.0, 8.0)) and near(moved.vertices[2], (35.0, 24.0))
    on_map.drag(moved.vertices[2], (50.0, 50.0))
    assert near(sheet(window).chosen.shape.vertices[2], (50.0, 50.0))
    assert near(sheet(window).chosen.shape.vertices[0], (15.0, 8.0))
    assert isinstance(sheet(window).chosen_line.shape, LineShape)


def test_a_polygon_is_clicked_corner_by_corner(window, on_map, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_G)
    for corner in ((10.0, 4.0), (40.0, 6.0), (20.0, 24.0)):
        on_map.click(corner)
    assert names(window) == ["L1"]
    on_map.click((10.0, 4.0))
    shape = sheet(window).chosen.shape
    assert isinstance(shape, AreaShape) and len(shape.vertices) == 3 and not shape.upright
    assert window.model.measuring.drawing.tool is None


def test_escape_and_the_right_button_put_a_tool_away(window, on_map, qtbot):
    drawing = window.model.measuring.drawing
    qtbot.keyClick(window, Qt.Key.Key_G)
    assert drawing.tool is Tool.POLYGON
    on_map.click((10.0, 4.0))
    qtbot.keyClick(window.height_map.map.view, Qt.Key.Key_Escape)
    assert drawing.tool is None
    qtbot.keyClick(window, Qt.Key.Key_D)
    on_map.click((10.0, 4.0), Qt.MouseButton.RightButton)
    assert drawing.tool is None and names(window) == ["L1"]


def test_a_drag_is_taken_back_in_one_step_and_done_again(window, on_map, qtbot):
    before = window.model.line
    on_map.drag(before[1], (60.0, 50.0))
    after = window.model.line
    assert after != before and near(after[1], (60.0, 50.0))
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.model.line == before
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | SHIFT)
    assert window.model.line == after


def test_a_click_selects_delete_removes_and_the_background_still_moves(window, on_map, qtbot):
    on_map.drag((10.0, 10.0), (60.0, 10.0), SHIFT)
    on_map.click((40.0, 29.0))
    assert sheet(window).chosen.name == "L1"
    qtbot.keyClick(window, Qt.Key.Key_Period)
    assert sheet(window).chosen.name == "L2"
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert names(window) == ["L1"]
    before = window.height_map.map.box.viewRange()
    on_map.drag((40.0, 45.0), (45.0, 50.0))
    assert window.height_map.map.box.viewRange() != before and names(window) == ["L1"]


def test_the_wheel_still_zooms_where_marks_are(window, on_map):
    port, at = window.height_map.map.view.viewport(), QPointF(on_map.pixel(40.0, 29.0))
    before = window.height_map.map.nm_per_pixel
    QApplication.sendEvent(
        port,
        QWheelEvent(
            at, QPointF(port.mapToGlobal(at)), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, NOTHING,
            Qt.ScrollPhase.NoScrollPhase, False,
        ),
    )  # fmt: skip
    assert window.height_map.map.nm_per_pixel < before


def test_a_line_widens_and_its_band_is_shown(window, qtbot):
    items = len(window.height_map.marks._items._items)
    qtbot.keyClick(window, Qt.Key.Key_W)
    assert window.model.measuring.drawing.line_shape.width_nm > 4.0
    assert len(window.height_map.marks._items._items) == items + 1
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_W, SHIFT)
    assert window.model.measuring.drawing.line_shape.width_nm == 0.0


def test_without_any_line_panels_say_how_to_draw_one(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert window.model.line is None
    qtbot.waitUntil(lambda: "press D" in window.profile.widget._info.text())
    qtbot.waitUntil(lambda: "press D" in window.docked["kymograph"].widget._info.text())


def test_steps_are_drawn_into_the_profile(window, qtbot):
    labels = window.profile._labels
    qtbot.waitUntil(lambda: len(labels.texts) == 2, timeout=PATIENCE_MS)
    assert all("nm\n" in text and text.endswith("°") for text in labels.texts)
    assert "2 steps" in window.profile.widget._info.text()
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: not labels.texts)


def test_a_wall_is_declared_in_a_field_of_the_profile(window, qtbot):
    measuring, field = window.model.measuring, window.profile.walls.field
    qtbot.waitUntil(lambda: len(window.profile._labels.texts) == 2, timeout=PATIENCE_MS)
    assert "DEG:U" in window.profile.walls.toolTip() and field.text() == ""
    qtbot.mouseClick(field, LEFT)
    qtbot.keyClicks(field, "25:0.5")
    assert measuring.wall is None, "not before it is whole"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert measuring.wall == Wall(25.0, 0.5) and not field.hasFocus() and not measuring.results.rows
    qtbot.waitUntil(lambda: len(window.profile._labels.texts) == 2, timeout=PATIENCE_MS)
    table = window.docked["table"]
    qtbot.waitUntil(lambda: "walls, declared" in {row.quantity for row in table._now._rows}, timeout=PATIENCE_MS)


def test_what_is_typed_and_is_no_wall_or_is_left_declares_nothing(window, qtbot):
    measuring, field = window.model.measuring, window.profile.walls.field
    measuring.declare_wall("25")
    window.draw()
    assert field.text() == "25:1"
    for typed, key in (("80", Qt.Key.Key_Return), ("30", Qt.Key.Key_Escape)):
        qtbot.mouseClick(field, LEFT)
        field.selectAll()
        qtbot.keyClicks(field, typed)
        qtbot.keyClick(field, key)
        assert measuring.wall == Wall(25.0) and field.text() == "25:1" and not field.hasFocus()
    assert "no height is read off a wall of 80 degrees" in measuring.words[0]
    qtbot.mouseClick(field, LEFT)
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert measuring.wall is None


def test_a_declared_wall_survives_another_look(window, qtbot):
    window.model.measuring.declare_wall("25:0.5")
    window.other_look()
    qtbot.waitUntil(lambda: window.profile.walls.field.text() == "25:0.5")


def test_the_kymograph_shows_all_frames_and_a_drag_on_it_is_a_velocity_to_note(window, qtbot):
    panel, measuring = window.docked["kymograph"], window.model.measuring
    qtbot.waitUntil(lambda: "L1: 4 frames" in panel.widget._info.text(), timeout=PATIENCE_MS)
    assert panel._image.image.shape[0] > 4
    qtbot.waitUntil(lambda: "nm/s" in panel._list.text(), timeout=PATIENCE_MS)
    mouse = Mouse(qtbot, panel._plot, panel._plot.getViewBox())
    mouse.drag((20.0, 0.5), (22.0, 2.5))
    velocity = measuring.velocity()
    assert velocity.value == pytest.approx(1.0, abs=0.15)
    assert "drawn:" in panel.widget._info.text() or "drawn:" in (window.draw() or panel.widget._info.text())
    qtbot.keyClick(window, Qt.Key.Key_Return)
    (row,) = measuring.results.rows
    assert row.quantity == "velocity drawn" and row.unit == "nm/s"
    mouse.click((30.0, 1.0))
    assert measuring.drawn is None and measuring.focus is Focus.SHAPE


def test_enter_in_a_field_is_the_field_s_own(window, qtbot):
    field = QLineEdit(window)
    field.show()
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not window.model.measuring.results.rows


def test_noting_striking_out_and_exporting(window, qtbot, tmp_path, monkeypatch):
    measuring, table = window.model.measuring, window.docked["table"]
    qtbot.waitUntil(lambda: table._now.rowCount() > 3, timeout=PATIENCE_MS)
    qtbot.mouseClick(table._note, LEFT)
    noted = len(measuring.results.rows)
    assert noted == table._noted.rowCount() > 3
    table._views[1].selectRow(0)
    qtbot.mouseClick(table._strike, LEFT)
    assert len(measuring.results.rows) == noted - 1 and measuring.results.rows[0].quantity != "length"
    target = tmp_path / "results"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "CSV (*.csv)"))
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil((tmp_path / "results.csv").exists, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: f"{noted - 1} rows in" in table.widget._info.text())
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | SHIFT)
    qtbot.waitUntil(lambda: "2 steps of L1 in 4 frames" in measuring.words[0], timeout=PATIENCE_MS)


def test_an_export_that_cannot_be_made_is_said_and_no_dialog(window, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("/nowhere/at/all.csv", ""))
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "nothing was noted yet" in window.model.measuring.words[0]
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | SHIFT)
    assert "no such folder" in window.model.measuring.words[0]


def test_renaming_by_the_menu(window, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("east edge", True))
    menu = next(a.menu() for a in window.menuBar().actions() if a.text() == "Measure")
    next(action for action in menu.actions() if action.text() == "Rename…").trigger()
    assert sheet(window).chosen.name == "east edge"


def test_measurements_and_table_survive_another_look(window, on_map, qtbot):
    on_map.drag((10.0, 10.0), (60.0, 10.0), SHIFT)
    window.model.measuring.draw_velocity(Drawn((20.0, 0.5), (22.0, 2.5)))
    qtbot.keyClick(window, Qt.Key.Key_T)
    window.arrange("Measure")
    qtbot.waitUntil(lambda: len(window.height_map.marks.grips) == 2)
    assert names(window) == ["L1", "L2"]
    on_map = Mouse(qtbot, window.height_map.map.view, window.height_map.map.box)
    on_map.click((40.0, 29.0))
    assert sheet(window).chosen.name == "L1"


def test_a_growing_run_is_read_and_followed(qtbot, make_store):
    store = make_store(keep=("height", "height_sd", "slope", "slope_sd", "trust"))
    store.grow(2)
    window = Window(Model(measuring=Session(StoredMovies(store.path))), Reader(StoreFrames(store.path)), title="run")
    qtbot.addWidget(window)
    window.resize(1300, 900)
    window.show()
    qtbot.waitExposed(window)
    window.start()
    window.arrange("Measure")
    measuring = window.model.measuring
    qtbot.waitUntil(lambda: measuring.series() is not None and len(measuring.series().frames) == 2, timeout=PATIENCE_MS)
    measuring.drawing.draw(rectangle((6.0, 6.0), (70.0, 50.0)))
    qtbot.waitUntil(lambda: bool(area_texts(measuring, 1)), timeout=PATIENCE_MS)
    (area,) = measuring.sheet.all_areas()
    assert measuring.area_reading(area[1]).facets[0].tilt_deg.value == pytest.approx(6.38, abs=0.1)
    store.grow(2)
    qtbot.waitUntil(lambda: len(measuring.series().frames) == 4, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(area_texts(measuring, 3)), timeout=PATIENCE_MS)
    window.close()


def test_a_window_that_opens_loads_nothing_that_only_measuring_needs():
    code = (
        "import sys, eclips4d.viewer.window, eclips4d.viewer.measuring.movies\n"
        "print([m for m in ('numba', 'eclips4d.metrology.facets', 'scipy.optimize') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert answer.stdout.strip() == "[]"


def test_a_point_far_outside_belongs_to_nobody(window, on_map):
    assert on_map.pixel(0.0, 0.0) != QPoint()
    on_map.click((-30.0, -30.0))
    assert sheet(window).chosen.name == "L1"
