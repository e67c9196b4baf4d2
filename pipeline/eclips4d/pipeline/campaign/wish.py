"""Which runs are meant: what the options of `eclips4d runs` say, as a condition in SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from eclips4d.core.errors import InputError

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Every part that is given must fit.

    Attributes
    ----------
    since, until : str
        Year, month, day or time: `2026`, `2026-11`, `2026-11-29`, `2026-11-29T14:30`; UTC. `until` includes what it
        names: until `2026-11` is until the last moment of November.
    material, gas, model, name
        Parts of these words; a model also by the beginning of its fingerprint, a name anywhere in path or run.
    where
        Any condition in SQL on the columns of runs.
    """

    since: str = ""
    until: str = ""
    material: str = ""
    gas: str = ""
    model: str = ""
    name: str = ""
    where: str = ""

    def condition(self) -> tuple[str, list[object]]:
        """In SQL, with its values.

        Raises
        ------
        InputError
            A date that is none.
        """
        parts: list[tuple[str, list[object]]] = [("1", [])]
        if self.since:
            parts.append(("julianday(begun_utc) >= julianday(?)", [_first(self.since, "--since")]))
        if self.until:
            parts.append(("julianday(begun_utc) < julianday(?)", [_after(self.until, "--until")]))
        for column, word in (("material", self.material), ("gas", self.gas)):
            if word:
                parts.append((f"instr({column}, ?) > 0", [word.lower()]))
        if self.model:
            known = "SELECT path FROM models WHERE instr(name, ?) > 0 OR substr(fingerprint, 1, length(?)) = ?"
            parts.append((f"path IN ({known})", [self.model] * 3))
        if self.name:
            parts.append(("instr(path || ' ' || run_id, ?) > 0", [self.name]))
        if self.where:
            parts.append((f"({self.where}\n)", []))  # a comment in it ends with its line
        return " AND ".join(part for part, _ in parts), [value for _, values in parts for value in values]


def _first(text: str, option: str) -> str:
    """The first moment of what a date names."""
    if not _DATE.fullmatch(text):
        raise _no_date(text, option)
    year, month, day = (*text[:10].split("-"), "01", "01")[:3]
    return _moment(f"{year}-{month}-{day}{_whole(text[10:])}", text, option).isoformat()


def _after(text: str, option: str) -> str:
    """The first moment after what a date names."""
    first = datetime.fromisoformat(_first(text, option))
    if len(text) == 4:
        later = first.replace(year=first.year + 1)
    elif len(text) == 7:
        later = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    else:
        step = 86400.0 if len(text) == 10 else _step_s(text)
        later = datetime.fromtimestamp(first.timestamp() + step, UTC)
    return later.isoformat()


def _step_s(text: str) -> float:
    colons = re.sub(r"(Z|[+-]\d{2}:\d{2})$", "", text[11:]).count(":")
    return (3600.0, 60.0, 1.0)[colons]


def _whole(clock: str) -> str:
    """Hours alone are a time as well, which `fromisoformat` agrees with; a space is a T."""
    return clock.replace(" ", "T", 1)


def _moment(text: str, given: str, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _no_date(given, option) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _no_date(text: str, option: str) -> InputError:
    return InputError(
        f"{text!r} is no date", where=option, cure="write it as 2026-11-29, or 2026-11, or 2026-11-29T14:30"
    )
