"""Where the store's owner takes another model for a running chain: copied, made ready by workers, then put in place.

A model is put in place between two frames by a commit of the store that says from which on; only then is a frame
handed out with it. Until all workers are ready the chain goes on with the model that it has. A frame from which on
somebody asked for it waits for it; later frames are recorded meanwhile as always.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from eclips4d.core.errors import EclipsError, InputError
from eclips4d.core.log import get_logger
from eclips4d.core.model_messages import ModelAnswer, ModelOffer, Prepare, Prepared
from eclips4d.pipeline.journal import Journal
from eclips4d.pipeline.ledger import Ledger
from eclips4d.pipeline.model_schedule import ATTRIBUTE
from eclips4d.pipeline.model_snapshot import snapshot
from eclips4d.pipeline.peers import Peers

MOST_DEATHS = 2
"""A worker that had to be asked more often ended over the model."""
MOST_REMEMBERED = 64


@dataclass(slots=True)
class _Coming:
    """A model that is being made ready."""

    key: str
    given: str
    first: int | None
    name: str = ""
    """In the store, once it is copied."""
    fingerprints: dict[bytes, str] = field(default_factory=dict)


class ModelDesk:
    """One change of models at a time.

    Parameters
    ----------
    journal : Journal
        Its `models` is changed here and nowhere else.
    ledger : Ledger
    peers : Peers
    """

    def __init__(self, journal: Journal, ledger: Ledger, peers: Peers) -> None:
        self.journal, self.ledger, self.peers = journal, ledger, peers
        self._copying = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._coming: _Coming | None = None
        self._answers: dict[str, ModelAnswer] = {}
        self._told: dict[bytes, tuple[int, str]] = {}
        """Workers that were asked to make a model ready: their process, and which."""
        self._asked: Counter[tuple[bytes, str]] = Counter()

    def take(self, offer: ModelOffer) -> ModelAnswer:
        """Begin with a model, or say how far it is."""
        if (answer := self._answers.get(offer.key)) is not None:
            return answer
        if self._coming is not None and self._coming.key == offer.key:
            return ModelAnswer(key=offer.key)
        refusal = self._refusal(offer)
        if refusal:
            return self._answer(ModelAnswer(key=offer.key, refused=refusal))
        self._coming = _Coming(offer.key, offer.name, offer.first)
        self.ledger.hold_from = offer.first
        future = self._copying.submit(_copied, offer.name, self.journal.config.out)
        self.journal.when_done(future, self._was_copied)
        return ModelAnswer(key=offer.key)

    def prepared(self, sender: bytes, body: Prepared) -> None:
        """A worker is ready, or cannot use the model."""
        coming = self._coming
        if coming is None or body.name != coming.name:
            return
        if body.refused:
            self._refuse(body.refused)
        else:
            coming.fingerprints[sender] = body.fingerprint

    def step(self) -> None:
        """Ask workers that have not been asked; put the model in place when all of them are ready."""
        coming = self._coming
        wanted = coming.name if coming is not None else self.journal.models.newest
        if not wanted or (coming is None and not self.journal.models.changes):
            return
        workers = self.peers.of_role("inference")
        for name in workers:
            self._ask(name, wanted)
        if self._coming is not None and workers and all(name in self._coming.fingerprints for name in workers):
            self._put_in_place(self._coming)

    def close(self) -> None:
        """Wait for the thread."""
        self._copying.shutdown(wait=True)

    def _refusal(self, offer: ModelOffer) -> str:
        if self._coming is not None:
            return f"{self._coming.given} is still being made ready"
        if not self.ledger.infer:
            return "this run only records"
        if offer.first is not None and offer.first < self.ledger.next_fresh:
            return f"frame {offer.first} has been given to a worker already; the next is {self.ledger.next_fresh}"
        try:
            self.journal.models.changed(max(offer.first or 0, self.ledger.next_fresh), offer.name)
        except InputError as error:
            return str(error)
        return ""

    def _was_copied(self, copied: tuple[str, str]) -> None:
        name, refusal = copied
        if refusal:
            self._refuse(refusal)
        elif self._coming is not None:
            self._coming.name = name

    def _ask(self, worker: bytes, wanted: str) -> None:
        pid = self.peers[worker].hello.pid
        if self._told.get(worker) == (pid, wanted):
            return
        if self._coming is not None:
            self._coming.fingerprints.pop(worker, None)
            self._asked[worker, wanted] += 1
            if self._asked[worker, wanted] > MOST_DEATHS:
                self._refuse(f"{worker.decode()} ended over it again and again")
                return
        self._told[worker] = (pid, wanted)
        self.peers.send(worker, Prepare(name=wanted))

    def _put_in_place(self, coming: _Coming) -> None:
        first = max(coming.first or 0, self.ledger.next_fresh)
        before, after = self.journal.models, self.journal.models.changed(first, coming.name)
        self.journal.writer.remember(ATTRIBUTE, after.stored())
        if not self.journal.commit(committed=self.ledger.committed, recorded=self.ledger.recorded, force=True):
            self.journal.writer.remember(ATTRIBUTE, before.stored())
            return  # the disk takes nothing: tried again at the next turn
        self.journal.models = after
        fingerprint = next(iter(coming.fingerprints.values()))
        self._end(ModelAnswer(key=coming.key, fingerprint=fingerprint, first=first))
        told = {"first": first, "model": coming.given, "fingerprint": fingerprint}
        get_logger().info("another model", **told)
        self.journal.event("another model", **told)

    def _refuse(self, reason: str) -> None:
        if self._coming is None:
            return
        given = self._coming.given
        self._end(ModelAnswer(key=self._coming.key, refused=reason))
        get_logger().error("model refused", model=given, reason=reason)
        self.journal.event("model refused", model=given, reason=reason)

    def _end(self, answer: ModelAnswer) -> None:
        if self._coming is not None:
            self._asked = Counter({k: n for k, n in self._asked.items() if k[1] != self._coming.name})
        self._coming = self.ledger.hold_from = None
        self._answer(answer)

    def _answer(self, answer: ModelAnswer) -> ModelAnswer:
        self._answers[answer.key] = answer
        while len(self._answers) > MOST_REMEMBERED:
            del self._answers[next(iter(self._answers))]
        return answer


def _copied(name: str, store: Path) -> tuple[str, str]:
    """The name of a model's copy, or why there is none."""
    try:
        return snapshot(name, store), ""
    except EclipsError as error:
        return "", str(error)
    except OSError as error:
        return "", f"{error.filename}: {error.strerror}"
