"""One writer per place in a bucket: an object that says who writes there and is renewed for as long as that goes on.

A bucket has no locks that die with their process. Who writes is told by `journal/lock`, taken and renewed on condition
that it is what it was when it was last read, so that of two only one succeeds. A lease that nobody renewed for a minute
by the server's clock, or whose process has ended on this host, may be taken over. What keeps two from mixing their
commits even then is the condition on the commit itself.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from contextlib import suppress
from threading import Lock

import msgspec
import psutil

from eclips4d.core.errors import StoreError
from eclips4d.storage.lock import Owner, myself
from eclips4d.storage.objects import Objects, TakenError

LOCK, CLOCK = "journal/lock", "journal/clock"
LEASE_S = 60.0
"""A lease that was not renewed for so long counts no more."""
RENEW_S = 10.0
NO_TAG = '"00000000000000000000000000000000"'
"""Of no object."""


class _Text(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds it, how often it was renewed: two texts are never alike, nor are their tags.

    Containers may share host, process number, second and command, so every lease has a word of its own.
    """

    owner: Owner
    word: str = ""
    beat: int = 0


class Lease:
    """Held from `take` to `release`.

    Raises
    ------
    StoreError
        By `take`: somebody else holds it, or the server cannot tell two writers apart. By `renew`: somebody has taken
        it over, as this process rested for too long.
    InputError, BucketCutError
        By all: as of `Objects`.
    """

    def __init__(self, objects: Objects, tag: str, text: _Text) -> None:
        self._objects, self._tag, self._text = objects, tag, text
        self._renewed = time.monotonic()
        self._turn = Lock()

    @classmethod
    def take(cls, objects: Objects, *, lease_s: float = LEASE_S, word: str = "") -> Lease:
        """Take the place, or take it over from a process that has ended.

        Parameters
        ----------
        word
            Of `new_word`. Who asks again with the same word, as the server did not answer before, is not refused for
            what the first question left.
        """
        text = _Text(owner=myself(), word=word or new_word())
        tag = objects.put_if(LOCK, msgspec.json.encode(text), _free(objects, lease_s, text.word))
        _check_conditions(objects)
        return cls(objects, tag, text)

    def renew(self, *, every_s: float = RENEW_S) -> None:
        """Say that the work goes on, when that was last said so long ago; by any thread."""
        with self._turn:
            if time.monotonic() - self._renewed < every_s:
                return
            text = msgspec.structs.replace(self._text, beat=self._text.beat + 1)
            self._put(msgspec.json.encode(text))
            self._text, self._renewed = text, time.monotonic()

    def release(self) -> None:
        """Let others write at once."""
        self._put(b"")

    def _put(self, data: bytes) -> None:
        try:
            self._tag = self._objects.put_if(LOCK, data, self._tag)
        except TakenError:
            try:
                found = self._objects.tagged(LOCK)
            except FileNotFoundError:
                self._tag = self._objects.put_if(LOCK, data, None)  # somebody has tidied up
                return
            if (said := _decoded(found.data)) is None or said.word != self._text.word:
                raise
            # An answer of the server was lost, and it was our own renewal that it had taken.
            self._tag = self._objects.put_if(LOCK, data, found.tag)


def new_word() -> str:
    """That no other lease has."""
    return secrets.token_hex(8)


def _check_conditions(objects: Objects) -> None:
    """Refuse a server that writes whatever the condition: nobody would notice a second writer there."""
    for stale in (None, NO_TAG):  # If-None-Match and If-Match: some servers know only one of them
        with suppress(TakenError):
            objects.put_if(LOCK, b"", stale)
            raise StoreError(
                "this server does not check conditions of writes, so that two mirrors could not be told apart",
                where=objects.address,
                cure="use a server that knows If-Match and If-None-Match",
            )


def writer(objects: Objects) -> Owner | None:
    """Who holds the lease, or held it when it was killed; None when it was given back."""
    try:
        said = _decoded(objects.read(LOCK))
    except FileNotFoundError:
        return None
    return None if said is None else said.owner


def age_s(objects: Objects, key: str) -> float:
    """How long ago an object was written, by the server's clock alone, s."""
    objects.put(CLOCK, b"")
    return objects.modified(CLOCK) - objects.modified(key)


def _free(objects: Objects, lease_s: float, word: str) -> str | None:
    """Tag of the lease that may be replaced; None where there never was one."""
    try:
        found = objects.tagged(LOCK)
    except FileNotFoundError:
        return None
    said = _decoded(found.data)
    if said is None or said.word == word or _has_ended(said.owner):
        return found.tag
    rested = age_s(objects, LOCK)
    if rested < lease_s:
        raise StoreError(
            f"is being written by {said.owner}, as it said {rested:.0f} s ago",
            where=objects.address,
            cure=f"stop that; what was killed lets go {lease_s:.0f} s after it last said so",
        )
    return found.tag


def _has_ended(owner: Owner) -> bool:
    return owner.host == socket.gethostname() and owner.pid != os.getpid() and not psutil.pid_exists(owner.pid)


def _decoded(data: bytes) -> _Text | None:
    try:
        return msgspec.json.decode(data, type=_Text)
    except msgspec.MsgspecError:
        return None
