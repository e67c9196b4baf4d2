"""A connection that breaks is made again, for as long as its frames are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from typing import TypeVar

from eclips4d.acquisition.device_source import Loss, Rows
from eclips4d.core.errors import EclipsError, PeerTimeoutError, WireError
from eclips4d.core.frame import Frame
from eclips4d.core.log import get_logger

Item = TypeVar("Item", bound=Frame | Loss | Rows)
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0


def reconnecting(
    session: Callable[[], Iterator[Item]],
    ended: Event,
    *,
    where: str,
    first_pause_s: float = FIRST_PAUSE_S,
    longest_pause_s: float = LONGEST_PAUSE_S,
) -> Iterator[Item | Loss]:
    """Items of one session after another.

    Parameters
    ----------
    session
        Connects, yields what comes, and returns when the instrument has nothing more to send. A broken connection is
        an `OSError`, a `PeerTimeoutError` or a `WireError` (what came cannot be understood, so that reading on makes no
        sense): the session is tried again. Any other `EclipsError` ends it all.
    ended
        Nobody wants more.
    where
        Address, for the log.
    first_pause_s, longest_pause_s
        Before the next try; doubled with each that fails, and back to the first after one that brought a frame.

    Yields
    ------
    Item
        As the sessions do.
    Loss
        `Loss(reconnections=1)` comes before the first frame after a break.
    """
    pause_s, broken = first_pause_s, False
    while not ended.is_set():
        try:
            for item in session():
                if broken and isinstance(item, Frame):
                    get_logger().info("the instrument is back", where=where)
                    yield Loss(reconnections=1)
                    pause_s, broken = first_pause_s, False
                yield item
            return
        except (OSError, WireError) as error:
            if isinstance(error, EclipsError) and not isinstance(error, (PeerTimeoutError, WireError)):
                raise
            if ended.is_set():
                return
            if not broken:
                get_logger().warning("the connection broke", where=where, error=str(error))
            broken = True
        ended.wait(pause_s)
        pause_s = min(2 * pause_s, longest_pause_s)
