"""Films of a store on another host: the same images as beside the store, given up at once; or why there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from view_service_helpers import Served

from eclips4d.core.errors import InputError, StoreError
from eclips4d.viewer.actions.export import export_film
from eclips4d.viewer.app import _window
from eclips4d.viewer.exporting import film_elsewhere
from eclips4d.viewer.exporting.film import film_images
from eclips4d.viewer.exporting.film_elsewhere import PatientFrames, film_from
from eclips4d.viewer.exporting.film_plan import FilmPlan
from eclips4d.viewer.exporting.jobs import Cancelled
from eclips4d.viewer.panels.film_dialog import FilmAsked
from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.remote.frames import RemoteFrames
from eclips4d.viewer.remote.link import Place
from eclips4d.viewer.remote.pace import Pace
from eclips4d.viewer.store import StoreFrames


class Told:
    """What a job says."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.cancelled = Event()

    def say(self, words: str) -> None:
        self.words.append(words)


def plan(target: Path, last: int, **changed: object) -> FilmPlan:
    return FilmPlan(**{"store": "run.zarr", "target": str(target), "last": last, **changed})


@pytest.fixture
def served(store, closing):
    store.grow(4)
    return closing(Served(store.path))


@pytest.mark.parametrize("subject", ["height", "segments"])
def test_its_images_are_those_of_the_host_that_has_the_store(served, store, tmp_path, closing, monkeypatch, subject):
    monkeypatch.setattr(Pace, "level", 2)  # over a slow line each picture comes coarse first
    wanted = plan(tmp_path / "film.gif", 3, subject=subject)
    there = closing(PatientFrames(RemoteFrames(Place(served.address)), Event()))
    images = list(film_images(there, wanted))
    assert len(images) == 4
    for one, other in zip(images, film_images(StoreFrames(store.path), wanted), strict=True):
        assert np.array_equal(one, other)


def test_the_file_is_written_and_it_is_told_how_far_it_is(served, tmp_path):
    told, target = Told(), tmp_path / "film.gif"
    job = film_from(lambda: RemoteFrames(Place(served.address)), plan(target, 3))
    assert job(told) == f"film written: {target}"
    assert told.words == [f"{k} of 4 frames" for k in range(5)]
    assert target.read_bytes().startswith(b"GIF89a")


class Film:
    """Frames without end, of which the third gives the film up."""

    def __init__(self, frames: StoreFrames, told: Told) -> None:
        self._frames, self._told, self.closed = frames, told, False

    def look(self, wanted: Wanted) -> Picture:
        if wanted.sequence == 2:
            self._told.cancelled.set()
            return Picture(Wanted())  # not what is wanted: it would be waited for
        return self._frames.look(wanted)

    def close(self) -> None:
        self.closed = True


def test_who_gives_up_leaves_nothing_behind(store, tmp_path):
    store.grow(4)
    told = Told()
    frames = Film(StoreFrames(store.path), told)
    levels = replace(StoreFrames(store.path).look(Wanted(0)).scales)
    with pytest.raises(Cancelled):
        film_from(lambda: frames, plan(tmp_path / "film.mp4", 3, scales=levels))(told)
    assert frames.closed
    assert not list(tmp_path.glob("*film*"))
    assert told.words[-1] == "2 of 4 frames"


def test_a_service_that_does_not_answer_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(film_elsewhere, "PATIENCE_S", 0.3)
    job = film_from(lambda: RemoteFrames(Place("tcp://127.0.0.1:1")), plan(tmp_path / "film.mp4", 3))
    with pytest.raises(StoreError, match="no answer"):
        job(Told())


def test_a_wrong_name_is_refused_before_anything_travels(tmp_path):
    with pytest.raises(InputError, match=r"\.avi cannot be written"):
        film_from(lambda: pytest.fail("nobody asked"), plan(tmp_path / "film.avi", 3))


def test_the_window_makes_one(served, tmp_path, qtbot, closing):
    window = closing(_window(Path("run.zarr"), place=Place(served.address)))
    qtbot.addWidget(window)
    window.show()
    window.start()
    qtbot.waitUntil(lambda: window.model.picture.surface is not None, timeout=20_000)
    target = tmp_path / "film.mp4"
    export_film(window, FilmAsked("height", 0, 3, 5.0), target)
    qtbot.waitUntil(lambda: window.errands.says.words == f"film written: {target}", timeout=60_000)
    assert b"ftyp" in target.read_bytes()[:16]
