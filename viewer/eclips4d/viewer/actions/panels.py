"""Menu `Panels`: which panels are in sight, and layouts to begin with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eclips4d.viewer.actions.action import Action
from eclips4d.viewer.panels.layouts import LAYOUTS

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window


def panel_actions(window: Window) -> list[Action]:
    """One entry for each panel and each layout."""
    panels = [
        Action(
            panel.widget.title,
            partial(window.toggle_panel, name),
            checked=partial(window.panel_open, name),
        )
        for name, panel in window.docked.items()
    ]
    layouts = [
        Action(f"Layout: {name}", partial(window.arrange, name), (f"Ctrl+{k}",), group="layouts")
        for k, name in enumerate(LAYOUTS, start=1)
    ]
    return panels + layouts
