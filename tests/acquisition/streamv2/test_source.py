from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import count, pairwise
from threading import Event

import msgspec
import numpy as np
import pytest
import zmq
from structlog.testing import capture_logs

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.conformance import CHECKS
from eclips4d.acquisition.device_conformance import DEVICE_CHECKS, NEEDS
from eclips4d.acquisition.device_source import DeviceSource
from eclips4d.acquisition.fakes import INSTRUMENT_TOML, FakeSource
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.streamv2.compression import unpack
from eclips4d.acquisition.streamv2.fake import FakeDetector
from eclips4d.acquisition.streamv2.messages import Start, write_end, write_image, write_start
from eclips4d.acquisition.streamv2.publisher import StreamPublisher, series_start
from eclips4d.acquisition.streamv2.source import open_streamv2
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument

LAYOUT = "width=16&height=12&channels=A,B,C,D"
INSTRUMENT = parse_instrument(INSTRUMENT_TOML, "fake")
FAKE = FakeSource(1_000_000)
SOME = [FAKE.frame(k) for k in range(12)]


def some_frames(n: int = 12):
    return lambda: SOME[:n]


def endless_frames() -> Iterator[Frame]:
    pace = Event()
    for number in count():
        pace.wait(0.001)
        made = SOME[number % 12]
        told = {"frame_id": number, "start_s": 0.01 * number, "end_s": 0.01 * number + 0.01}
        yield Frame(msgspec.structs.replace(made.header, **told), made.data)


def opened(detector: FakeDetector | StreamPublisher, query: str = LAYOUT) -> DeviceSource:
    return opened_at(detector.address.removeprefix("tcp://"), query)


def opened_at(host: str, query: str = LAYOUT) -> DeviceSource:
    return open_streamv2(f"streamv2://{host}?{query}", INSTRUMENT, "run")


@pytest.fixture(scope="module")
def endless() -> Iterator[FakeDetector]:
    with FakeDetector(FAKE.info, endless_frames) as detector:
        yield detector


@pytest.mark.parametrize("check", CHECKS)
def test_a_detector_keeps_the_contract(check: str, endless: FakeDetector) -> None:
    CHECKS[check](lambda: opened(endless))


@pytest.mark.parametrize("check", DEVICE_CHECKS)
def test_a_detector_keeps_the_contract_when_things_go_wrong(check: str) -> None:
    with FakeDetector(FAKE.info, endless_frames, series=None) as detector:
        provoke = partial(detector.provoke, NEEDS[check]) if check in NEEDS else Event().set
        DEVICE_CHECKS[check](lambda: opened(detector, f"{LAYOUT}&series=all"), provoke)


@pytest.mark.parametrize("compression", [None, "lz4", "bslz4"])
def test_a_series_arrives_whole(compression: str | None) -> None:
    with FakeDetector(FAKE.info, some_frames(), compression=compression) as detector, opened(detector) as source:
        frames = list(source.frames(5))
        assert source.health().state == "ended"
    assert [frame.header.sequence for frame in frames] == list(range(5, 17))
    for sent, came in zip(SOME, frames, strict=True):
        assert np.array_equal(sent.data, came.data)
        assert came.header.frame_id == sent.header.frame_id
        assert came.header.start_s - frames[0].header.start_s == pytest.approx(sent.header.start_s)
        assert came.header.end_s - came.header.start_s == pytest.approx(sent.header.end_s - sent.header.start_s)
        assert came.header.line_time_s == pytest.approx(0.01 / 12)


def test_what_is_damaged_leaves_a_hole_and_is_counted() -> None:
    plan = {2: "damage", 4: "gap", 5: "garbage", 7: "parts", 9: "twice"}
    with FakeDetector(FAKE.info, some_frames(), plan=plan) as detector, opened(detector) as source:
        frames = list(source.frames())
        health = source.health()
    assert [frame.header.frame_id for frame in frames] == [0, 1, 3, 5, 6, 8, 9, 9, 10, 11]
    assert (health.damaged, health.lost, health.delivered) == (3, 1, 10)
    accountant = FrameAccountant()
    items = [item for frame in frames for item in accountant.take(frame)]
    assert [item.sequence if isinstance(item, Gap) else None for item in items if isinstance(item, Gap)] == [2, 4, 7]
    assert (accountant.duplicates, accountant.restarts) == (1, 0)


