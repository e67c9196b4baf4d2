"""The window tells what it has painted: each frame once, previews with their rows, nothing of a chosen frame."""

from __future__ import annotations

from growing_store import GrowingStore, height_of

from eclips4d.core.shown_message import Shown
from eclips4d.core.strip_messages import StripMade
from eclips4d.storage.scanning import write_scanning
from eclips4d.viewer.model import Model
from eclips4d.viewer.on_screen import OnScreen
from eclips4d.viewer.store import StoreFrames


class Watching:
    def __init__(self, store: GrowingStore) -> None:
        self.told: list[Shown] = []
        self.frames, self.model = StoreFrames(store.path), Model()
        self.on_screen = OnScreen(self.told.append, lambda: 77)

    def tick(self, *, painted: bool = True) -> list[tuple[int, int]]:
        self.model.accept(self.frames.look(self.model.wanted))
        self.on_screen.drawn(self.model)
        if painted:
            self.on_screen.painted()
        return [(shown.sequence, shown.rows) for shown in self.told]


def test_each_frame_is_told_once_when_it_has_been_painted(store: GrowingStore) -> None:
    watching = Watching(store)
    assert watching.tick() == []
    store.grow()
    assert watching.tick(painted=False) == []
    assert watching.tick() == [(0, 0)]
    assert watching.tick() == [(0, 0)]
    store.grow(3)
    assert watching.tick() == [(0, 0), (3, 0)]
    assert watching.told[0].at_ns == 77


def test_previews_are_told_with_their_rows_and_a_frame_also_below_one(store: GrowingStore) -> None:
    watching = Watching(store)
    store.grow()
    watching.tick()
    for rows in (8, 16):
        made = StripMade(sequence=1, rows=rows, stamps={"acquired": 5})
        write_scanning(store.path, made, height_of(1)[:rows])
        watching.tick()
        watching.tick()
    store.grow()
    assert watching.tick() == [(0, 0), (1, 8), (1, 16), (1, 0)]
    store.record()
    write_scanning(store.path, StripMade(sequence=3, rows=9, stamps={"acquired": 5}), height_of(3)[:9])
    watching.tick()
    store.settle()
    assert watching.tick() == [(0, 0), (1, 8), (1, 16), (1, 0), (3, 9), (2, 0)]


def test_nothing_is_told_of_frames_that_are_chosen_or_of_a_run_that_has_ended(store: GrowingStore) -> None:
    watching = Watching(store)
    store.grow(3)
    watching.model.select(1)
    assert watching.tick() == []
    store.finish()
    watching.model.set_follow(True)
    assert watching.tick() == []
