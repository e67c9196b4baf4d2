"""Who stands before a source that instruments connect to."""

from __future__ import annotations

import zmq

from eclips4d.acquisition.source import Listening, Source
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.security.gate import Gate


def gate_of_source(source: Source, config: RunConfig, context: zmq.Context[zmq.Socket[bytes]]) -> Gate | None:
    """The gate of a source that listens; None for one that does not.

    Keys are those of the run, or else of this host; without any only this host can reach the source.

    Raises
    ------
    InputError
        Others can reach it, and there are no keys.
    """
    if not isinstance(source, Listening):
        return None
    from eclips4d.pipeline.view_service.addresses import gate_before

    folder, own = (config.keys.folder, config.keys.own) if config.keys else (None, None)
    gate = gate_before(source.endpoint, context, folder, own)
    source.guarded_by(gate, context)
    return gate
