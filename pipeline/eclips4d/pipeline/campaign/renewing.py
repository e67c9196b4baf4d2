"""Bringing the catalogue up to date with the stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from eclips4d.core.errors import EclipsError, InputError
from eclips4d.pipeline.campaign.catalogue import Catalogue
from eclips4d.pipeline.campaign.looking import stores_under
from eclips4d.pipeline.campaign.read_entry import read_entry, stamp
from eclips4d.storage.objects import address, is_object

Report = Callable[[int, int], None]


@dataclass(slots=True)
class Renewed:
    """What was found.

    Attributes
    ----------
    unreadable : dict
        Path of a damaged store and what is wrong with it. What was known of it stays.
    foreign : int
        Stores of other programs: passed over.
    gone : list of str
        Stores that are no longer where they were.
    away : list of str
        Folders that are not there at present, such as a disk that is not mounted; their runs stay known.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    unchanged: int = 0
    foreign: int = 0

    @property
    def line(self) -> str:
        """In few words."""
        counts = (
            (len(self.new), "new"),
            (len(self.changed), "changed"),
            (self.unchanged, "unchanged"),
            (len(self.gone), "gone"),
            (len(self.unreadable), "unreadable"),
            (self.foreign, "of other programs"),
        )
        return ", ".join(f"{n} {what}" for n, what in counts if n) or "no runs"


def add(catalogue: Catalogue, folders: Iterable[Path], report: Report = lambda done, total: None) -> Renewed:
    """Read the stores under these folders, and remember the folders.

    Raises
    ------
    InputError
        A folder that is not there, or lies in a bucket.
    """
    places = [_on_a_disk(folder).resolve() for folder in folders]
    found = list(stores_under(places))
    catalogue.watch(str(place) for place in places)
    renewed = Renewed()
    _read(catalogue, found, renewed, report)
    return renewed


def renew(catalogue: Catalogue, report: Report = lambda done, total: None) -> Renewed:
    """Look through all folders again: what is new, what changed, what is gone."""
    renewed = Renewed()
    places = [folder for folder in catalogue.folders if Path(folder).is_dir()]
    renewed.away = sorted(set(catalogue.folders) - set(places))
    found = list(stores_under(Path(place) for place in places))
    _read(catalogue, found, renewed, report)
    there = {str(path) for path in found}
    renewed.gone = [path for path in catalogue.stamps if path not in there and _within(path, places)]
    catalogue.forget(renewed.gone)
    return renewed


def _on_a_disk(folder: Path) -> Path:
    if is_object(folder):
        cure = "add the folder that the run was written to; eclips4d info tells of a single one in a bucket"
        raise InputError("runs in buckets are not looked for", where=address(folder), cure=cure)
    return folder


def _within(path: str, places: Iterable[str]) -> bool:
    return any(Path(path).is_relative_to(place) for place in places)


def _read(catalogue: Catalogue, found: list[Path], renewed: Renewed, report: Report) -> None:
    known = catalogue.stamps
    for done, path in enumerate(found):
        report(done, len(found))
        before = known.get(str(path))
        try:
            if stamp(path) == before:
                renewed.unchanged += 1
                continue
            catalogue.put(read_entry(path))
        except InputError:
            renewed.foreign += 1
            continue
        except (EclipsError, OSError) as error:
            renewed.unreadable[str(path)] = str(error)
            continue
        (renewed.new if before is None else renewed.changed).append(str(path))
    report(len(found), len(found))
