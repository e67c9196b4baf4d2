"""Maps of how sure a surface is: read, painted, chosen."""

import numpy as np
import pytest
import xarray as xr

from eclips4d.viewer.doubt import DOUBTS, angle_sd_deg, look
from eclips4d.viewer.extras import Extras
from eclips4d.viewer.model import Model
from eclips4d.viewer.picture import DoubtAsked, SurfaceImage
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.store import StoreFrames
from eclips4d.viewer.window import Window


def products(**planes):
    dims = {2: ("y", "x"), 3: ("component", "y", "x")}
    return xr.Dataset({name: (("time", *dims[plane.ndim]), plane[None]) for name, plane in planes.items()})


def surface(height):
    return SurfaceImage(0, np.asarray(height, np.float32), None, None)


def test_the_sd_of_an_angle_is_that_of_the_tangent_propagated():
    random = np.random.default_rng(0)
    slope, sd = np.array([0.8, 0.0]), 0.01
    drawn = np.degrees(np.arctan(np.hypot(*(slope[:, None] + random.normal(0, sd, (2, 200_000))))))
    stated = angle_sd_deg(np.full((1, 1), sd, np.float32), slope.reshape(2, 1, 1).astype(np.float32))
    assert stated[0, 0] == pytest.approx(drawn.std(), rel=0.02)


def test_what_was_never_seen_is_neither_trusted_nor_doubted():
    height = np.array([[1.0, np.nan]])
    found = look(products(trust=np.array([[80, 0]], np.uint8)), surface(height), DoubtAsked("trust"), None)
    assert found.values[0, 0] == 80 and np.isnan(found.values[0, 1])
    assert found.levels == (0.0, 100.0)


@pytest.mark.parametrize("name", DOUBTS)
def test_a_store_without_the_map_says_so(name):
    found = look(products(), surface(np.eye(3)), DoubtAsked(name), None)
    assert found.painted is None and "in this store" in found.note


def test_the_worst_is_brightest():
    trust = np.array([[0, 100]], np.uint8)
    found = look(products(trust=trust), surface([[0.0, 0.0]]), DoubtAsked("trust"), None)
    assert found.painted[0, 0].sum() > found.painted[0, 1].sum()
    residual = np.array([[3.0, 0.0]], np.float32)
    found = look(products(residual=residual), surface([[0.0, 0.0]]), DoubtAsked("residual"), None)
    assert found.painted[0, 0].sum() > found.painted[0, 1].sum()


def test_nothing_is_read_twice():
    of, store = surface(np.eye(3)), products(residual=np.ones((3, 3), np.float32))
    first = look(store, of, DoubtAsked("residual"), None)
    assert look(store, of, DoubtAsked("residual"), first) is first
    again = look(store, of, DoubtAsked("residual", (0.0, 9.0)), first)
    assert again is not first and again.values is first.values


def test_levels_found_once_stay_until_they_are_refitted():
    extras = Extras()
    extras.see(doubt=True, relief=False)
    extras.doubt_name = "height_sd"
    extras.hold(extras.doubt, (0.1, 0.3))
    extras.hold(extras.doubt, (5.0, 9.0))
    assert extras.doubt.levels == (0.1, 0.3)
    extras.refit()
    assert extras.doubt.levels is None
    extras.see(doubt=False, relief=False)
    assert extras.doubt is None


def test_it_is_read_only_while_its_panel_is_in_sight(store, qtbot):
    store.grow()
    window = Window(Model(), Reader(StoreFrames(store.path)), title="run")
    qtbot.addWidget(window)
    window.resize(1300, 900)
    window.show()
    qtbot.waitExposed(window)
    window.start()
    qtbot.waitUntil(lambda: window.model.picture.surface is not None)
    assert window.model.picture.doubt is None
    window.area.bring("trust")
    panel = window.docked["trust"]
    qtbot.waitUntil(lambda: window.model.picture.doubt is not None)
    panel.kinds.setCurrentIndex(panel.kinds.findData("height_sd"))
    qtbot.waitUntil(lambda: window.model.picture.doubt.asked.name == "height_sd")
    qtbot.waitUntil(lambda: panel.bar.name == "Height sd")
    panel.bar.dragged.emit(0.0, 4.0)
    qtbot.waitUntil(lambda: window.model.picture.doubt.levels == (0.0, 4.0))
    window.area.bring("surface")
    qtbot.waitUntil(lambda: "OpenGL" in window.docked["surface"]._words.text())
    window.close()
