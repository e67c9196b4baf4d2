"""A picture with what only some panels show: how sure the surface is, and the surface in three dimensions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eclips4d.viewer import doubt
from eclips4d.viewer.colours import Image8
from eclips4d.viewer.picture import DoubtAsked, DoubtImage, Picture
from eclips4d.viewer.relief import relief

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run


def with_extras(picture: Picture, products: Run, last: Picture) -> Picture:
    """The same picture, and what it was asked for besides; what `last` has already is taken from there."""
    wanted, surface, grid = picture.wanted, picture.surface, picture.grid
    if surface is None or grid is None or (wanted.doubt is None and wanted.relief is None):
        return picture
    if wanted.doubt is not None:
        picture = replace(picture, doubt=doubt.look(products, surface, wanted.doubt, last.doubt))
    if wanted.relief is not None:
        painted = _colours(picture, products, wanted.relief.colour, last)
        levels = picture.scales.height
        picture = replace(picture, relief=relief(surface, grid, wanted.relief, painted, levels, last.relief))
    return picture


def _colours(picture: Picture, products: Run, name: str, last: Picture) -> Image8 | None:
    if name == "trust":
        return _trust(picture, products, last).painted
    return picture.painted.slope if name == "slope" else picture.painted.height


def _trust(picture: Picture, products: Run, last: Picture) -> DoubtImage:
    assert picture.surface is not None
    held = picture.doubt if picture.doubt is not None and picture.doubt.asked.name == "trust" else None
    return held or doubt.look(products, picture.surface, DoubtAsked("trust"), None)
