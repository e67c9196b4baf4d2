"""Other runs: opened, opened again, and one more window on this one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from eclips4d.viewer.actions.action import Action

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window

RECORDINGS = "Recordings (*.ome.tif *.ome.tiff);;Stores (zarr.json)"


def opening_actions(window: Window) -> list[Action]:
    """What can be asked for; nothing where no windows can be opened."""
    desk = window.errands.desk
    if desk is None:
        return []
    return [
        Action("Open a run…", partial(open_store, window), ("Ctrl+O",), group="open"),
        Action("Open a recording…", partial(open_recording, window), ("Ctrl+Shift+O",), group="open"),
        Action("New window on this run", desk.open_again, ("Ctrl+N",), group="open"),
        *(
            Action(f"Recent: {_name(run)}", partial(window.errands.take, [run]), group="recent")
            for run in desk.recent()[:5]
        ),
    ]


def open_store(window: Window, path: Path | None = None) -> None:
    """A store, which is a folder; asks for it when none is given."""
    if path is None:
        chosen = QFileDialog.getExistingDirectory(window, "Open a run (RUN.zarr)", _folder(window))
        if not chosen:
            return
        path = Path(chosen)
    window.errands.take([path])
    window.draw()


def open_recording(window: Window, path: Path | None = None) -> None:
    """A recording, to be processed; asks for it when none is given."""
    if path is None:
        chosen, _ = QFileDialog.getOpenFileName(window, "Open a recording", _folder(window), RECORDINGS)
        if not chosen:
            return
        path = Path(chosen)
    window.errands.take([path])
    window.draw()


def _folder(window: Window) -> str:
    store = window.errands.store
    return str(Path.cwd() if store is None else store.absolute().parent)


def _name(run: Path) -> str:
    return f"{run.name}   ({run.parent.name})"
