"""Hostile messages to a hub that lives, one kind at a time, and floods: honest frames still find their way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import structlog
import zmq
from played_run import PlayedRun

from eclips4d.core.messages import (
    Beat,
    End,
    Failed,
    FrameOffer,
    GapOffer,
    Hello,
    Ready,
    Recall,
    Remark,
    Stages,
    Who,
)
from eclips4d.core.wire import MAX_HEADER_BYTES
from eclips4d.pipeline import hub as hub_module
from eclips4d.pipeline.intake import MOST_UNASKED
from eclips4d.pipeline.peers import ASKED_AT_ONCE, HELLOS_AT_ONCE
from eclips4d.pipeline.ports import AT_ONCE, HIGH_WATER, HubPort, PeerPort, queued
from eclips4d.pipeline.security.allowance import MOST_SENDERS, Allowances
from eclips4d.pipeline.security.limits import largest_part
from eclips4d.pipeline.security.tally import Tally


@pytest.fixture
def run(tmp_path: Path) -> Iterator[PlayedRun]:
    run = PlayedRun(tmp_path)
    yield run
    run.close()


def bad(run: PlayedRun, count: int) -> bool:
    """Whether so many messages are refused, once all that came before the asking has been read."""
    for _ in range(200):
        run.step()
        if run.hub.port.bad_messages >= count:
            break
    run.step()
    return run.hub.port.bad_messages == count


# -- what single messages may not do -----------------------------------------------------------------------------------


def test_a_source_may_not_end_before_its_frames(run: PlayedRun) -> None:
    acquisition = run.acquisition()
    for frame in run.source.frames():
        run.offer(acquisition, frame)
    run.until("all of them", 0, 6)
    acquisition.send(End(total=3))
    assert bad(run, 1)
    assert run.hub.active is not None
    assert run.hub.active.ledger.total is None


def test_what_is_told_cannot_pass_for_the_time_or_the_event(run: PlayedRun) -> None:
    acquisition = run.acquisition()
    odd = {"what": 1, "self": 2, "event": 3, "time_utc": 4, "../x": float("nan")}
    acquisition.send(Remark(what="the source was silent", values=odd))
    acquisition.send(GapOffer(sequence=0, frame_id=0, start_s=0.0))
    run.until("the gap after it", 1, 1)
    lines = [msgspec.json.decode(line) for line in (run.out / "events.jsonl").read_bytes().splitlines()]
    told = next(line for line in lines if line["event"] == "the source was silent")
    assert told["time_utc"].startswith("20")
    assert (told["what"], told["self"], told["../x"]) == (1, 2, None)


def test_nobody_fills_the_list_of_events(run: PlayedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "TOLD_AT_ONCE", 5)
    acquisition = run.acquisition()
    run.hub._tellings = Allowances(0.0, 5)
    before = (run.out / "events.jsonl").read_bytes().count(b"\n")
    for _ in range(200):
        acquisition.send(Remark(what="x", values={}))
    assert bad(run, 195)
    assert (run.out / "events.jsonl").read_bytes().count(b"\n") == before + 5
    acquisition.send(Stages(states={}))  # not its to say, whatever the allowance
    assert bad(run, 196)


def test_frames_that_were_never_handed_out_cannot_be_given_up(run: PlayedRun) -> None:
    run.acquisition()
    worker, _ = run.others()
    assert run.hub.active is not None
    ledger = run.hub.active.ledger
    for sequence in range(500):
        worker.send(Failed(sequence=sequence, reason="no"))
    worker.send(Ready(credits=1 << 50))
    for _ in range(30):
        run.step()
    assert len(ledger._given_up) == 0
    assert run.hub.peers[b"inference-0"].credits <= hub_module.MOST_CREDITS


def test_a_lost_frame_cannot_be_asked_for(run: PlayedRun) -> None:
    acquisition = run.acquisition()
    _, registration = run.others()
    acquisition.send(GapOffer(sequence=0, frame_id=0, start_s=0.0))
    run.until("the gap", 1, 1)
    registration.send(Recall(sequences=(0,)))
    registration.send(Recall(sequences=(7,)))
    assert bad(run, 2)


def test_frames_without_credits_are_dropped_and_asked_for_again(
    run: PlayedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquisition = run.acquisition()
    assert run.hub.active is not None
    intake = run.hub.active.intake
    monkeypatch.setattr(type(intake.journal), "write_frame", lambda *_: None)  # a disk that takes its time
    monkeypatch.setattr(type(intake), "credits", property(lambda _: 1))
    for frame in run.source.frames():
        acquisition.send(FrameOffer(header=frame.header, stamps={}), {"raw": frame.data})
    assert bad(run, 1)
    assert intake.taken == MOST_UNASKED
    assert intake.rewind_to is None or intake.rewind_to == MOST_UNASKED


def test_a_frame_of_another_scan_does_not_end_the_run(run: PlayedRun) -> None:
    acquisition = run.acquisition()
    frame = next(iter(run.source.frames()))
    for change in (
        {"pixel_size_nm": (5.0, 4.0)},
        {"rotation_deg": 1.0},
        {"segments": ("D", "C", "B", "A")},
        {"side": {"pressure": 1.0}},
    ):
        odd = msgspec.structs.replace(frame.header, **change)
        acquisition.send(FrameOffer(header=odd, stamps={}), {"raw": frame.data})
    run.offer(acquisition, frame)
    run.until("the sound one", 0, 1)
    assert run.hub.port.bad_messages == 4


# -- floods ------------------------------------------------------------------------------------------------------------


def test_a_stranger_is_asked_who_it_is_now_and_then(run: PlayedRun) -> None:
    stranger = run.port("stranger")
    for _ in range(500):
        stranger.send(Beat(name="stranger"))
    for _ in range(20):
        run.step()
    asked = 0
    while (received := stranger.receive()) is not None:
        asked += isinstance(received.body, Who)
    assert 0 < asked <= ASKED_AT_ONCE + 2


def test_who_introduces_itself_all_the_time_is_not_listened_to(run: PlayedRun) -> None:
    stranger = run.port("inference-7")
    for pid in range(50):
        stranger.send(Hello(role="inference", name="inference-7", pid=pid))
    for _ in range(10):
        run.step()
    assert 50 - HELLOS_AT_ONCE - 2 <= run.hub.port.bad_messages <= 50 - HELLOS_AT_ONCE


def test_allowances_fill_up_with_time_and_forget_the_least_recent_sender() -> None:
    now = 0.0
    allowances = Allowances(2.0, 3, lambda: now)
    assert [allowances.take(b"a") for _ in range(5)] == [True, True, True, False, False]
    assert allowances.take(b"b")
    now = 1.0
    assert [allowances.take(b"a") for _ in range(3)] == [True, True, False]
    now = 1000.0
    assert [allowances.take(b"a") for _ in range(4)] == [True, True, True, False]
    for k in range(5000):
        allowances.take(b"%d" % k)
    assert len(allowances) == MOST_SENDERS


def test_a_flood_is_dropped_unread_and_counted(run: PlayedRun) -> None:
    run.hub.port.allowances = Allowances(0.0, 100)
    stranger = run.port("stranger")
    for _ in range(300):
        stranger.send(Beat(name="x"))
    assert bad(run, 200)


def test_one_turn_takes_a_bounded_number_of_messages_and_hears_everybody(run: PlayedRun) -> None:
    acquisition, flood = run.acquisition(), run.port("stranger")
    for _ in range(10):
        run.step()
    for _ in range(HIGH_WATER):
        flood.send(Beat(name="x"))
    frame = next(iter(run.source.frames()))
    run.offer(acquisition, frame)
    run.hub.port.socket.poll(1000)
    handled: list[bytes] = []
    run.hub._handle = lambda sender, received, handle=run.hub._handle: (  # type: ignore[method-assign,assignment]
        handled.append(sender),
        handle(sender, received),
    )
    while b"acquisition" not in handled:
        before = len(handled)
        run.step()
        assert len(handled) - before <= AT_ONCE
        assert len(handled) <= 3 * AT_ONCE
    run.until("the frame, while the flood goes on", 0, 1)


def test_who_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    with zmq.Context() as context:
        hub = HubPort(context, f"ipc://{tmp_path}/h")
        deaf = PeerPort(context, f"ipc://{tmp_path}/h", "deaf")
        deaf.send(Beat(name="deaf"))
        hub.socket.poll(5000)
        assert hub.receive() is not None
        sent = 0
        while sent < 100_000 and hub.send(b"deaf", Beat(name="hub")):
            sent += 1
        assert sent < 100_000
        assert not hub.send(b"gone", Beat(name="hub"))
        deaf.close()
        hub.close()


def test_thousands_of_bad_messages_are_a_few_lines_in_the_log(run: PlayedRun) -> None:
    stranger = run.port("stranger")
    with structlog.testing.capture_logs() as lines:
        for _ in range(800):
            stranger.socket.send_multipart([b"GET / HTTP/1.1", b"x" * 1000])
        assert bad(run, 800)
    told = [line for line in lines if line["event"] == "bad message dropped"]
    assert 1 <= len(told) <= 5
    assert all(len(str(line)) < 600 for line in told)


def test_a_tally_tells_the_first_and_then_the_number_of_the_others() -> None:
    now = 0.0
    with structlog.testing.capture_logs() as lines:
        tally = Tally("it happened", lambda: now)
        for now in (0.0, 0.1, 0.2, 1.5, 1.6):
            tally.note(at=now)
        tally.tell()
        tally.tell()
    assert [(line.get("at"), line["times"], line["in_all"]) for line in lines] == [
        (0.0, 1, 1),
        (1.5, 3, 4),
        (None, 1, 5),
    ]


def test_a_part_larger_than_any_frame_cuts_its_sender_off_and_nobody_else(tmp_path: Path) -> None:
    run = PlayedRun(tmp_path, frame_shape=(12, 16))
    largest = largest_part(run.config)
    assert largest == MAX_HEADER_BYTES
    acquisition, stranger = run.acquisition(), run.port("stranger")
    heard = run.hub.port.bad_messages
    stranger.socket.send_multipart([b"x", bytes(largest + 1)])
    run.offer(acquisition, next(iter(run.source.frames())))
    run.until("the frame", 0, 1)
    for _ in range(10):
        run.step()
    assert run.hub.port.bad_messages == heard
    run.close()


def test_what_may_wait_to_be_received_is_bounded_in_bytes() -> None:
    for largest in (1 << 20, 1 << 23, 1 << 26, 1 << 29):
        assert 16 <= queued(largest) <= HIGH_WATER
    assert queued(1 << 29) == 16
    assert queued(1) == HIGH_WATER
