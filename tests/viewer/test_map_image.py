"""The image of a map: the very pixels that were painted, where they belong."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from eclips4d.viewer.panels.map_image import MapImage


@pytest.mark.parametrize("shape", [(5, 7, 3), (6, 9), (4, 4, 3)])
def test_every_pixel_is_shown_as_it_is(qapp, shape):
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    item = MapImage()
    item.show_image(image)
    rgb = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    np.testing.assert_array_equal(item.shown, rgb)
    canvas = QImage(shape[1], shape[0], QImage.Format.Format_RGB32)
    item.set_rectangle(QRectF(0, 0, shape[1], shape[0]))
    painter = QPainter(canvas)
    item.paint(painter)
    painter.end()
    assert [canvas.pixelColor(x, y).red() for y in (0, shape[0] - 1) for x in range(shape[1])] == [
        *rgb[0, :, 0],
        *rgb[-1, :, 0],
    ]


def test_part_of_a_larger_image_can_be_shown_and_the_image_need_not_stay(qapp):
    image = np.random.default_rng(2).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    item, part = MapImage(), image[2:6, 1:5]
    item.show_image(part)
    kept = part.copy()
    image[:] = 0
    np.testing.assert_array_equal(item.shown, kept)
