"""However slow workers are and whenever they die: every frame is registered once, in order, within a bounded window."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from eclips4d.pipeline.ledger import MAX_DEATHS, Ledger, Link
from eclips4d.pipeline.reorder import ReorderBuffer
from eclips4d.pipeline.work import PREFETCH


def surface_of(sequence: int) -> int:
    """What any worker makes of a frame."""
    return 1000 + sequence * sequence


@dataclass
class Crew:
    """Workers, what they hold, and messages on their way to registration; nothing here keeps an order but a socket."""

    ledger: Ledger
    count: int
    holds: dict[str, deque[Link]] = field(default_factory=dict)
    on_the_way: dict[str, deque[tuple[Link, int]]] = field(default_factory=dict)
    born: int = 0
    buffer: ReorderBuffer[int] = field(default_factory=lambda: ReorderBuffer(-1))
    registered: list[tuple[int, int]] = field(default_factory=list)
    most_early: int = 0

    def hire(self) -> None:
        while len(self.holds) < self.count:
            name = f"inference-{self.born}"
            self.born += 1
            self.holds[name] = deque()
            self.on_the_way[name] = deque()

    def names(self) -> list[str]:
        return sorted(self.holds)

    def ask(self, name: str) -> bool:
        if len(self.holds[name]) >= PREFETCH or (link := self.ledger.next_link(name)) is None:
            return False
        self.holds[name].append(link)
        return True

    def invert(self, name: str) -> bool:
        if not self.holds[name]:
            return False
        link = self.holds[name].popleft()
        self.on_the_way[name].append((link, surface_of(link.sequence)))
        self.ledger.inverted(link.sequence)
        return True

    def deliver(self, name: str) -> bool:
        if not self.on_the_way.get(name):
            return False
        link, surface = self.on_the_way[name].popleft()
        self.buffer.put(link.sequence, link.after, surface)
        self.most_early = max(self.most_early, len(self.buffer))
        for sequence, ready in self.buffer.ready():
            if self.ledger.registered(sequence):
                self.registered.append((sequence, ready))
                self.ledger.written(sequence)
        return True

    def die(self, name: str, arrives: bool) -> None:
        """Killed: what it had sent is lost with it, or had left already."""
        while arrives and self.deliver(name):
            pass
        del self.holds[name], self.on_the_way[name]
        self.ledger.worker_lost(name)
        self.hire()


@given(
    workers=st.integers(1, 5),
    frames=st.integers(1, 25),
    turns=st.lists(st.tuples(st.sampled_from("aaiiddk"), st.integers(0, 4), st.booleans()), max_size=150),
)
def test_every_frame_once_and_in_order(workers: int, frames: int, turns: list[tuple[str, int, bool]]) -> None:
    window = 2 * workers + 2
    ledger = Ledger(window=window)
    for sequence in range(frames):
        ledger.durable(sequence)
    ledger.total = frames
    crew = Crew(ledger, workers)
    crew.hire()
    for what, which, arrives in turns:
        name = crew.names()[which % workers]
        if what == "k":
            # A frame that several workers in a row die of is given up, which is another test's.
            if all(deaths < MAX_DEATHS - 1 for deaths in ledger._deaths.values()):
                crew.die(name, arrives)
        else:
            {"a": crew.ask, "i": crew.invert, "d": crew.deliver}[what](name)
    while any(step(name) for name in crew.names() for step in (crew.ask, crew.invert, crew.deliver)):
        pass
    assert crew.registered == [(sequence, surface_of(sequence)) for sequence in range(frames)]
    assert ledger.finished
    assert crew.most_early <= window
