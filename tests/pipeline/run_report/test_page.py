"""The whole page: it asks for nothing, runs nothing, is well formed, and whatever fails leaves the rest standing."""

from __future__ import annotations

import base64
import re

import growing_store
import numpy as np
import pytest
from growing_store import COLUMNS, PIXEL_NM, ROWS, making_stores
from read_page import ReadPage

from eclips4d.core.errors import InputError, StoreError
from eclips4d.core.results import Datum, Status, Surface
from eclips4d.pipeline.run_report.assembly import make_page, make_sections
from eclips4d.pipeline.run_report.chosen_line import parse_line
from eclips4d.pipeline.run_report.markup import paragraph
from eclips4d.pipeline.run_report.reading import open_content
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.sections import MAKERS

MEASURABLE = ("height", "height_sd", "slope", "slope_sd")
HOSTILE = '<img src="http://evil.example/x" onerror=alert(1)>'


def page_of(path, **options) -> ReadPage:
    with open_content(path, **options) as content:
        return ReadPage(make_page(content, make_sections(content)))


def sentences(page: ReadPage) -> str:
    return " | ".join(word for words in page.words.values() for word in words)


def grow(store):
    store.grow(datum=Datum((0.0,) * 3, (0.0,) * 3))
    store.grow(2, datum=Datum((1.0, 0.0, 0.0), (0.1, 1e-4, 1e-4)))
    return store


