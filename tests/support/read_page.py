"""An HTML page read as a browser would, for what it asks for and what it tells."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"img", "meta", "br", "hr", "link", "input", "base"}


class ReadPage(HTMLParser):
    """Tags with their attributes, words by the element they stand in, and whether everything opened is closed."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: dict[str, list[str]] = {}
        self.unbalanced: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        self.unbalanced += self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if self._open and self._open[-1] == tag:
            self._open.pop()
        else:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        if data.strip() and self._open:
            self.words.setdefault(self._open[-1], []).append(data.strip())

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]
