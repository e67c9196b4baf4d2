"""`eclips4d publish`: what is published is what is stored, and a run that goes on is followed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import numpy as np
import pytest
import zmq

from eclips4d.acquisition.streamv2.publisher import StreamPublisher
from eclips4d.acquisition.streamv2.source import open_streamv2
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Status
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.publishing import StoreStream, check_reach
from eclips4d.storage import StoredFrames


def reader_of(address: str, store):
    """Our own adapter, as another program would be."""
    _, rows, columns = store.source.shape
    query = f"width={columns}&height={rows}&channels={','.join(store.source.segments)}"
    instrument = parse_instrument(store.source.instrument_toml)
    return open_streamv2(f"streamv2://{address.removeprefix('tcp://')}?{query}", instrument)


@pytest.mark.parametrize("compression", [None, "bslz4"])
def test_every_frame_of_a_finished_run_arrives(make_store, compression: str | None) -> None:
    store = make_store()
    store.record(5)
    store.writer.write_gap(5, 105, 10.0)
    store.recorded += 1
    store.record(2)
    store.settle(5)
    store.settle(1, Status.GAP)
    store.settle(2)
    store.finish()
    with zmq.Context() as context, closing_publisher(context, store, compression) as publisher:
        stream = StoreStream(store.path, publisher, every=True)
        with reader_of(publisher.address, store) as source, ThreadPoolExecutor(1) as pool:
            coming = pool.submit(lambda: list(source.frames()))
            stream.run(lambda: True)
            came = coming.result()
    assert [frame.header.frame_id for frame in came] == [0, 1, 2, 3, 4, 6, 7]
    stored = StoredFrames(store.path)
    for frame in came:
        assert np.array_equal(frame.data, stored.raw(frame.header.frame_id))
    assert (stream.passed, publisher.sent, publisher.dropped) == (0, 7, 0)


def closing_publisher(context, store, compression: str | None = None) -> StreamPublisher:
    return StreamPublisher(context, "tcp://127.0.0.1:*", store.source, "run", compression)


def test_a_growing_run_is_followed_and_a_busy_reader_sees_the_newest(make_store) -> None:
    store = make_store()
    store.record(3)
    ended = Event()
    with zmq.Context() as context, closing_publisher(context, store) as publisher:
        stream = StoreStream(store.path, publisher, every=False)
        with closing(context.socket(zmq.PULL)) as reader, ThreadPoolExecutor(1) as pool:
            reader.setsockopt(zmq.RCVTIMEO, 10_000)
            running = pool.submit(stream.run, lambda: not ended.is_set())
            reader.connect(publisher.address)
            while not publisher.sent:  # begins with what comes once it is there
                store.record(1)
                reader.poll(50)
            store.record(40)
            store.settle(store.recorded)
            store.finish()
            running.result(30)
    assert stream.passed + publisher.sent <= 40 + store.recorded
    assert stream.passed > 0
    assert publisher.dropped == 0


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--at", "tcp://0.0.0.0:31001"], "Stream V2 knows no keys"),
        (["--at", "tcp://*:31001"], "ssh -L"),
        (["--at", "ipc:///tmp/x"], "tcp://HOST:PORT"),
    ],
)
def test_what_others_could_read_has_to_be_meant(words: list[str], what: str, make_store, capsys) -> None:
    store = make_store()
    store.record(1)
    assert main(["publish", str(store.path), *words]) == 2
    assert what in capsys.readouterr().err


def test_who_means_it_may() -> None:
    check_reach("tcp://0.0.0.0:31001", unprotected=True)
    check_reach("tcp://127.0.0.1:31001", unprotected=False)


def test_a_store_that_is_not_there_is_named(tmp_path, capsys) -> None:
    assert main(["publish", str(tmp_path / "none.zarr")]) == 2
    assert "none.zarr" in capsys.readouterr().err


def test_the_bridge_is_printed_as_it_is(capsys) -> None:
    assert main(["bridge"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith('"""Frames of a microscope to eclips4d')
    compile(printed, "eclips4d_bridge.py", "exec")
