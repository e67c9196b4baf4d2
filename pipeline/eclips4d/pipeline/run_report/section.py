"""A part of the page, and what it could not tell."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.pipeline.run_report.markup import Html, note


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    title : str
    html : Html
    missing : tuple of str
        What could not be measured here and why, one sentence each; the page gathers them.
    headlines : tuple of (str, str)
        What the summary says of it.
    """

    title: str
    html: Html
    missing: tuple[str, ...] = ()
    headlines: tuple[tuple[str, str], ...] = ()


def nothing(title: str, why: str) -> Section:
    """A section that has nothing to show and says why."""
    return Section(title, note(f"Not measured: {why}."), (f"{title}: {why}.",))
