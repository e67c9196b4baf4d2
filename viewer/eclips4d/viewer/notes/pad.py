"""What the window knows of notes: the one being written, those under way, what became of the last, texts to offer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from eclips4d.core.messages import Note, Noted
from eclips4d.core.note import MOST_AGE_S, cleaned
from eclips4d.viewer.notes.way import Way
from eclips4d.viewer.state_line import Tone

PRESETS = ("O2 on", "O2 off", "H2 on", "H2 off")
"""What F5 to F8 stamp, unless the window remembers other texts."""
OFFERED = 5
SAID_FOR_S = 6.0
HELD_KEY_S = 1.0
"""A preset's key that is held stamps once: it must be let go for so long."""
NO_WAY = "this window has no way to the store"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key press: when, on a clock that nobody sets, and the frame it belongs to."""

    at_s: float
    key: str
    sequence: int | None
    time_s: float | None

    def __str__(self) -> str:
        return place(self.sequence, self.time_s)


@dataclass(slots=True)
class _UnderWay:
    pressed: Pressed
    text: str
    way: Way
    until_s: float
    sent: bool = False


class NotePad:
    """Notes of one window. Whoever draws asks for `open`, `draft` and `says`.

    Parameters
    ----------
    live : Way, optional
        To the owner of a run that goes on.
    archive : Way, optional
        Into a store that has no owner.
    clock : callable
        Seconds, on a clock that nobody sets.
    """

    def __init__(
        self, live: Way | None = None, archive: Way | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.presets: tuple[str, ...] = PRESETS
        self.recent: tuple[str, ...] = ()
        """The last texts, newest first."""
        self.writing: Pressed | None = None
        """The key press that waits for its words; None when no field is open."""
        self.draft = ""
        self._live, self._archive, self._clock = live, archive, clock
        self._under_way: dict[str, _UnderWay] = {}
        self._said: tuple[str, Tone, float] = ("", Tone.PLAIN, -SAID_FOR_S)
        self._held: dict[int, float] = {}
        self._tried: tuple[str, str] = ("", "")

    @property
    def says(self) -> tuple[str, Tone]:
        """What became of the last note, for some seconds, or as long as the field is open; empty otherwise."""
        text, tone, at_s = self._said
        if any(note.sent for note in self._under_way.values()):
            return "noting …", Tone.PLAIN
        if self._clock() - at_s <= SAID_FOR_S or (tone is Tone.NOTICE and self.writing is not None):
            return text, tone
        return "", Tone.PLAIN

    def recall(self, recent: Sequence[str], presets: Sequence[str]) -> None:
        """Take up what was remembered; a key without a text keeps its usual one."""
        self.recent = tuple(filter(None, map(cleaned, recent)))[:OFFERED]
        told = map(cleaned, [*presets, *self.presets[len(presets) :]])
        self.presets = tuple(text or usual for text, usual in zip(told, self.presets, strict=False))

    def begin(self, sequence: int | None, time_s: float | None) -> None:
        """The key was pressed that opens the field; what waits there for words keeps its own time."""
        if self.writing is None:
            self.writing = self._press(sequence, time_s)

    def leave(self) -> None:
        """Close the field and forget what stands in it."""
        self.writing, self.draft = None, ""

    def stamp(self, text: str, *, ended: bool) -> None:
        """Words for the key press that waits for them; without words it is forgotten.

        Parameters
        ----------
        text : str
        ended : bool
            Whether the run has ended.
        """
        pressed, words = self.writing, cleaned(text)
        self.leave()
        if pressed is None or not words:
            return
        if self._tried[0] == pressed.key and self._tried[1] != words:
            pressed = replace(pressed, key=_new_key())  # the owner may have written the first words after all
        self._send(pressed, words, ended)

    def stamp_preset(self, number: int, sequence: int | None, time_s: float | None, *, ended: bool) -> None:
        """A key that stamps words of its own, at once."""
        now, before = self._clock(), self._held.get(number, -HELD_KEY_S)
        self._held[number] = now
        if now - before >= HELD_KEY_S and number < len(self.presets):
            self._send(self._press(sequence, time_s), self.presets[number], ended)

    def look(self) -> None:
        """Take the answers that have come, and give up what was waited for too long."""
        for way in (self._live, self._archive):
            for answer in way.answers() if way is not None else ():
                self._answered(answer)
        for key, note in list(self._under_way.items()):
            note.sent = note.sent or self._sent(note)
            if self._clock() > note.until_s:
                del self._under_way[key]
                self._failed(note.pressed, note.text, "no answer from the run's owner")

    def close(self) -> None:
        """Close both ways."""
        for way in (self._live, self._archive):
            if way is not None:
                way.close()

    def _press(self, sequence: int | None, time_s: float | None) -> Pressed:
        return Pressed(self._clock(), _new_key(), sequence, time_s)

    def _send(self, pressed: Pressed, text: str, ended: bool) -> None:
        self.recent = offered(text, self.recent, self.presets)
        way = self._archive if ended or self._live is None else self._live
        if way is None:
            self._failed(pressed, text, NO_WAY)
        else:
            note = _UnderWay(pressed, text, way, self._clock() + way.patience_s)
            note.sent = self._sent(note)
            self._under_way[pressed.key] = note

    def _sent(self, note: _UnderWay) -> bool:
        pressed = note.pressed
        age_s = min(max(0.0, self._clock() - pressed.at_s), MOST_AGE_S)
        message = Note(key=pressed.key, text=note.text, age_s=age_s, sequence=pressed.sequence)
        return note.way.send(message, pressed.time_s)

    def _answered(self, answer: Noted) -> None:
        note = self._under_way.pop(answer.key, None)
        if note is not None and answer.refused:
            self._failed(note.pressed, note.text, answer.refused)
        elif not answer.refused:
            self._say(f"noted {place(answer.sequence, answer.time_s)}", Tone.GOOD)
            if self.writing is not None and self.writing.key == answer.key:  # it had been given up too early
                self.leave()

    def _failed(self, pressed: Pressed, text: str, why: str) -> None:
        """Say so; the words go back into the field, unless others are being written there."""
        self._say(f"not noted: {why}", Tone.NOTICE)
        self._tried = (pressed.key, text)
        if self.writing is None:
            self.writing, self.draft = pressed, text

    def _say(self, text: str, tone: Tone) -> None:
        self._said = (text, tone, self._clock())


def _new_key() -> str:
    return uuid.uuid4().hex


def place(sequence: int | None, time_s: float | None) -> str:
    """Where a note belongs, in words."""
    if sequence is None:
        return "before the first frame"
    return f"at frame {sequence}" if time_s is None else f"at {time_s:.1f} s, frame {sequence}"


def offered(text: str, before: Sequence[str], presets: Sequence[str]) -> tuple[str, ...]:
    """The texts to offer after this one: each once, the newest first; those that have a key need no place."""
    if text in presets:
        return tuple(before)
    return (text, *(old for old in before if old != text))[:OFFERED]
