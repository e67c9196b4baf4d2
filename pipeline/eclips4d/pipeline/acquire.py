"""The acquisition stage: a source fills the sender's ring, the ring is emptied towards the store as credits allow.

Two threads: one takes frames from the source at the source's own pace, the other owns the socket. The ring between
them keeps every frame until the store has acknowledged it as durable.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import zmq

from eclips4d.acquisition.accountant import FrameAccountant
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.ring import SenderRing
from eclips4d.acquisition.source import Source
from eclips4d.core.errors import EclipsError
from eclips4d.core.log import get_logger
from eclips4d.core.messages import Ack, Beat, Bye, End, FrameOffer, GapOffer, Hello, Welcome, Who
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.journal import Wake
from eclips4d.pipeline.ports import PeerPort
