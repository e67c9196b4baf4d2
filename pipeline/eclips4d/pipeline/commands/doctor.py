"""`eclips4d doctor`: what this machine and this file system can do."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eclips4d.core.errors import MissingInputError


def doctor(path: Path = Path(), /) -> int:
    """Check the machine, the libraries and the file system that a run would write to.

    Example: `eclips4d doctor /data`

    Parameters
    ----------
    path
        Folder to test: syncs, renames, locks, exclusive and sparse files, room and writing speed. Exit code 1 when a
        store could lose frames there; what is only worth knowing is marked as a note.
    """
    if not path.is_dir():
        raise MissingInputError("no such folder", where=str(path), cure="give a folder that exists")
    from eclips4d.pipeline.checkup import checkup
    from eclips4d.pipeline.finding import Finding

    findings: list[Finding] = checkup(path)
    table = Table("check", "", "finding", box=None, title_justify="left")
    for finding in findings:
        bad = Text("note", "yellow") if finding.optional else Text("no", "red")
        verdict = Text("ok", "green") if finding.good else bad
        table.add_row(finding.name, verdict, finding.line)
    Console(markup=False).print(table, highlight=False)
    return 0 if all(finding.good or finding.optional for finding in findings) else 1
