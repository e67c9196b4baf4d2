"""Menu `View`: what is seen of the frame, and how."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eclips4d.viewer.actions.action import Action
from eclips4d.viewer.theme import PALETTES

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window


def view_actions(window: Window) -> list[Action]:
    """What can be asked for."""
    model = window.model
    return [
        Action("Fit the levels", window.refit, ("A",), "find the levels anew from the frame shown"),
        Action("Show everything", window.fit, ("Z",), "show the whole field, profile and drift"),
        Action(
            "Change of height",
            lambda: window.show_change(not model.change_wanted),
            ("C",),
            "change of height since the reference frame, or height",
            checked=lambda: model.change_wanted,
        ),
        *(
            Action(
                f"{name.capitalize()} look",
                partial(window.set_look, name),
                checked=partial(window.has_look, name),
                group="look",
            )
            for name in PALETTES
        ),
        Action("Dark or light", window.other_look, ("T",), "dark or light look", group="look"),
        Action("Full screen", window.full_screen, ("F11",), group="screen", checked=window.isFullScreen),
    ]
