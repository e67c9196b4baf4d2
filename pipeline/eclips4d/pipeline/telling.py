"""What whoever watches over stages tells the store's owner of them, for events and windows."""

from __future__ import annotations

import os
import time

from eclips4d.core.messages import Bye, Hello, Stages, Who
from eclips4d.pipeline.crew import Crew
from eclips4d.pipeline.own_version import VERSION
from eclips4d.pipeline.ports import PeerPort

ROLE = "supervisor"
AGAIN_S = 2.0
"""What is told before the run is open is not kept: it is told again so often."""


class Telling:
    """One conversation with the hub.

    Parameters
    ----------
    hub : PeerPort
        Its name begins with `ROLE`.
    """

    def __init__(self, hub: PeerPort) -> None:
        self._hub = hub
        self._told: dict[str, str] = {}
        self._told_at = 0.0
        self.is_over = False
        """The hub has said that the run is complete."""

    def leave(self) -> None:
        """Say goodbye: the hub does not wait for us any more, to tell us that the run is complete."""
        self._hub.leave_word(Bye(reason="left"))

    def tell(self, crew: Crew) -> None:
        """Let the hub know of every stage, as soon as something changes, when it asks, and now and then.

        One that says nothing is not told now and then: in half an hour that would fill the socket, and end a host
        that has only to wait.

        Raises
        ------
        InputError
            It wants nothing to do with us.
        PeerTimeoutError
            It takes nothing: it does not allow our key.
        """
        known = bool(self._told)
        self._hub.keep_in_touch()
        while (received := self._hub.receive()) is not None:
            known = known and not isinstance(received.body, Who)
            if isinstance(received.body, Bye):
                self.is_over = True
                self.leave()
        if not known:
            self._hub.send(Hello(role=ROLE, name=self._hub.name, pid=os.getpid(), version=VERSION))
        states = {name: str(stage.life.state) for name, stage in crew.stages.items()}
        now = time.monotonic()
        if states != self._told or not known or (now - self._told_at > AGAIN_S and not self._hub.silence):
            self._told, self._told_at = states, now
            whys = {name: stage.life.why for name, stage in crew.stages.items() if stage.life.why}
            self._hub.send(Stages(states=states, whys=whys))
