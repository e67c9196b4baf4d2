"""Menu `Help`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eclips4d.viewer.actions.action import Action

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window


def help_actions(window: Window) -> list[Action]:
    """What can be asked for."""
    return [Action("Keys and mouse", window.show_keys, ("F1", "?"), "this list")]
