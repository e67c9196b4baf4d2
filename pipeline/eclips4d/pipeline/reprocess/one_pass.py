"""Once over the rest of a run: workers make what is followed, and it is taken in order, up to a frame that is none."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from eclips4d.pipeline.cluster.pool import Died, Pool
from eclips4d.pipeline.cluster.windowed import in_order
from eclips4d.pipeline.reprocess.completion import Completion
from eclips4d.pipeline.reprocess.following import FAILURES, Followed, GivenUp, Locates, Turn, follow
from eclips4d.pipeline.reprocess.job import Job, Task, Verdict, divided, make
from eclips4d.pipeline.reprocess.made import Made
from eclips4d.pipeline.reprocess.new_store import NewStore
from eclips4d.pipeline.reprocess.reading import Reading
from eclips4d.registration.registrar import Registrar

Report = Callable[[int, int], None]
DIED = "it ended inference again and again"
UNREADABLE = "what was made of it does not read back"


class Pass:
    """From the first frame that is not settled to the end, or to the first that turns out to be none.

    Parameters
    ----------
    registrar : Registrar
        Goes on after the last frame that was placed.
    locates : callable
        What finds places by it.
    refused : dict of int to str
        Frames that are left out, and why; those that turn out to be none are added.
    """

    def __init__(
        self,
        reading: Reading,
        registrar: Registrar,
        locates: Callable[[Registrar], Locates],
        completion: Completion,
        store: NewStore,
        refused: dict[int, str],
    ) -> None:
        self._reading, self._registrar, self._completion, self._store = reading, registrar, completion, store
        self._refused = refused
        self._turns = follow(reading, store.settled, refused, locates(registrar), lambda: self._broken)
        self._ahead: deque[tuple[Turn, Task | None]] = deque()
        """Followed, and not settled yet."""
        self._answered: set[int] = set()
        self._broken = False
        self._state = b""

    def run(self, pool: Pool, report: Report) -> bytes:
        """Go on as far as it goes; gives registration's state after the last frame that was placed, if one was."""
        for job, answer in in_order(pool, make, self._jobs(), divide=divided):
            self._hear(job, answer)
            self._settle(report)
        self._settle(report)
        for _, task in self._ahead:
            if task is not None:
                self._completion.drop(task)
        self._store.commit(force=True)
        return self._state

    def _jobs(self) -> Iterator[Job]:
        """Drawn up as frames are followed, which is no further than workers need."""
        together: list[Task] = []
        for turn in self._turns:
            task = self._completion.task(turn.located) if isinstance(turn, Followed) else None
            self._ahead.append((turn, task))
            if task is None:
                continue
            if self._completion.is_staged(task):
                self._answered.add(task.sequence)
                continue
            if together and not self._completion.go_together(together[0], task):
                yield self._completion.job(together)
                together = []
            together.append(task)
            if len(together) >= self._completion.most_in_a_job:
                yield self._completion.job(together)
                together = []
        if together and not self._broken:
            yield self._completion.job(together)

    def _hear(self, job: Job, answer: tuple[Verdict, ...] | Died) -> None:
        if isinstance(answer, Died):
            answer = tuple(Verdict(task.sequence, DIED) for task in job.tasks)
        for verdict in answer:
            self._answered.add(verdict.sequence)
            if verdict.refused:
                self._refused.setdefault(verdict.sequence, verdict.refused)

    def _settle(self, report: Report) -> None:
        """Whatever is next and known."""
        while self._ahead and not self._broken:
            turn, task = self._ahead[0]
            if isinstance(turn, Followed):
                assert task is not None, "what is followed is to be made"
                needed = {turn.sequence, turn.told_by}
                if not needed <= self._answered:
                    return
                self._broken = not needed.isdisjoint(self._refused) or not self._placed(turn, task)
                if self._broken:
                    return
            elif isinstance(turn, GivenUp):
                self._given_up(turn.sequence)
            else:
                self._store.record_gap(turn)
            self._ahead.popleft()
            self._store.commit()
            report(self._store.committed, self._reading.total)

    def _given_up(self, sequence: int) -> None:
        frame, came_twice = self._reading.frame(sequence), self._reading.came_twice(sequence)
        self._store.give_up(frame, self._refused[sequence], came_twice=came_twice)

    def _placed(self, turn: Followed, task: Task) -> bool:
        """Hand a frame on; False if it cannot be."""
        made, located = self._made(turn, task), turn.located
        if isinstance(made, str):
            self._refused[turn.sequence] = made
            return False
        try:
            datum = self._registrar.datum_of(turn.sequence, located.placement.drift, made.seen, located.memory)
        except FAILURES as error:
            self._refused[turn.sequence] = str(error)
            return False
        self._state = self._registrar.state(located.memory)
        used, came_twice = self._completion.used(turn.sequence), self._reading.came_twice(turn.sequence)
        self._store.place(located, made, datum, self._state, used, came_twice=came_twice)
        return True

    def _made(self, turn: Followed, task: Task) -> Made | str:
        """What was staged of the frame, or why nothing is made of it."""
        for _ in range(2):
            if (made := self._completion.made(task, turn.pixels)) is not None:
                return made
            # Torn by whatever ended the last attempt, or of other pixels: here and now.
            (verdict,) = make(self._completion.job([task]))
            if verdict.refused:
                return verdict.refused
        return UNREADABLE
