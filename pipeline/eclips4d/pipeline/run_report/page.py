"""The whole page: all sections in one file that asks for nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from eclips4d.pipeline.run_report.markup import Html, joined, text
from eclips4d.pipeline.run_report.section import Section

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""For the browser: no script runs and nothing is fetched, whatever got into the page."""


def page(title: str, under: str, sections: Sequence[Section], footer: str) -> Html:
    """Title, contents, sections.

    Parameters
    ----------
    title, under
        The heading, and a line below it.
    sections
        In their order.
    footer
        The last line.
    """
    style = files("eclips4d.pipeline.run_report").joinpath("report.css").read_text(encoding="utf-8")
    names = [f"part-{k}" for k in range(len(sections))]
    links = [f'<li><a href="#{n}">{text(s.title)}</a></li>' for n, s in zip(names, sections, strict=True)]
    parts = [_part(name, section) for name, section in zip(names, sections, strict=True)]
    return Html(
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{text(title)}</h1>
<p class="under">{text(under)}</p>
<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>
</header>
<main>
{joined(parts)}
</main>
<footer>{text(footer)}</footer>
</body>
</html>
"""
    )


def _part(name: str, section: Section) -> Html:
    return Html(
        f'<section id="{name}" aria-labelledby="{name}-title">\n<h2 id="{name}-title">{text(section.title)}</h2>\n'
        f"{section.html}\n</section>"
    )
