"""One store on its way into a bucket: checked before, mirrored meanwhile, finished and verified at the end.

Whoever writes the store waits for nothing here: it goes to a disk, by the same commits as ever. Only the command that
was given stays until the bucket holds all.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event
from types import TracebackType

import numpy as np
from rich.console import Console

from eclips4d.core.errors import EclipsError, StoreError
from eclips4d.core.results import Status
from eclips4d.pipeline.bucket_run.beside import MirrorBeside
from eclips4d.pipeline.bucket_run.local_store import local_store
from eclips4d.pipeline.interrupting import interruptible
from eclips4d.pipeline.mirroring import Mirrored, follow
from eclips4d.pipeline.preparation import counting
from eclips4d.storage.bucket_place import check_writable, held_at
from eclips4d.storage.fetching import fetch
from eclips4d.storage.folder import lock_path
from eclips4d.storage.lock import acquire, release
from eclips4d.storage.mirror import Mirror
from eclips4d.storage.objects import BucketCutError, address
from eclips4d.storage.reader import StoreSummary, summary
from eclips4d.storage.reader import open as open_store
from eclips4d.storage.verified import differing


class Delivery:
    """Use it as a context: the folder for the local store is made, and the mirror ends with it.

    Parameters
    ----------
    place : Path
        `s3://BUCKET/NAME.zarr`.
    staging : Path or None
        As of `local_store`.
    keep_local : bool
        Leave the local store when the bucket holds all of it.
    console : Console

    Attributes
    ----------
    place : str
    local : Path
        Where the store is written.
    """

    def __init__(self, place: Path, staging: Path | None, *, keep_local: bool, console: Console) -> None:
        self.place, self.local = address(place), local_store(place, staging)
        self._keep_local, self._console = keep_local, console
        self._beside = MirrorBeside(self.local, self.place, self._say)

    def begin(self, is_complete: Callable[[StoreSummary], bool]) -> bool:
        """Check the place, and fetch what it holds where it is not here; whether there is something to do.

        A server that does not answer now may answer later: the run begins without it.

        Parameters
        ----------
        is_complete
            Whether what the bucket holds is all there will ever be; raises where it is something else.

        Raises
        ------
        InputError
            No such bucket, a key that is refused, another run in that place.
        StoreError
            Somebody else writes there; it holds more than the local store.
        """
        held, says_nothing = self._held()
        if held is not None and not self.local.exists():
            if is_complete(held):
                self._say(f"{self.place}: complete, nothing to do")
                return False
            with counting(self._console, f"fetching {self.place}") as report:
                fetch(self.place, self.local, report)
        try:
            if not says_nothing:
                self._check()
        except BucketCutError as error:
            says_nothing = error.what
        if says_nothing:
            self._say(f"{self.place}: {says_nothing}; what is written is sent when it does")
        self._say(f"{self.place}: written to {self.local} first, and mirrored into the bucket meanwhile")
        return True

    def look(self) -> None:
        """To be called often while the store is written."""
        self._beside.look()

    def finish(self, code: int) -> int:
        """Send the rest, and remove the local store once the bucket is verified to hold all of a whole run.

        After a Ctrl-C, code 130, a server that does not answer is not waited for, and the store stays, as it goes on.

        Returns
        -------
        int
            The exit code: that given, or 130 where sending was interrupted.

        Raises
        ------
        StoreError
            The rest cannot be sent, or the bucket does not hold what was sent.
        """
        self._beside.close()
        if not self.local.exists():
            return code
        try:
            with interruptible():
                made = self._send(waits=code == 0)
                if made is None:
                    self._say(f"{self.place}: not all is there; {self._rest}")
                    return code
                self._say(f"{self.place}: {made}; {self._settled(code)}")
        except KeyboardInterrupt:
            self._say(f"{self.place}: stopped; {self._rest}")
            return 130
        except EclipsError as error:
            raise StoreError(error.what, where=error.where or self.place, cure=self._rest) from error
        return code

    def __enter__(self) -> Delivery:
        self.local.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._beside.close()

    @property
    def _rest(self) -> str:
        command = shlex.join(["eclips4d", "mirror", str(self.local), self.place, "--follow"])
        return f"the store is in {self.local}; the same command goes on from there, or send it with: {command}"

    def _held(self) -> tuple[StoreSummary | None, str]:
        try:
            return held_at(self.place), ""
        except BucketCutError as error:
            return None, error.what

    def _check(self) -> None:
        if self.local.exists():
            Mirror(self.local, self.place).close()
        else:
            check_writable(self.place)

    def _send(self, *, waits: bool) -> Mirrored | None:
        """What was sent; None where the server does not answer and is not waited for."""
        stop = Event()

        def told(line: str) -> None:
            if waits:
                self._say(f"{self.place}: {line}; {self._rest}" if "trying" in line else f"{self.place}: {line}")
            else:
                stop.set()

        with counting(self._console, "sending") as report:
            made = follow(self.local, self.place, stop, told, report, once=True)
        return None if stop.is_set() else made

    def _settled(self, code: int) -> str:
        """What becomes of the local store, in words."""
        if code != 0 or not _is_whole(self.local):
            return f"the local store stays, as it goes on: {self.local}"
        if self._keep_local:
            return f"the local store is kept: {self.local}"
        lock = acquire(lock_path(self.local), self.local)  # nobody takes it up any more
        try:
            with counting(self._console, "verifying") as report:
                bad = differing(self.local, self.place, report)
            if bad:
                what = f"{len(bad)} objects are not what was sent, {bad[0]} first"
                raise StoreError(what, where=self.place)
            shutil.rmtree(self.local)
        finally:
            release(lock)
        return "the bucket is verified to hold all of it, and the local store is removed"

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, highlight=False)


def _is_whole(store: Path) -> bool:
    """The run has ended, and no frame waits for its results."""
    held = summary(store)
    if not held.ended or held.committed < held.recorded:
        return False
    with open_store(store) as data:
        status = data["status"].values
    bits = Status.DEFERRED | Status.DONE | Status.QUARANTINED
    return not np.any((status & bits) == Status.DEFERRED)
