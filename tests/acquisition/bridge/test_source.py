from __future__ import annotations

import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
import zmq

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.bridge.eclips4d_bridge import Bridge
from eclips4d.acquisition.bridge.source import BridgeSource, open_bridge
from eclips4d.acquisition.conformance import CHECKS
from eclips4d.acquisition.device_conformance import DEVICE_CHECKS
from eclips4d.acquisition.fakes import INSTRUMENT_TOML
from eclips4d.acquisition.open import open_source
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument

INSTRUMENT = parse_instrument(INSTRUMENT_TOML, "fake")
LAYOUT = "width=16&height=12&side=temperature:K"
MOST_WAITING = 8


@pytest.fixture
def host() -> str:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        return f"127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"


def opened(host: str, query: str = LAYOUT) -> BridgeSource:
    return open_bridge(f"bridge://{host}?{query}", INSTRUMENT, "run")


def image(k: int) -> np.ndarray:
    return np.random.default_rng(k).integers(0, 60_000, (4, 12, 16), dtype=np.uint16)


@pytest.fixture
def bridge(host: str, tmp_path: Path) -> Iterator[Bridge]:
    made = Bridge(f"tcp://{host}", str(tmp_path / "frames"))
    yield made
    made.close(0.0)
    assert made.error is None


def push(bridge: Bridge, k: int) -> bool:
    return bridge.push(image(k), 1000.0 + k, 1000.9 + k, {"temperature": 800.0 + k})


class Scanning:
    """A site's own loop: a frame every few milliseconds, but none while `MOST_WAITING` wait for a busy machine."""

    def __init__(self, bridge: Bridge) -> None:
        self._ended, self._bridge = Event(), bridge
        self._thread = Thread(target=self._run, name="scanning")
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(0.004):
            now_s = time.time()
            if self._bridge._most == 0 or len(self._bridge.held) < MOST_WAITING:
                self._bridge.push(image(0), now_s - 0.003, now_s)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()


@pytest.mark.parametrize("check", CHECKS)
def test_a_bridge_keeps_the_contract(check: str, bridge: Bridge, host: str) -> None:
    with closing(Scanning(bridge)):
        CHECKS[check](lambda: opened(host))


@pytest.mark.parametrize("check", ["times_are_the_clocks", "a_gap_is_seen", "garbage_is_survived"])
def test_a_bridge_keeps_the_contract_of_devices(check: str, bridge: Bridge, host: str) -> None:
    """It loses nothing while nobody reads, so that a busy reader is not among these."""

    def lose_one() -> None:
        most, bridge._most = bridge._most, 0
        while not bridge.lost:
            time.sleep(0.002)
        bridge._most = most

    def send_garbage() -> None:
        with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
            socket.connect(f"tcp://{host}")
            socket.send_multipart([b"E4B1", b"\xff" * 100, b"pixels"])

    provoke = {"a_gap_is_seen": lose_one, "garbage_is_survived": send_garbage}.get(check, Event().set)
    with closing(Scanning(bridge)):
        DEVICE_CHECKS[check](lambda: opened(host), provoke)


def test_frames_come_as_they_were_pushed(bridge: Bridge, host: str) -> None:
    for k in range(20):
        assert push(bridge, k)
    with opened(host) as source, closing(source.frames()) as frames:
        came = list(islice(frames, 20))
        next_is = Thread(target=partial(next, frames, None))
        next_is.start()
        assert bridge.close(20.0) == 0
        source.stop()
        next_is.join()
    assert [frame.header.sequence for frame in came] == list(range(20))
    for k, frame in enumerate(came):
        assert np.array_equal(frame.data, image(k))
        assert frame.header.side == {"temperature": 800.0 + k}
    for one, two in pairwise(came):
        assert two.header.start_s - one.header.start_s == pytest.approx(1.0)
    assert not list((bridge._folder).glob("*.frame"))


def test_what_is_not_acknowledged_comes_again_to_the_next_receiver(bridge: Bridge, host: str) -> None:
    for k in range(12):
        push(bridge, k)
    with opened(host) as source:
        source.acknowledge("store", 0)
        with closing(source.frames()) as frames:
            first = [next(frames).header.sequence for _ in range(6)]
            source.acknowledge("store", 4)
            first.append(next(frames).header.sequence)
    with opened(host) as source:
        source.acknowledge("store", 5)
        with closing(source.frames(5)) as frames:
            second = []
            for frame in islice(frames, 7):
                second.append(frame.header.sequence)
                assert np.array_equal(frame.data, image(frame.header.sequence))
    assert (first, second) == (list(range(7)), list(range(5, 12)))


def test_a_bridge_that_is_killed_goes_on_with_what_it_had(host: str, tmp_path: Path) -> None:
    """Its folder is all that is left of it."""
    one = Bridge(f"tcp://{host}", tmp_path)
    for k in range(5):
        push(one, k)
    with opened(host) as source:
        source.acknowledge("store", 100)
        with closing(source.frames(100)) as frames:
            assert [next(frames).header.sequence for _ in range(3)] == [100, 101, 102]
            source.acknowledge("store", 102)
            next(frames)
    one.close(0.0)
    two = Bridge(f"tcp://{host}", tmp_path)
    for k in range(5, 8):
        push(two, k)
    with opened(host) as source:
        source.acknowledge("store", 103)
        with closing(source.frames(103)) as frames:
            came = list(islice(frames, 5))
    two.close(0.0)
    assert [frame.header.sequence for frame in came] == list(range(103, 108))
    assert all(np.array_equal(frame.data, image(3 + k)) for k, frame in enumerate(came))


