"""All menus of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eclips4d.viewer.actions.action import Menu
from eclips4d.viewer.actions.help import help_actions
from eclips4d.viewer.actions.measure import measure_actions
from eclips4d.viewer.actions.panels import panel_actions
from eclips4d.viewer.actions.run import run_actions
from eclips4d.viewer.actions.time import time_actions
from eclips4d.viewer.actions.view import view_actions

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window


def menus_of(window: Window) -> list[Menu]:
    """From left to right."""
    return [
        Menu("Run", run_actions(window)),
        Menu("View", view_actions(window)),
        Menu("Panels", panel_actions(window)),
        Menu("Time", time_actions(window)),
        Menu("Measure", measure_actions(window)),
        Menu("Help", help_actions(window)),
    ]
