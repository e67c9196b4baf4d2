"""`eclips4d publish`: other programs read a run's raw frames, as DECTRIS Stream V2."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def publish(
    store: Path,
    /,
    *,
    at: str = "tcp://127.0.0.1:31001",
    every: bool | None = None,
    compression: Literal["none", "lz4", "bslz4"] = "none",
    unprotected: bool = False,
) -> int:
    """Let another program read the raw frames of a store, as a series of DECTRIS Stream V2.

    Example: `eclips4d publish movie.zarr`, then `LiberTEM`, or `eclips4d run 'streamv2://127.0.0.1?…'`, reads it

    A run may be writing the store meanwhile; it is not asked for anything and waits for nobody. One reader: the
    protocol deals frames to several in turn. It knows neither acknowledgement nor keys. Ctrl-C ends it.

    Parameters
    ----------
    store
        `RUN.zarr`.
    at
        Where to listen, tcp://HOST:PORT.
    every
        Every frame from the first one on, however long the reader takes; by default so for a run that has ended, and
        otherwise the newest ones, as a window shows them.
    compression
        Of the pixels.
    unprotected
        Listen where other hosts can reach it: whoever does can read the frames.
    """
    import zmq
    from rich.console import Console

    from eclips4d.acquisition.streamv2.publisher import StreamPublisher
    from eclips4d.pipeline.publishing import StoreStream, check_reach
    from eclips4d.pipeline.stage import Told
    from eclips4d.storage.reader import summary

    check_reach(at, unprotected=unprotected)
    held = summary(store)
    every = held.ended if every is None else every
    console = Console(markup=False, highlight=False)
    packed = None if compression == "none" else compression
    with zmq.Context() as context, StreamPublisher(context, at, held.source, held.run_id, packed) as publisher:
        console.print(f"{store.name} is published at {publisher.address}", soft_wrap=True)
        stream = StoreStream(store, publisher, every)
        stream.run(Told(None).go_on)
    passed = stream.passed + publisher.dropped
    console.print(f"{publisher.sent} frames sent, {passed} passed over, {publisher.readers} readers", soft_wrap=True)
    return 0
