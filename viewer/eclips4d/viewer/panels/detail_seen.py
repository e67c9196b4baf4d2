"""How large the images of a frame have to be painted, from the maps that can be seen and how far they are zoomed in."""

from __future__ import annotations

from collections.abc import Iterable

from eclips4d.viewer.panels.docks import Docks
from eclips4d.viewer.picture import Detail
from eclips4d.viewer.shrinking import MOST_HALVINGS


def detail_seen(area: Docks) -> Detail:
    """What the finest of all maps in sight can show."""
    maps = [one for frame in area.frames for one in frame.maps if one.isVisible() and not one.visibleRegion().isEmpty()]
    return Detail(
        raw=_fewest(one.halvings for one in maps if one.raw),
        surface=_fewest(one.halvings for one in maps if not one.raw),
    )


def _fewest(halvings: Iterable[int]) -> int:
    return min(halvings, default=MOST_HALVINGS)
