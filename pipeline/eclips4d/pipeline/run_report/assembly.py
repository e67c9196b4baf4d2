"""All sections of a run's page; one that fails says so in its place and takes nothing else with it."""

from __future__ import annotations

from collections.abc import Mapping

from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import Html, note
from eclips4d.pipeline.run_report.measuring import FAILURES, words
from eclips4d.pipeline.run_report.page import page
from eclips4d.pipeline.run_report.section import Section
from eclips4d.pipeline.run_report.sections import MAKERS, Maker
from eclips4d.pipeline.run_report.summary import lacking, summary
from eclips4d.storage.record import VERSION


def make_sections(content: Content, makers: Mapping[str, Maker] = MAKERS) -> list[Section]:
    """Summary, every part, what could not be measured."""
    made = [_made(title, maker, content) for title, maker in makers.items()]
    return [summary(content, made), *made, lacking(made)]


def make_page(content: Content, sections: list[Section]) -> Html:
    """The sections as one page."""
    under = f"Run {content.held.run_id}, started {content.held.source.start_utc}"
    footer = f"Made {content.made_utc} by eclips4d {VERSION} from {content.path.name}."
    return page(f"Report of {content.path.name}", under, sections, footer)


def _made(title: str, maker: Maker, content: Content) -> Section:
    try:
        return maker(content)
    except FAILURES as error:
        why = words(error)
        return Section(title, note(f"This part could not be made. {why}"), (f"{title}: could not be made; {why}",))
