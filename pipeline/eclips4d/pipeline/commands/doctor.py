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
        Folder to test for durable renames, locks and writing speed.
    """
    if not path.is_dir():
        raise MissingInputError("no such folder", where=str(path), cure="give a folder that exists")
    from eclips4d.pipeline.checkup import Finding, checkup

    findings: list[Finding] = checkup(path)
    table = Table("check", "", "finding", box=None, title_justify="left")
    for finding in findings:
        verdict = Text("ok", "green") if finding.good else Text("no", "yellow" if finding.optional else "red")
        table.add_row(finding.name, verdict, finding.text)
    Console(markup=False).print(table, highlight=False)
    return 0 if all(finding.good or finding.optional for finding in findings) else 1
