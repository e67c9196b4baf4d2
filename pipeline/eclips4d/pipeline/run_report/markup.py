"""Pieces of the page. Whatever is a plain `str` becomes text, and never markup: only these functions make `Html`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import NewType

Html = NewType("Html", str)
"""Markup that was made here; everything in it that came from elsewhere is escaped."""

EMPTY = Html("")


def text(words: str) -> Html:
    """Words as they are, whatever is in them.

    Characters that no page may hold are shown by their code.
    """
    told = "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in words)
    return Html(html.escape(told, quote=True))


def joined(pieces: Iterable[Html]) -> Html:
    """One after the other."""
    return Html("\n".join(piece for piece in pieces if piece))


def paragraph(words: str) -> Html:
    """A paragraph."""
    return Html(f"<p>{text(words)}</p>")


def note(words: str) -> Html:
    """A remark that stands out: something is missing, or not as it should be."""
    return Html(f'<p class="note">{text(words)}</p>')


def heading(words: str) -> Html:
    """A heading within a section."""
    return Html(f"<h3>{text(words)}</h3>")


def listed(lines: Sequence[str]) -> Html:
    """A list; nothing of no lines."""
    return Html(f"<ul>{''.join(f'<li>{text(line)}</li>' for line in lines)}</ul>") if lines else EMPTY


def verbatim(words: str) -> Html:
    """A file as it is."""
    return Html(f"<pre>{text(words)}</pre>")


def facts(rows: Iterable[tuple[str, str]]) -> Html:
    """Names and values; a row without a name goes on with the one above."""
    lines = [f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>' for name, value in rows]
    return Html(f'<table class="facts"><tbody>{"".join(lines)}</tbody></table>') if lines else EMPTY


def image(data: str, alt: str, caption: str, width: int, height: int) -> Html:
    """A picture whose bytes are in the page; `data` in base64."""
    size = f'width="{width}" height="{height}"'
    source = f"data:image/png;base64,{data}"
    shown = f'<img src="{source}" alt="{text(alt)}" {size}>'
    return Html(f"<figure>{shown}<figcaption>{text(caption)}</figcaption></figure>")
