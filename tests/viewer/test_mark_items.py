"""Names of lines on a map stand where there is room for them."""

import pytest
from PySide6.QtWidgets import QGraphicsRectItem

from eclips4d.viewer.measuring.drawing import Drawing
from eclips4d.viewer.measuring.shapes import LineShape
from eclips4d.viewer.panels.mark_items import MarkItems

FIELD = (-50.0, 0.0, 100.0, 80.0)
BESIDE, ABOVE = 0.5, 1.2


@pytest.mark.parametrize(
    ("ends", "anchors"),
    [
        (((-20.0, 40.0), (20.0, 40.0)), [BESIDE, BESIDE]),
        (((-48.0, 40.0), (20.0, 40.0)), [ABOVE, BESIDE]),
        (((-20.0, 40.0), (48.0, 30.0)), [BESIDE, ABOVE]),
        (((48.0, 40.0), (-48.0, 30.0)), [ABOVE, ABOVE]),
        (((-48.0, 40.0), (-46.0, 70.0)), [ABOVE, BESIDE]),
    ],
    ids=["middle", "left edge", "right edge", "backwards", "along the edge"],
)
def test_a_name_stands_beside_its_end_or_above_where_the_map_ends_there(qapp, ends, anchors):
    drawing, items = Drawing(), MarkItems(QGraphicsRectItem())
    drawing.draw(LineShape(ends))
    items.show_all(drawing.sheet, {}, None, FIELD)
    names = {item.toPlainText(): item for item in items._items if hasattr(item, "toPlainText")}
    assert sorted(names) == ["a", "b"]
    assert [names[name].anchor.y() for name in ("a", "b")] == anchors
