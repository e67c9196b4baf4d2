"""Menu `Run`: the window itself, other runs, notes, and what leaves the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eclips4d.viewer.actions.action import Action
from eclips4d.viewer.actions.export import export_actions
from eclips4d.viewer.actions.opening import opening_actions
from eclips4d.viewer.memory import PRESET_KEYS

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window

MOST_LETTERS = 24


def run_actions(window: Window) -> list[Action]:
    """What can be asked for."""
    presets = zip(PRESET_KEYS, window.notes.pad.presets, strict=False)
    return [
        *opening_actions(window),
        Action("Note…", window.note_bar.open, ("M",), "write a note into the run, for this moment", group="notes"),
        *(
            Action(f"Note “{_short(text)}”", partial(window.notes.stamp_preset, k), (key,), group="notes")
            for k, (key, text) in enumerate(presets)
        ),
        *export_actions(window),
        Action("Close", window.close, ("Ctrl+Q", "Ctrl+W"), "close the window; the run goes on", group="close"),
    ]


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
