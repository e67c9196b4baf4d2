"""One thing a user can ask for, by menu or key; menus, shortcuts and the list of keys are all made from these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of a menu.

    Attributes
    ----------
    text : str
        In the menu.
    do : callable
    keys : tuple of str
        As Qt spells them, the one that is shown first.
    hint : str
        In the list of keys, when the menu's text does not say enough.
    checked : callable, optional
        Whether a mark stands before it, asked when the menu opens.
    enabled : callable, optional
        Whether it can be asked for, asked when the menu opens; a key that is pressed otherwise does nothing.
    group : str
        Entries of one group stand between two lines.
    """

    text: str
    do: Callable[[], object]
    keys: tuple[str, ...] = ()
    hint: str = ""
    checked: Callable[[], bool] | None = None
    enabled: Callable[[], bool] | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """Actions under one name; those without a name have keys only."""

    name: str
    actions: Sequence[Action]


SHOWN_KEYS = {"Return": "Enter", "Left": "←", "Right": "→", "PgUp": "Page up", "PgDown": "Page down", "-": "−"}


def shown(key: str) -> str:
    """A key as it stands on a keyboard."""
    return SHOWN_KEYS.get(key, key)


def key_list(menus: Sequence[Menu]) -> list[tuple[str, list[tuple[str, str]]]]:
    """By menu: keys and what they do, for those actions that have keys."""
    made = []
    for menu in menus:
        rows = [(shown(a.keys[0]), a.hint or a.text.rstrip("…")) for a in menu.actions if a.keys]
        if rows:
            made.append((menu.name, rows))
    return made
