"""`eclips4d serve`: lets windows on this and other hosts look at stores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.core.log import Level

if TYPE_CHECKING:
    from eclips4d.pipeline.view_service.service import ViewService

PATIENCE_S = 60.0
"""A loop that has not turned for longer hangs: systemd is told so."""


def serve(
    path: Path,
    /,
    *,
    at: str = "tcp://127.0.0.1:5760",
    keys: Path | None = None,
    own: str | None = None,
    notes: bool = True,
    log_level: Level = "warning",
) -> int:
    """Let windows look at a store, or at the stores in a folder; all that they can add to it are notes.

    Example: `eclips4d serve movie.zarr --at tcp://0.0.0.0:5760`, then on another host `eclips4d view tcp://HOST:5760`

    A run may be writing the store meanwhile; it is not asked for anything, and handed the notes. An address that other
    hosts can reach needs keys: `eclips4d keys`. Ctrl-C ends it.

    Parameters
    ----------
    path
        The store, which need not exist yet, or a folder with stores.
    at
        Where to listen: tcp://HOST:PORT or ipc://PATH.
    keys
        Where keys are kept; the user's own folder when not given.
    own
        Name of this host's key pair; the only one when not given.
    notes
        Take notes from windows: for the run's events, or for those of a store that nobody is writing.
    log_level
        Least severe level that is told: debug, info, warning, error.
    """
    import zmq
    from numcodecs import blosc
    from rich.console import Console

    from eclips4d.core.log import configure_logging
    from eclips4d.pipeline.view_service.addresses import gate_before
    from eclips4d.pipeline.view_service.notes import NotePost
    from eclips4d.pipeline.view_service.service import ViewService
    from eclips4d.pipeline.view_service.shelf import Shelf

    shelf = Shelf(path)
    configure_logging(stage="serve", level=log_level)
    blosc.set_nthreads(1)  # the other processor cores are the run's
    with zmq.Context() as context:
        gate = gate_before(at, context, keys, own)
        try:
            service = ViewService(shelf, context, at, gate, notes=NotePost(shelf.find) if notes else None)
            try:
                console = Console(markup=False, highlight=False)
                later = "" if shelf.path.exists() else ", once it is there"
                console.print(f"{shelf.path.name} is to be seen at {service.address}{later}", soft_wrap=True)
                _answer(service)
            finally:
                service.close()
        finally:
            if gate is not None:
                gate.close()
    return 0


def _answer(service: ViewService) -> None:
    """Until a signal comes; systemd, where it asks, hears that the loop turns."""
    from eclips4d.core.pulse import Pulse
    from eclips4d.pipeline.stage import Told
    from eclips4d.pipeline.systemd import notifying

    pulse, told = Pulse(), Told(None)

    def go_on() -> bool:
        pulse.tick()
        return told.go_on()

    pulse.ready()
    with notifying(pulse, PATIENCE_S):
        service.run(go_on)
