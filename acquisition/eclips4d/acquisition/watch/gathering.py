"""Files that settle in any order become frames in the order of their numbers; what stays away too long is given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from eclips4d.acquisition.naming import Pattern
from eclips4d.acquisition.watch.settling import Settling, Stamp


@dataclass(frozen=True, slots=True)
class Gathered:
    """A frame that is there: names of its files by segment."""

    number: int
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A frame that is a gap.

    Attributes
    ----------
    number
    missing
        Segments without a file.
    broken
        Files that never became whole.
    """

    number: int
    missing: tuple[str, ...]
    broken: tuple[str, ...]


@dataclass(slots=True)
class Gathering:
    """Puts files together.

    Parameters
    ----------
    pattern
    segments
        Their names; one empty name where each file holds all of them.
    next_number
        Of the frame that is wanted first; earlier ones are passed over.
    settling
    gap_s
        See `Watching.gap`.
    whole
        Whether a settled file of this name can be read to its end; asked again only when the file has changed.
    """

    pattern: Pattern
    segments: tuple[str, ...]
    next_number: int
    settling: Settling
    gap_s: float
    whole: Callable[[str], bool]
    done: set[str] = field(default_factory=set)
    """Files that need not be looked at again."""
    _here: dict[int, dict[str, str]] = field(default_factory=dict)
    _checked: dict[str, tuple[Stamp, bool]] = field(default_factory=dict)
    _complete_since: dict[int, float] = field(default_factory=dict)

    def look(self, files: Mapping[str, Stamp], now_s: float, *, last: bool = False) -> Iterator[Gathered | GivenUp]:
        """What can be handed on after this look at the folder, in order.

        Parameters
        ----------
        last
            Nothing more is waited for: frames that are not complete by now are given up where later ones are.
        """
        self._take_in(files, now_s)
        while self._complete_since:
            number = min(self._complete_since)
            if number > self.next_number and not last and now_s < self._complete_since[number] + self.gap_s:
                return
            for missed in range(self.next_number, number):
                yield self._given_up(missed)
            yield Gathered(number, {name: self._here[number][name] for name in self.segments})
            self._forget(number)
        if last:
            yield from [self._given_up(number) for number in sorted(self._here)]

    def _take_in(self, files: Mapping[str, Stamp], now_s: float) -> None:
        self._here = {}
        for name, stamp in self.settling.look(files, now_s):
            place = self.pattern.place(name)
            if place is None or place.segment not in self.segments or place.frame < self.next_number:
                self.done.add(name)
                self._checked.pop(name, None)
                continue
            if self._is_whole(name, stamp):
                self._here.setdefault(place.frame, {})[place.segment] = name
        for number in set(self._complete_since) - set(self._here):
            del self._complete_since[number]
        for number, found in self._here.items():
            if len(found) == len(self.segments):
                self._complete_since.setdefault(number, now_s)
            else:
                self._complete_since.pop(number, None)

    def _is_whole(self, name: str, stamp: Stamp) -> bool:
        known = self._checked.get(name)
        if known is None or known[0] != stamp:
            known = (stamp, self.whole(name))
            self._checked[name] = known
        return known[1]

    def _given_up(self, number: int) -> GivenUp:
        here = self._here.get(number, {})
        broken = tuple(
            sorted(
                name
                for name, (_, whole) in self._checked.items()
                if not whole and (place := self.pattern.place(name)) is not None and place.frame == number
            )
        )
        told = {place.segment for name in broken if (place := self.pattern.place(name)) is not None}
        missing = tuple(name for name in self.segments if name not in here and name not in told)
        self._forget(number)
        return GivenUp(number, missing, broken)

    def _forget(self, number: int) -> None:
        self.next_number = number + 1
        self._complete_since.pop(number, None)
        for name in self._here.pop(number, {}).values():
            self.done.add(name)
            self._checked.pop(name, None)
