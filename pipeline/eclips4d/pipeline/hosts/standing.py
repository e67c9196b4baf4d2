"""Which host does what, and how it is: asked for from anywhere that has a key."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import zmq
from rich.console import Console
from rich.table import Table

from eclips4d.core.messages import Notice
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.hosts.lab import Lab
from eclips4d.pipeline.hosts.reach import why_silent
from eclips4d.pipeline.hosts.share import WATCH, Share, processes
from eclips4d.pipeline.ports import newest_notice, subscriber
from eclips4d.pipeline.progress import RateMeter, describe
from eclips4d.pipeline.security.keyring import hub_key

HEAR_S, RATE_S = 5.0, 2.0
"""Storage tells five times a second, once acquisition has said what the source is."""
UNHEARD = "–"


def show_standing(lab: Lab, keys: Path | None, own: str | None, console: Console) -> int:
    """Print who does what and how the run is; returns 0, or 1 when nothing is heard of it.

    Raises
    ------
    InputError
        A key is missing.
    """
    config = _seen_from(lab, keys, own)
    meter = RateMeter()
    notice, rate = _listen(config, meter)
    console.print(standing(lab, {} if notice is None else notice.stages))
    if notice is None:
        key = config.keys.hub if config.keys is not None else None
        console.print(why_silent(config.endpoints.hub, key), soft_wrap=True)
        console.print("nothing heard of the run: before acquisition has begun there is nothing to tell", soft_wrap=True)
        return 1
    console.print(describe(notice, rate), soft_wrap=True)
    return 0


def standing(lab: Lab, states: Mapping[str, str]) -> Table:
    """The hosts, their stages, and the state of each as storage tells it."""
    table = Table("host", "address", "stage", "state")
    for name, host in lab.hosts.items():
        for stage in processes(lab, name):
            table.add_row(name, host.address, stage, states.get(stage, UNHEARD))
    return table


def _seen_from(lab: Lab, keys: Path | None, own: str | None) -> RunConfig:
    config = Share(lab, next(iter(lab.hosts)), keys=keys).config_of(WATCH)
    if config.keys is None:
        return config
    return config.model_copy(update={"keys": config.keys.model_copy(update={"own": own})})


def _listen(config: RunConfig, meter: RateMeter) -> tuple[Notice | None, float]:
    """The newest notice within a few seconds, and frames per second; None when there is none."""
    newest, rate = None, 0.0
    with zmq.Context() as context:
        notices = subscriber(context, config.endpoints.notices, hub_key(config))
        try:
            until = time.monotonic() + HEAR_S
            while (left_s := until - time.monotonic()) > 0:
                notices.poll(round(1000 * left_s))
                received = newest_notice(notices)
                if received is not None and isinstance(received.body, Notice):
                    until = until if newest is not None else min(until, time.monotonic() + RATE_S)
                    newest = received.body
                    rate = meter.add(time.monotonic(), newest.committed)
        finally:
            notices.close(linger=0)
    return newest, rate