def test_another_run_begins_with_what_no_run_has(bridge: Bridge, host: str) -> None:
    for k in range(6):
        push(bridge, k)
    for run, start, first in (("a", 0, 0), ("b", 40, 2)):
        with opened(host) as source:
            source.acknowledge(run, start)
            with closing(source.frames(start)) as frames:
                came = [next(frames) for _ in range(2)]
                assert [frame.header.sequence for frame in came] == [start, start + 1]
                assert np.array_equal(came[0].data, image(first))
                source.acknowledge(run, start + 2)
                next(frames)  # what is durable has been told by then
                while len(bridge.held) > 4 - first:
                    time.sleep(0.01)


def test_frames_that_found_the_folder_full_are_gaps(host: str, tmp_path: Path) -> None:
    bridge = Bridge(f"tcp://{host}", tmp_path, most_bytes=6 * 1700)
    kept = [k for k in range(8) if push(bridge, k)]
    assert (kept, bridge.lost) == (list(range(len(kept))), 8 - len(kept))
    assert 0 < len(kept) < 7
    accountant = FrameAccountant()
    with opened(host) as source, closing(source.frames()) as frames:
        items = [item for frame in islice(frames, len(kept)) for item in accountant.take(frame)]
        pushing = Thread(target=partial(_push_when_there_is_room, bridge, 8))
        pushing.start()
        items += [*accountant.take(next(frames)), *accountant.finish()]
        pushing.join()
    bridge.close(0.0)
    gaps = [item.sequence for item in items if isinstance(item, Gap)]
    assert gaps == list(range(len(kept), len(kept) + len(gaps)))
    assert len(gaps) >= 8 - len(kept)


def _push_when_there_is_room(bridge: Bridge, k: int) -> None:
    while not push(bridge, k):
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("width=32&height=12&side=temperature:K", "4 images of uint16, 16 x 12"),
        ("width=16&height=12&bits=8&side=temperature:K", "4 images of uint16"),
        ("width=16&height=12", "say side=temperature:UNIT"),
    ],
)
def test_frames_of_another_layout_are_named(query: str, what: str, bridge: Bridge, host: str) -> None:
    push(bridge, 0)
    with opened(host, query) as source, pytest.raises(InputError) as caught:
        next(source.frames())
    assert what in caught.value.line


def test_other_hosts_need_keys() -> None:
    for address in ("bridge://*:8500", "bridge://0.0.0.0", "bridge://recorder:8500"):
        with opened(address.removeprefix("bridge://")) as source, pytest.raises(InputError, match="no keys"):
            next(source.frames())


def test_a_taken_address_is_named(host: str) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.bind(f"tcp://{host}")
        with opened(host) as source, pytest.raises(InputError, match="choose another address"):
            next(source.frames())


def test_pixels_that_are_none_are_refused_at_once(bridge: Bridge) -> None:
    for wrong in (image(0)[0], image(0).astype(float)):
        with pytest.raises(ValueError, match="uint8 or uint16"):
            bridge.push(wrong, 0.0, 1.0)


def test_after_a_stop_it_is_told_what_becomes_durable(bridge: Bridge, host: str) -> None:
    for k in range(6):
        push(bridge, k)
    with opened(host) as source:
        source.acknowledge("store", 0)
        with closing(source.frames()) as frames:
            first = [next(frames).header.sequence for _ in range(3)]
            source.stop()
            ending = Thread(target=deque, args=(frames, 0))  # one that had come already is given away first
            ending.start()
            source.acknowledge("store", 3)
            ending.join()
    assert first == [0, 1, 2]
    while len(bridge.held) > 3:
        time.sleep(0.01)
    assert min(bridge.held) == 3


def test_a_closed_source_waits_for_nothing(bridge: Bridge, host: str) -> None:
    push(bridge, 0)
    with opened(host) as source:
        source.acknowledge("store", 0)
        with closing(source.frames()) as frames:
            next(frames)
            source.close()
            assert next(frames, None) is None
    assert len(bridge.held) == 1


@pytest.mark.parametrize(("start", "sequences"), [(0, [0, 1, 2, 3]), (3, [3]), (4, [])])
def test_a_source_ends_after_as_many_frames_as_are_asked_for(
    start: int, sequences: list[int], bridge: Bridge, host: str
) -> None:
    for k in range(6):
        push(bridge, k)
    with opened(host, f"{LAYOUT}&frames=4") as source:
        assert [frame.header.sequence for frame in source.frames(start)] == sequences


def test_the_fake_pushes_every_frame_of_a_source(host: str, tmp_path: Path) -> None:
    instrument = tmp_path / "fake.toml"
    words = ["sim://flood?size=32&fps=50&frames=9", "--to", host, "--instrument", str(instrument)]
    fake = subprocess.Popen(
        [sys.executable, "-m", "eclips4d.acquisition.bridge.fake", *words], stdout=subprocess.PIPE, text=True
    )
    assert fake.stdout is not None
    with (
        fake,
        open_source(fake.stdout.readline().strip(), instrument=instrument) as source,
        closing(source.frames()) as frames,
    ):
        came = [next(frames).header.sequence for _ in range(9)]
        stopping = Thread(target=partial(next, frames, None))
        stopping.start()
        assert fake.wait(30) == 0
        source.stop()
        stopping.join()
    assert came == list(range(9))