def test_a_detector_that_was_away_is_counted_and_its_series_goes_on() -> None:
    first = FakeDetector(FAKE.info, endless_frames)
    with opened(first, f"{LAYOUT}&series=all") as source, closing(source.frames()) as frames:
        seen = [next(frames).header for _ in range(3)]
        first.close()
        with FakeDetector(FAKE.info, endless_frames, first.address):
            while source.health().reconnections == 0:
                seen.append(next(frames).header)
            seen += [next(frames).header for _ in range(3)]
        assert source.health().reconnections == 1
    assert all(two.sequence > one.sequence for one, two in pairwise(seen))
    assert all(two.start_s > one.start_s for one, two in pairwise(seen))


def test_one_series_after_the_other() -> None:
    with (
        FakeDetector(FAKE.info, some_frames(3), series=3) as detector,
        opened(detector, f"{LAYOUT}&series=all") as source,
        closing(source.frames()) as frames,
    ):
        headers = [next(frames).header for _ in range(9)]
    assert [header.sequence for header in headers] == list(range(9))
    assert [header.frame_id for header in headers] == [0, 1, 2] * 3
    assert all(two.start_s > one.start_s for one, two in pairwise(headers))


@pytest.mark.parametrize(("start", "ids"), [(0, [0, 1]), (4, [0])])
def test_the_rest_of_an_aborted_series_ends_nothing_unless_a_run_goes_on(start: int, ids: list[int]) -> None:
    """What lay in the detector's queue before it was armed is recorded too; a run that goes on knew its beginning."""
    images, starts, ends = [], [], []
    for series, number in (("a", 0), ("b", 1)):
        planes = dict(zip("ABCD", SOME[number].data, strict=True))
        images.append(write_image(series, number, (0.0, 0.01), planes, began_utc=FAKE.info.start_utc))
        starts.append(write_start(series_start(FAKE.info, series), {}))
        ends.append(write_end(series))
    with zmq.Context() as context, closing(context.socket(zmq.PUSH)) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        with opened_at(f"127.0.0.1:{port}") as source, ThreadPoolExecutor(1) as pool:
            coming = pool.submit(lambda: [frame.header.frame_id for frame in source.frames(start)])
            for message in (images[0], ends[0], starts[1], images[1], ends[1]):
                socket.send(message)
                if start and message is ends[0]:
                    break
            assert coming.result() == ids


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("width=32&height=12&channels=A,B,C,D", "say width=16&height=12&bits=16"),
        ("width=16&height=12&channels=A,B,C,D&bits=8", "say width=16&height=12&bits=16"),
        ("width=16&height=12", "say channels=A,B,C,D"),
    ],
)
def test_a_detector_that_is_set_otherwise_is_named(query: str, what: str) -> None:
    with FakeDetector(FAKE.info, endless_frames) as detector, opened(detector, query) as source:
        with pytest.raises(InputError) as caught:
            next(source.frames())
        assert what in caught.value.line
        assert source.health().state == "failed"


