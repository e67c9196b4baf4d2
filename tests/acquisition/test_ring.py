"""The ring against a plain list that forgets nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from eclips4d.acquisition.accountant import Gap
from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.ring import SenderRing, memory_for
from eclips4d.acquisition.spill import leftovers, recover
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame

FAKE = FakeSource(100_000, shape=(4, 3, 5), first_frame_id=7)
FRAME_BYTES = 4 * 3 * 5 * 2
RECORD_BYTES = FRAME_BYTES + 600
CRASHING_SENDER = """
import os, signal, sys
from pathlib import Path
from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.ring import SenderRing

fake = FakeSource(10, shape=(4, 3, 5), first_frame_id=7)
ring = SenderRing(240, 100_000, Path(sys.argv[1]))
for k in range(10):
    ring.put(fake.frame(k))
os.kill(os.getpid(), signal.SIGKILL)
"""


def ring(folder: Path, memory_frames: float = 3, spill_frames: float = 6) -> SenderRing:
    return SenderRing(int(memory_frames * FRAME_BYTES), int(spill_frames * RECORD_BYTES), folder / "spill")


def same(got: Frame | Gap | None, wanted: Frame | Gap) -> bool:
    if isinstance(got, Frame) and isinstance(wanted, Frame):
        return got.header == wanted.header and got.data.tobytes() == wanted.data.tobytes()
    return got == wanted


class RingMachine(RuleBasedStateMachine):
    """Any interleaving of put, take, acknowledge and rewind, on a ring that is nearly always too small."""

    @initialize(memory=st.integers(1, 4), spill=st.integers(0, 8))
    def begin(self, memory: int, spill: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.ring = ring(Path(self.folder.name), memory, spill)
        self.limits = memory * FRAME_BYTES, spill * RECORD_BYTES
        self.model: list[Frame | Gap] = []
        self.sent = 0
        self.sequence = 0

    @rule()
    def put(self) -> None:
        frame = FAKE.frame(self.sequence)
        kept = self.ring.put(frame)
        self.model.append(frame if kept else Gap(self.sequence, frame.header.frame_id, frame.header.start_s))
        self.sequence += 1

    @rule()
    def put_gap(self) -> None:
        gap = Gap(self.sequence, self.sequence + 7, float(self.sequence))
        self.ring.put_gap(gap)
        self.model.append(gap)
        self.sequence += 1

    @rule()
    def take(self) -> None:
        got = self.ring.next_unsent()
        if self.sent == len(self.model):
            assert got is None
        else:
            assert same(got, self.model[self.sent])
            self.sent += 1

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        first = self.sequence - len(self.model)
        durable = data.draw(st.integers(first, self.sequence))
        self.ring.acknowledge(durable)
        freed = durable - first
        self.model = self.model[freed:]
        self.sent = max(0, self.sent - freed)

    @rule(data=st.data())
    def rewind(self, data: st.DataObject) -> None:
        first = self.sequence - len(self.model)
        sequence = data.draw(st.integers(first, first + self.sent))
        self.ring.rewind(sequence)
        self.sent = sequence - first

    @invariant()
    def bounds_hold(self) -> None:
        if not hasattr(self, "ring"):
            return
        counts = self.ring.counts()
        assert counts.held == len(self.model)
        assert counts.unsent == len(self.model) - self.sent
        assert counts.memory_bytes <= max(self.limits[0], FRAME_BYTES)
        assert counts.spill_bytes <= self.limits[1]
        on_disk = sum(p.stat().st_size for p in Path(self.folder.name).iterdir())
        assert on_disk == counts.spill_bytes
        if not self.model:
            assert counts.spill_bytes == counts.memory_bytes == 0

    def teardown(self) -> None:
        if hasattr(self, "ring"):
            self.ring.close()
            self.folder.cleanup()


RingMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRing = RingMachine.TestCase


def test_a_gap_comes_only_when_memory_and_disk_are_full(tmp_path: Path) -> None:
    small = ring(tmp_path, 2, 4)
    kept = [small.put(FAKE.frame(k)) for k in range(9)]
    counts = small.counts()
    assert kept == sorted(kept, reverse=True)
    assert kept.count(True) == 2 + counts.spilled and counts.spilled >= 4
    assert counts.gaps == kept.count(False)
    assert counts.memory_bytes == 2 * FRAME_BYTES
    small.close()


def test_memory_for_two_seconds() -> None:
    assert memory_for(8 << 20, 40.0) == 80 * (8 << 20)
    assert memory_for(100, 0.2) == 400


def test_order_is_required(tmp_path: Path) -> None:
    some = ring(tmp_path)
    some.put(FAKE.frame(3))
    some.acknowledge(4)
    with pytest.raises(InputError, match="sequence 3 after 3"):
        some.put(FAKE.frame(3))
    some.close()


def test_what_a_crashed_sender_spilled_is_recovered(tmp_path: Path) -> None:
    """Memory is lost with the process; what was spilled comes back, and what was not is a gap."""
    subprocess.run([sys.executable, "-c", CRASHING_SENDER, str(tmp_path / "spill")], check=False)
    found = list(recover(tmp_path / "spill"))
    assert [f.header.sequence for f in found] == list(range(2, 10))
    again = ring(tmp_path, 2, 40)
    assert again.adopt(durable=1) == 10
    again.put(FAKE.frame(10))
    got = [again.next_unsent() for _ in range(10)]
    assert got[0] == Gap(1, 8, FAKE.frame(2).header.start_s)
    assert all(same(item, FAKE.frame(k)) for k, item in enumerate(got[1:], start=2))
    again.acknowledge(11)
    again.close()
    assert leftovers(tmp_path / "spill") == []


def test_adopting_leaves_out_what_is_durable(tmp_path: Path) -> None:
    crashed = ring(tmp_path, 1, 20)
    for k in range(8):
        crashed.put(FAKE.frame(k))
    crashed.close()
    again = ring(tmp_path, 1, 20)
    assert again.adopt(durable=6) == 8
    assert [again.next_unsent().header.sequence for _ in range(2)] == [6, 7]
    again.close()


def test_leftovers_can_be_discarded(tmp_path: Path) -> None:
    crashed = ring(tmp_path, 1, 20)
    for k in range(8):
        crashed.put(FAKE.frame(k))
    crashed.close()
    again = ring(tmp_path, 1, 20)
    again.discard_leftovers()
    assert again.adopt(durable=0) == 0
    again.close()


@pytest.mark.parametrize("cut", [1, 7, 40, 119])
def test_a_torn_record_ends_recovery_of_its_file(tmp_path: Path, cut: int) -> None:
    crashed = ring(tmp_path, 1, 100)
    for k in range(5):
        crashed.put(FAKE.frame(k))
    crashed.close()
    last = leftovers(tmp_path / "spill")[-1]
    whole = [f.header.sequence for f in recover(tmp_path / "spill")]
    last.write_bytes(last.read_bytes()[:-cut])
    assert [f.header.sequence for f in recover(tmp_path / "spill")] == whole[:-1]


def test_a_damaged_record_becomes_a_gap_under_its_number(tmp_path: Path) -> None:
    some = ring(tmp_path, 1, 100)
    for k in range(3):
        some.put(FAKE.frame(k))
    file = leftovers(tmp_path / "spill")[0]
    spoilt = bytearray(file.read_bytes())
    spoilt[len(spoilt) // 2 - 10] ^= 1
    file.write_bytes(bytes(spoilt))
    got = [some.next_unsent() for _ in range(3)]
    assert [isinstance(item, Frame) for item in got] == [True, False, True]
    assert got[1] == Gap(1, 8, FAKE.frame(1).header.start_s)
    assert some.counts().damaged == 1
    some.acknowledge(3)
    some.close()


def test_a_folder_that_cannot_be_written_means_gaps_not_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    some = SenderRing(FRAME_BYTES, 1 << 20, tmp_path / "file" / "spill")
    assert [some.put(FAKE.frame(k)) for k in range(3)] == [True, False, False]
    some.close()


def test_two_threads_lose_nothing(tmp_path: Path) -> None:
    """A source that never waits, a sender that acknowledges as it goes: everything arrives, in order, once."""
    shared, total, got = ring(tmp_path, 4, 3000), 400, []

    def send() -> None:
        while len(got) < total:
            item = shared.next_unsent(timeout_s=10.0)
            assert isinstance(item, Frame)
            got.append(item.header.sequence)
            shared.acknowledge(item.header.sequence)

    thread = threading.Thread(target=send)
    thread.start()
    for k in range(total):
        assert shared.put(FAKE.frame(k))
    thread.join()
    assert got == list(range(total))
    shared.acknowledge(total)
    assert shared.wait_until_empty(0.0)
    shared.close()


def test_a_source_that_can_wait_waits_for_room(tmp_path: Path) -> None:
    some = ring(tmp_path, 2, 0)
    some.put(FAKE.frame(0))
    some.put(FAKE.frame(1))
    assert not some.wait_for_room(FRAME_BYTES, timeout_s=0.0)
    waited = threading.Thread(target=some.wait_for_room, args=(FRAME_BYTES,))
    waited.start()
    some.acknowledge(1)
    waited.join()
    assert some.put(FAKE.frame(2))
    some.close()


def test_closing_wakes_who_waits(tmp_path: Path) -> None:
    some, got = ring(tmp_path), []
    waiting = threading.Thread(target=lambda: got.append(some.next_unsent(timeout_s=60.0)))
    waiting.start()
    some.close()
    waiting.join()
    assert got == [None]
