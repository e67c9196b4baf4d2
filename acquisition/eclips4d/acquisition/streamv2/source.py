"""`streamv2://HOST[:31001]?width=…&height=…`: images of a Stream V2 detector as frames, their channels as segments.

Width, height and channels stand in the address, because the stream deals each message to one receiver only: nobody can
listen first to find out. What comes is compared with them.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from eclips4d.acquisition.device_address import parse_host, parse_query
from eclips4d.acquisition.device_source import DeviceSource, RunClock
from eclips4d.acquisition.pushed import PushedFrames, pushed_info
from eclips4d.acquisition.streamv2.messages import check_library
from eclips4d.acquisition.streamv2.receiver import Receiver
from eclips4d.core.instrument import Instrument

PORT = 31001


class StreamSettings(PushedFrames):
    """Parameters of the address; `channels` are `threshold_1,threshold_2,…` when not given."""

    series: Literal["one", "all"] = "one"
    """Whether the source ends with its series, or takes one after the other until it is stopped."""


def open_streamv2(address: str, instrument: Instrument, run_id: str = "") -> DeviceSource:
    """A Stream V2 detector, or whatever publishes as one.

    Nothing connects before the first frame is asked for.

    Raises
    ------
    InputError
        Bad address, another number of channels than the instrument file has azimuths, or a library is missing.
    """
    check_library()
    host = parse_host(urlsplit(address).netloc, PORT, address)
    settings = parse_query(StreamSettings, address)
    channels = settings.channels or tuple(f"threshold_{k + 1}" for k in range(instrument.segments))
    clock = RunClock()
    info = pushed_info("streamv2", address, instrument, settings, channels, start_utc=clock.start_utc)
    receiver = Receiver(f"tcp://{host}", info, instrument, run_id, clock, ends=settings.series == "one")
    return DeviceSource(info, receiver.receive)
