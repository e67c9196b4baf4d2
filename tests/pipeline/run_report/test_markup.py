"""Whatever stands in a store becomes text on the page, and comes back as it was."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.metrology.quantity import Quantity
from eclips4d.pipeline.run_report.markup import facts, image, listed, note, text, verbatim
from eclips4d.pipeline.run_report.numbers import duration, number, quantity, with_u
from eclips4d.pipeline.run_report.tables import Column, table


class Read(HTMLParser):
    """Names of all tags with their attributes, and the text between them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)
HOSTILE = st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=1>', "'&quot;&#60;", "</td></table>", "-->"]
)
WORDS = st.one_of(PRINTABLE, HOSTILE, st.tuples(PRINTABLE, HOSTILE).map("".join))


@given(WORDS)
def test_words_stay_words(words):
    for made, expected in (
        (note(words), ["p"]),
        (verbatim(words), ["pre"]),
        (listed([words]), ["ul", "li"]),
        (facts([(words, words)]), ["table", "tbody", "tr", "th", "td"]),
    ):
        read = Read(made)
        assert [tag for tag, _ in read.tags] == expected
        assert "".join(read.words) == words * (2 if expected[0] == "table" else 1)


@given(WORDS, WORDS)
def test_what_a_picture_shows_is_told_as_it_is(alt, caption):
    read = Read(image("AAAA", alt, caption, 3, 2))
    assert [tag for tag, _ in read.tags] == ["figure", "img", "figcaption"]
    assert read.tags[1][1] == {"src": "data:image/png;base64,AAAA", "alt": alt, "width": "3", "height": "2"}
    assert "".join(read.words) == caption


@given(WORDS)
def test_cells_and_headings_of_a_table_are_text(words):
    read = Read(table(pd.DataFrame({"a": [words]}), [Column("a", words)], words))
    assert [tag for tag, _ in read.tags] == ["div", "table", "caption", "thead", "tr", "th", "tbody", "tr", "td"]
    assert read.words == [words] * 3


def test_control_characters_are_shown_by_their_code():
    assert text("a\x00b\x1b[31m\u202e") == "a\\x00b\\x1b[31m\\x202e"
    assert text("one\ntwo\tthree") == "one\ntwo\tthree"


def test_a_table_joins_values_with_their_uncertainty_and_counts_what_it_leaves_out():
    data = pd.DataFrame(
        {"n": [1, 2, 3], "h": [8.0, np.nan, -9.12], "h_u": [0.25, 0.1, np.nan], "ok": [True, False, True]}
    )
    made = table(
        data,
        [Column("n", "number"), Column("h", "height, nm", "h_u"), Column("no", "gone"), Column("ok", "ok")],
        "All",
        most=2,
    )
    assert Read(made).words == [
        "All; the first 2 of 3 rows",
        "number",
        "height, nm",
        "ok",
        "1",
        "8.00 ± 0.25",
        "yes",
        "2",
        "–",
        "no",
    ]
    assert table(data, [Column("no", "gone")], "All") == "" == table(data[:0], [Column("n", "number")], "All")


@pytest.mark.parametrize(
    "value, u, words",
    [
        (12.3456, 0.123, "12.35 ± 0.12 nm"),
        (-0.00123, 0.0009, "−0.00123 ± 0.00090 nm"),
        (1234.5, 67.0, "1234 ± 67 nm"),
        (-0.001, 0.5, "0.00 ± 0.50 nm"),
        (5.0, float("nan"), "5 nm"),
        (float("nan"), 1.0, "–"),
    ],
)
def test_digits_follow_the_uncertainty(value, u, words):
    assert with_u(value, u, "nm") == words


@given(st.floats(1e-4, 1e4), st.floats(-1e4, 1e4))
def test_what_is_written_lies_within_the_uncertainty(u, value):
    written, spread = (float(part.replace("−", "-")) for part in with_u(value, u).split(" ± "))
    assert abs(written - value) <= 0.06 * u + 0.5 * (u >= 10)
    assert spread == pytest.approx(u, rel=0.051)


def test_both_parts_of_an_uncertainty_are_told_apart():
    assert quantity(Quantity(8.123, 0.04, 0.4), "nm") == "8.123 ± 0.040 (random) ± 0.400 (systematic) nm"
    assert quantity(Quantity(8.123, 0.04), "nm") == "8.123 ± 0.040 nm"
    assert quantity(Quantity(float("nan"), 1.0), "nm") == "–"


def test_large_and_small_numbers_have_powers_of_ten():
    assert number(58517.0) == "5.85·10⁴" and number(-2.5e-7) == "−2.5·10⁻⁷" and number(-0.0) == "0"
    assert [duration(s) for s in (59.0, 120.0, 5400.0, 7200.0)] == ["59 s", "2 min", "90 min", "2 h"]
