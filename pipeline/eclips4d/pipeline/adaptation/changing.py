"""Asking the owner of a running store to go on with another model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from uuid import uuid4

import zmq

from eclips4d.core.errors import InputError
from eclips4d.core.model_messages import ModelAnswer, ModelOffer
from eclips4d.core.wire import encode
from eclips4d.inference.models import MODELS
from eclips4d.inference.networks.pair import read_pair
from eclips4d.pipeline.ways import ways_to_owner
from eclips4d.viewer.hearing import connect, heard, prepare

ASK_AGAIN_S = 0.5
NOTHING_HEARD_S = 60.0
"""A store's owner that was killed is back within that time, or nobody restarts it."""


def change_model(
    run: Path,
    name: str,
    first: int | None,
    patience_s: float = NOTHING_HEARD_S,
    waiting: Callable[[], None] = lambda: None,
) -> ModelAnswer:
    """Have a run that goes on inverted by another model from a frame on; returns when that is settled.

    Parameters
    ----------
    name
        As of `load_model`.
    first
        The frame; None for the first that it can be.
    patience_s
        How long nothing may be heard.
    waiting
        Called while the workers make the model ready.

    Raises
    ------
    InputError
        The model is damaged, nobody writes the store here, or its owner refuses.
    """
    path = name if name in MODELS else str(Path(name).absolute())
    if name not in MODELS:
        read_pair(path)
    offer = ModelOffer(key=uuid4().hex, name=path, first=first)
    last, pause = time.monotonic(), Event()
    while True:
        answer = _asked(run, offer)
        if answer is not None:
            last = time.monotonic()
            if answer.refused:
                raise InputError(f"the model is refused: {answer.refused}", where=name, cure="the run goes on without")
            if answer.first is not None:
                return answer
        elif time.monotonic() - last > patience_s:
            cure = "start the run, or give the model to eclips4d run --model"
            raise InputError("nobody who writes the store answers", where=str(run), cure=cure)
        waiting()
        pause.wait(ASK_AGAIN_S)


def _asked(run: Path, offer: ModelOffer) -> ModelAnswer | None:
    """One question; its owner may be another one each time."""
    address = ways_to_owner(run).notes
    if address is None:
        return None
    with _socket(address) as socket:
        if not socket.poll(int(1000 * ASK_AGAIN_S), zmq.POLLOUT):
            return None
        socket.send_multipart(encode(offer), zmq.NOBLOCK)
        if not socket.poll(int(4000 * ASK_AGAIN_S)):
            return None
        bodies, _ = heard(socket)
    return next((body for body in bodies if isinstance(body, ModelAnswer) and body.key == offer.key), None)


@contextmanager
def _socket(address: str) -> Iterator[zmq.Socket[bytes]]:
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        prepare(socket)
        socket.setsockopt(zmq.IMMEDIATE, 1)
        connect(socket, address)
        yield socket