@pytest.fixture
def grown(make_store):
    return grow(make_store())


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Of three frames, as many tests look at it."""
    with making_stores(tmp_path_factory.mktemp("page")) as make:
        return page_of(grow(make(keep=MEASURABLE)).path)


def test_the_page_asks_for_nothing_and_runs_nothing(page):
    tags = {name for name, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form", "video", "audio", "svg"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action", "poster", "srcset"):
            assert re.match(r"data:image/png;base64,|#part-\d+$|$", attributes.get(name, ""))
    assert not re.search(r"url\(|@import", "".join(page.words["style"]))
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy and "script-src" not in policy


def test_the_page_is_well_formed_and_tells_what_its_pictures_show(page):
    assert not page.unbalanced and page.all("html") == [{"lang": "en"}]
    names = [a["id"] for _, a in page.tags if "id" in a]
    assert len(names) == len(set(names))
    assert {a["href"].removeprefix("#") for a in page.all("a")} == {a["id"] for a in page.all("section")}
    assert {a["aria-labelledby"] for a in page.all("section")} <= set(names)
    pictures = page.all("img")
    assert len(pictures) >= 2
    for picture in pictures:
        assert len(picture["alt"]) > 30
        assert base64.b64decode(picture["src"].partition(",")[2]).startswith(b"\x89PNG")
    assert {a.get("scope") for a in page.all("th")} == {"row", "col"}


def test_every_part_has_its_place_with_or_without_something_to_show(page, make_store):
    bare = make_store("bare.zarr", keep=("height",))
    bare.grow(2)
    without = page_of(bare.path)
    for told in (page, without):
        assert told.words["h2"] == ["Summary", *MAKERS, "What could not be measured, and why"]
        assert not [line for line in told.words["p"] if "could not be made" in line]
    assert "the run keeps no slope" in sentences(without)


def test_what_a_store_says_cannot_become_markup(make_store):
    plain, hostile = make_store("plain.zarr"), make_store(f"{HOSTILE.replace('/', ' ')}.zarr")
    for store, word in ((plain, "good"), (hostile, HOSTILE)):
        store.record(2)
        store.settle(2, Status.DEFERRED)
        store.writer.event({"time_utc": "2026-01-01T00:00:00Z", "event": f"drift {word}", "note": word})
    pages = [page_of(store.path) for store in (plain, hostile)]
    tags = [[name for name, _ in page.tags] for page in pages]
    assert tags[0] == tags[1]
    assert not [a for page in pages for _, a in page.tags if "onerror" in a]
    assert HOSTILE in sentences(pages[1])


def test_changes_of_height_are_told_with_their_uncertainty(grown):
    # The surfaces rise by 1 nm a frame, and frame 2 lies 1 nm too high by its datum: it has risen by 1 nm.
    with open_content(grown.path) as content:
        told = MAKERS["Change of height"](content)
    assert "more than half" in told.html and "counts as still" in told.html
    mean, u = re.search(r"Mean over what was seen: ([\d.]+) ± ([\d.]+) nm", told.html).groups()
    assert float(mean) == pytest.approx(1.0, abs=0.01) and float(u) == pytest.approx(0.1, abs=0.005)


def moving_step(frame: int) -> Surface:
    """A step, 5 nm down to the right, that moves by 2 nm a frame; nearly without noise."""
    x = np.arange(COLUMNS) * PIXEL_NM
    off = (x - 30.0 - 2.0 * frame) / 4.0
    slope = np.zeros((2, ROWS, COLUMNS), np.float32)
    slope[0] = -5.0 * np.exp(-0.5 * off**2) / (4.0 * np.sqrt(2.0 * np.pi))
    height = np.cumsum(slope[0], axis=1, dtype=np.float64) * PIXEL_NM
    noise = np.random.default_rng(frame).normal(0.0, 0.002, slope.shape)
    sd = np.full((ROWS, COLUMNS), 0.002, np.float32)
    slope, height = (slope + noise).astype(np.float32), height.astype(np.float32)
    return Surface(slope, sd, height, sd * 5, sd, np.full(sd.shape, 90, np.uint8))


def test_a_step_is_told_with_its_height_and_its_velocity(make_store, monkeypatch):
    monkeypatch.setattr(growing_store, "surface_of", moving_step)
    store = make_store()
    store.grow(6)
    with open_content(store.path, parse_line("4,30,74,30")) as content:
        told = MAKERS["Steps along a line"](content)
        budget = MAKERS["Uncertainty budget"](content)
    cells = ReadPage(told.html).words["td"]
    assert told.headlines[0][1].startswith("1 step along the line")
    height, speed = (float(cells[k].split(" ± ")[0]) for k in (5, 10))
    assert height == pytest.approx(5.0, rel=0.03)
    assert speed == pytest.approx(1.0, rel=0.03)  # 2 nm in the 2 s from frame to frame
    # This store's segments all look the same way: what they show of a slope is refused, a velocity needs none of it.
    assert ReadPage(budget.html).words["h3"] == ["Velocity along its normal"]
    assert sum("that the segments can show" in line for line in budget.missing) == 2
    assert any("pixel size" in line for line in budget.missing)


def test_frames_left_out_are_named_with_the_reason(make_store):
    store = make_store()
    store.grow(2)
    store.record()
    store.settle(status=Status.GAP)
    with open_content(store.path) as content:
        made = make_sections(content, {title: MAKERS[title] for title in ("Change of height", "Provenance")})
    page = ReadPage(made[-1].html)
    assert page.words["li"] == [
        "Change of height: height change not observable: nothing static.",
        "Frames left out: 1 gap: 2.",
    ]


def test_a_run_that_goes_on_is_told_as_far_as_it_is_committed(grown):
    def told():
        with open_content(grown.path) as content:
            return make_sections(content, {})[0].html

    before = told()
    grown.record(2)  # not committed
    assert told() == before and "3 frames committed, 3 with results; 3 surfaces measured" in before
    assert "has not ended" in before
    grown.settle(2)
    grown.finish()
    assert "5 frames committed, 5 with results; 5 surfaces measured" in told() and "has not ended" not in told()


def test_frames_without_results_are_a_reason_and_no_failure(make_store):
    store = make_store()
    store.record(2)
    store.settle(2, Status.DEFERRED)
    told = sentences(page_of(store.path))
    assert "no committed frame has a surface that was aligned" in told and "could not be made" not in told


ERRORS = [InputError("too few"), StoreError("chunk 3 is gone"), ValueError("x"), KeyError("x")]


@pytest.mark.parametrize("error", ERRORS)
def test_a_part_that_fails_says_so_and_takes_nothing_with_it(make_store, error):
    store = make_store(keep=("height",))  # nothing to measure: only this matters here
    store.grow()

    def fails(content):
        raise error

    good = Section("Good", paragraph("fine"), headlines=(("found", "much"),))
    makers = {"Good": lambda content: good, "Bad": fails, "None": lambda content: nothing("None", "x")}
    with open_content(store.path) as content:
        made = make_sections(content, makers)
        page = ReadPage(make_page(content, made))
    assert [section.title for section in made[1:-1]] == ["Good", "Bad", "None"]
    assert "fine" in page.words["p"] and sum("This part could not be made" in w for w in page.words["p"]) == 1
    assert [line for line in page.words["li"] if line.startswith("Bad: could not be made")]
    assert "None: x." in page.words["li"] and "much" in page.words["td"]


def test_slips_of_our_own_are_not_hidden(make_store):
    store = make_store(keep=("height",))
    store.grow()

    def slips(content):
        raise AttributeError("no such name")

    with open_content(store.path) as content, pytest.raises(AttributeError):
        make_sections(content, {"Bad": slips})


def test_an_empty_store_has_no_report(make_store):
    with pytest.raises(InputError, match="no frame is committed yet"), open_content(make_store().path):
        pass


def test_stacks_are_measured_in_place_of_single_frames(grown):
    with open_content(grown.path, stack=1) as single, open_content(grown.path, stack=2) as stacked:
        assert len(single.measured.movie) == 3 and len(stacked.measured.movie) == 1
        spread = [np.nanmedian(c.measured.movie.read(1).slope_sd) for c in (single, stacked)]
        assert spread[1] == pytest.approx(spread[0] / np.sqrt(2), rel=0.01)
        assert stacked.measured.movie.read(1).time_s == pytest.approx(1.0)  # between 0 and 2 s
        summary = make_sections(stacked, {})[0]
    assert "the mean of up to 2 frames" in summary.html
