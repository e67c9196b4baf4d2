"""Curves and bands against what Qt draws of the same points."""

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

from eclips4d.viewer.panels.curve import Band, Curve

WIDE, HIGH = 200, 80
X = np.linspace(5.0, 195.0, 96)
Y = 40 + 25 * np.sin(X / 17)


@pytest.fixture
def painted(qapp):
    """What an item draws on black, the red of each pixel."""

    def paint(draw, ratio=1.0):
        image = QImage(int(WIDE * ratio), int(HIGH * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor("black"))
        painter = QPainter(image)
        draw(painter)
        painter.end()
        bits = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
        return bits[..., 2].astype(float)

    return paint


def by_qt(width, x=X, y=Y):
    def draw(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pg.mkPen("red", width=width))
        painter.drawPolyline(QPolygonF([QPointF(*at) for at in zip(x, y, strict=True)]))

    return draw


def curve(width, x=X, y=Y):
    item = Curve(pg.mkPen("red", width=width))
    item.setData(x, y)
    return item


@pytest.mark.parametrize("ratio", [1.0, 2.0], ids=["usual screen", "fine screen"])
@pytest.mark.parametrize("width", [1, 2])
def test_a_curve_lies_where_qts_own_does_and_is_about_as_wide(painted, width, ratio):
    ours, theirs = painted(curve(width).paint, ratio), painted(by_qt(width), ratio)
    rows = np.arange(len(ours))[:, None]
    columns = theirs.sum(axis=0) > 255
    centres = [(one * rows).sum(axis=0)[columns] / one.sum(axis=0)[columns] for one in (ours, theirs)]
    assert np.abs(centres[0] - centres[1]).max() < 0.75
    assert np.median(ours.sum(axis=0)[columns] / theirs.sum(axis=0)[columns]) == pytest.approx(1.0, abs=0.25)


def test_a_curve_is_broken_where_a_point_is_not_known(painted):
    y = Y.copy()
    y[40:60] = np.nan
    hole = painted(curve(2, X, y).paint)[:, int(X[42]) : int(X[57])]
    assert not hole.any()
    whole = painted(curve(2).paint)[:, int(X[42]) : int(X[57])]
    assert whole.any(axis=0).all()


def test_a_curve_without_points_draws_nothing_and_lies_nowhere(painted):
    item = curve(2, [], [])
    assert not painted(item.paint).any() and item.boundingRect().isNull()
    item = curve(2, [1.0, 2.0], [np.nan, np.nan])
    assert not painted(item.paint).any() and item.boundingRect().isNull()


def test_a_band_covers_one_standard_deviation_either_way(painted):
    band = Band((255, 0, 0, 255))
    band.show_around(X, Y, np.full(X.size, 8.0))
    seen = painted(band.paint)[:, 10:-10]
    assert np.abs(seen.sum(axis=0) / 255 - 16.0).max() <= 2.0
    band.show_around(X, Y, None)
    assert not band.isVisible() and not painted(band.paint).any()


def test_a_band_is_broken_where_the_deviation_is_not_known(painted):
    sd = np.full(X.size, 8.0)
    sd[40:60] = np.nan
    band = Band((255, 0, 0, 255))
    band.show_around(X, Y, sd)
    seen = painted(band.paint).any(axis=0)
    assert not seen[int(X[42]) : int(X[57])].any() and seen[:100].any() and seen[150:].any()
    assert band.boundingRect().left() == X[0] and band.boundingRect().right() == X[-1]


def test_points_are_those_that_were_given(qapp):
    item = curve(2)
    np.testing.assert_array_equal(item.getData(), (X, Y))
    outline = item.boundingRect()
    assert outline.left() <= X[0] and outline.right() >= X[-1]
    assert outline.top() <= Y.min() and outline.bottom() >= Y.max()
    item.setPen(pg.mkPen("red", width=3, style=Qt.PenStyle.SolidLine))
    assert item._pen.widthF() == 3
