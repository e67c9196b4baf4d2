"""Menu `Time`: which frame is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eclips4d.viewer.actions.action import Action

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window


def time_actions(window: Window) -> list[Action]:
    """What can be asked for."""
    model, travel = window.model, window.travel
    return [
        Action(
            "Follow the newest frame",
            lambda: window.follow(not model.follow),
            ("Space",),
            "follow the newest frame, or stay",
            checked=lambda: model.follow,
        ),
        Action("Play", travel.play, ("P",), "play, or pause", checked=lambda: model.player.playing, group="play"),
        Action("Play faster", lambda: travel.change_speed(1), ("]",), group="play"),
        Action("Play slower", lambda: travel.change_speed(-1), ("[",), group="play"),
        Action("Play in a loop", travel.loop, checked=lambda: model.player.loop, group="play"),
        Action("One frame back", lambda: window.step(-1), ("Left",), group="step"),
        Action("One frame on", lambda: window.step(1), ("Right",), group="step"),
        Action("Ten frames back", lambda: window.step(-10), ("PgUp",), group="step"),
        Action("Ten frames on", lambda: window.step(10), ("PgDown",), group="step"),
        Action("First frame", lambda: window.select(0), ("Home",), group="step"),
        Action("Newest frame, and follow", lambda: window.follow(True), ("End",), group="step"),
        Action("Next event", lambda: travel.to_event(1), ("N",), "next event or note", group="event"),
        Action("Event before", lambda: travel.to_event(-1), ("Shift+N",), "the event or note before", group="event"),
        Action("Mean of one frame more", lambda: window.stack(model.stack + 1), ("+", "="), group="mean"),
        Action("Mean of one frame less", lambda: window.stack(model.stack - 1), ("-",), group="mean"),
    ]