def test_an_image_of_another_size_ends_a_source_that_joined_late() -> None:
    with FakeDetector(FAKE.info, endless_frames) as detector:
        with opened(detector) as source:
            next(source.frames())
        with opened(detector, LAYOUT.replace("12", "13")) as source, pytest.raises(InputError, match="16 x 12"):
            next(source.frames())


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("streamv2://?width=1&height=1", "is no host"),
        ("streamv2://h", "parameter width"),
        ("streamv2://h?width=0&height=1", "parameter width"),
        ("streamv2://h?width=16&height=12&bits=32", "parameter bits"),
        ("streamv2://h?width=16&height=12&channels=A,B", "2 channels, but the instrument file has 4"),
        ("streamv2://h?width=16&height=12&series=two", "parameter series"),
        ("streamv2://h?width=16&height=12&depth=3", "unknown parameter 'depth'"),
    ],
)
def test_an_address_that_cannot_be_is_named(address: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        open_streamv2(address, INSTRUMENT)
    assert what in caught.value.line


def test_an_address_needs_an_instrument_file(tmp_path) -> None:
    with pytest.raises(InputError, match="--instrument"):
        open_source("streamv2://h?width=16&height=12")
    file = tmp_path / "instrument.toml"
    file.write_text(INSTRUMENT_TOML.replace("[detector]", "frame_times_s = [0, 1]\n[detector]"))
    with open_source("streamv2://h?width=16&height=12", instrument=file) as source:
        assert source.info.segments == ("threshold_1", "threshold_2", "threshold_3", "threshold_4")
        assert source.info.identity == "streamv2://h"


@pytest.mark.parametrize("library", ["cbor2", "imagecodecs"])
def test_a_missing_library_is_named_with_its_cure(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=r"pip install 'eclips4d\[streamv2\]'"):
        open_streamv2(f"streamv2://h?{LAYOUT}", INSTRUMENT)
        unpack("lz4", 0, b"", 1)


def test_published_frames_are_those_that_are_read() -> None:
    with (
        zmq.Context() as context,
        StreamPublisher(context, "tcp://127.0.0.1:*", FAKE.info, "run", "bslz4") as published,
    ):
        assert not published.send(SOME[0])
        with opened(published) as source, ThreadPoolExecutor(1) as pool:
            coming = pool.submit(lambda: list(source.frames()))
            sent = [frame for frame in SOME[1:] if published.send(frame, 5.0)]
            published.end(5.0)
            came = coming.result()
        assert (published.sent, published.dropped, published.readers) == (11, 1, 1)
    assert [frame.header.frame_id for frame in came] == [frame.header.frame_id for frame in sent]
    assert all(np.array_equal(one.data, two.data) for one, two in zip(sent, came, strict=True))


def test_each_reader_is_told_the_start() -> None:
    with zmq.Context() as context, StreamPublisher(context, "tcp://127.0.0.1:*", FAKE.info, "run") as published:
        for k in range(2):
            with closing(context.socket(zmq.PULL)) as reader:
                reader.connect(published.address)
                assert published.send(SOME[k], 5.0)
                assert b"start" in reader.recv()[:20]
                assert b"image" in reader.recv()[:20]
            while published.is_heard():
                pass
        assert published.readers == 2


def test_a_taken_address_is_named() -> None:
    with zmq.Context() as context, StreamPublisher(context, "tcp://127.0.0.1:*", FAKE.info, "run") as one:  # noqa: SIM117
        with pytest.raises(InputError, match="choose another address"):
            StreamPublisher(context, one.address, FAKE.info, "run")


def test_another_energy_is_told() -> None:
    start = Start(series="s", channels=tuple("ABCD"), dtype="uint16", size=(16, 12), energy_ev=20_000.0)
    with zmq.Context() as context, closing(context.socket(zmq.PUSH)) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        with opened_at(f"127.0.0.1:{port}") as source, capture_logs() as lines, ThreadPoolExecutor(1) as pool:
            coming = pool.submit(lambda: list(source.frames()))
            for message in (write_start(start, {}), write_end("s")):
                socket.send(message)
            assert coming.result() == []
    assert [line["stated_ev"] for line in lines if "energy" in line["event"]] == [10_000.0]


@pytest.mark.parametrize(("start", "sequences"), [(0, [0, 1, 2, 3]), (3, [3]), (4, [])])
def test_a_source_ends_after_as_many_frames_as_are_asked_for(start: int, sequences: list[int]) -> None:
    with FakeDetector(FAKE.info, endless_frames) as detector, opened(detector, f"{LAYOUT}&frames=4") as source:
        assert [frame.header.sequence for frame in source.frames(start)] == sequences
        assert source.info.frames == 4


def test_the_fake_serves_every_frame_of_a_source(tmp_path) -> None:
    instrument = tmp_path / "fake.toml"
    words = ["sim://flood?size=32&fps=50&frames=9", "--port", "0", "--instrument", str(instrument)]
    words += ["--compression", "bslz4"]
    fake = subprocess.Popen(
        [sys.executable, "-m", "eclips4d.acquisition.streamv2.fake", *words], stdout=subprocess.PIPE, text=True
    )
    assert fake.stdout is not None
    with fake, open_source(fake.stdout.readline().strip(), instrument=instrument) as source:
        assert [frame.header.sequence for frame in source.frames()] == list(range(9))
        assert fake.wait(30) == 0
