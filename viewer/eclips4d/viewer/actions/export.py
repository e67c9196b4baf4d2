"""What leaves the window: a picture of it, a panel as a figure, a film. Each can be asked for without a dialog."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog

from eclips4d.core.errors import InputError
from eclips4d.viewer.actions.action import Action
from eclips4d.viewer.doubt import DOUBTS
from eclips4d.viewer.exporting.film_plan import SUBJECTS, SUFFIXES, FilmPlan, plan_of
from eclips4d.viewer.exporting.jobs import Job, Progress
from eclips4d.viewer.exporting.names import checked, proposal, whole
from eclips4d.viewer.exporting.snapshot import snapshot
from eclips4d.viewer.panels.film_dialog import FilmAsked, FilmDialog

if TYPE_CHECKING:
    from eclips4d.viewer.remote.link import Place
    from eclips4d.viewer.window import Window

PNG = "PNG (*.png)"
FIGURES = "PNG (*.png);;PDF (*.pdf);;SVG (*.svg)"
FILMS = "MP4 (*.mp4);;GIF (*.gif)"


def export_actions(window: Window) -> list[Action]:
    """What can be asked for."""
    return [
        Action("Save the window as a picture…", partial(save_window, window), ("Ctrl+Shift+P",), group="export"),
        Action(
            "Export this panel as a figure…",
            partial(export_figure, window),
            ("E",),
            "the panel under the pointer as a figure",
            group="export",
        ),
        Action("Export a film…", partial(export_film, window), ("Ctrl+E",), group="export"),
    ]


def active_panel(window: Window) -> str:
    """The panel under the pointer, else the one that was clicked last, else the height."""
    focus = QApplication.focusWidget()
    for name, dock in window.area.docks.items():
        if dock.underMouse():
            return name
    for name, dock in window.area.docks.items():
        if focus is not None and dock.isAncestorOf(focus) and window.area.in_sight(name):
            return name
    return "height"


def save_window(window: Window, path: Path | None = None) -> None:
    """The whole window as a PNG; asks for its name when none is given."""
    image = window.grab().toImage()

    def begin(path: Path) -> Job:
        return partial(_save, image, checked(path, (".png",)))

    _export(window, "picture", "Save the window as a picture", "window", PNG, path, begin)


def export_figure(window: Window, panel: str | None = None, path: Path | None = None) -> None:
    """A panel as a figure; the one under the pointer, and a name that is asked for, when they are not given."""
    chosen = panel or active_panel(window)
    taken = snapshot(window.model, _run(window))
    what = _shown(window, chosen)

    def write(path: Path, progress: Progress) -> str:
        from eclips4d.viewer.exporting.figure import write_figure

        return write_figure(taken, chosen, path)

    def begin(path: Path) -> Job:
        return partial(write, checked(path, (".png", ".pdf", ".svg")))

    title = f"Export as a figure: {window.docked[chosen].widget.title}"
    _export(window, "figure", title, what, FIGURES, path, begin)


def export_film(window: Window, asked: FilmAsked | None = None, path: Path | None = None) -> None:
    """Frames as a film; which, and its name, are asked for when they are not given."""
    store = _store(window)
    if window.model.state is None or not window.model.state.recorded or store is None:
        window.errands.exports.say("there is nothing to film yet", failed=True)
        return
    if asked is None:
        shown = _shown(window, active_panel(window))
        dialog = FilmDialog(window, shown if shown in SUBJECTS else "height", window.model.last)
        good = dialog.exec()
        asked = dialog.asked
        dialog.deleteLater()
        if not good:
            return
    wanted = asked

    def begin(path: Path) -> Job:
        args = wanted.subject, wanted.first, wanted.last, wanted.per_second
        plan = plan_of(window.model, str(store), str(checked(path, SUFFIXES)), *args)
        return partial(_film, plan, window.errands.place)

    _export(window, "film", "Export a film", wanted.subject, FILMS, path, begin)


def _export(
    window: Window, name: str, title: str, what: str, kinds: str, path: Path | None, begin: Callable[[Path], Job]
) -> None:
    """Ask for the file's name when none is given, and begin to write."""
    if path is None:
        frame = None if name == "film" else window.model.current
        suffix = "." + kinds.partition("*.")[2].partition(")")[0]
        proposed = proposal(_store(window), what, frame, suffix)
        chosen, kind = QFileDialog.getSaveFileName(window, title, str(proposed), kinds)
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix("." + kind.partition("*.")[2].partition(")")[0])
    try:
        window.errands.exports.begin(name, begin(path))
    except InputError as error:
        window.errands.exports.say(str(error), failed=True)
    window.draw()


def _film(plan: FilmPlan, place: Place | None, progress: Progress) -> str:
    # Here, on the thread of the job: it takes long to import.
    if place is None:
        from eclips4d.viewer.exporting.film_process import film_job

        return film_job(plan)(progress)
    from eclips4d.viewer.exporting.film_elsewhere import film_from
    from eclips4d.viewer.remote.frames import RemoteFrames

    return film_from(partial(RemoteFrames, place), plan)(progress)


def _save(image: QImage, path: Path, progress: Progress) -> str:
    with whole(path) as partial_file:
        if not image.save(str(partial_file)):
            raise InputError("the picture cannot be written", where=str(path), cure="look at the disk")
    return f"picture written: {path}"


def _shown(window: Window, panel: str) -> str:
    """What a panel shows right now: the height's may show its change, that of trust one of several maps."""
    if panel == "height" and window.model.change is not None:
        return "change"
    doubt = window.model.extras.doubt_name
    return doubt if panel == "trust" and doubt in DOUBTS else panel


def _run(window: Window) -> str:
    store = _store(window)
    return window.windowTitle().partition(" · ")[0] if store is None else store.name.removesuffix(".zarr")


def _store(window: Window) -> Path | None:
    """The store; of one on another host its name, for files that are put into the working directory."""
    place = window.errands.place
    return window.errands.store if place is None else Path(place.name or "run.zarr")
