"""Numbers in words, noted down, and written to files."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.metrology.quantity import UNKNOWN, Quantity
from eclips4d.viewer.measuring.answers import AreaReading, CoreRead, FacetRead, LineSeries, Question, SpiralReading
from eclips4d.viewer.measuring.readout import area_rows, ends_rows, spiral_rows
from eclips4d.viewer.measuring.rows import COLUMNS, Results, Row, check_target, table_of, write
from eclips4d.viewer.measuring.shapes import LineShape, rectangle
from eclips4d.viewer.measuring.words import area_words, core_words, plain, series_words, signed, significant
from eclips4d.viewer.profile import ReadOut

AREA = Question(rectangle((0.0, 0.0), (9.0, 9.0)), 3)


def row(value=1.0, u=0.1, name="L1", frame=0):
    return Row(name, frame, 0.5, "height", value, u, "nm")


@given(st.floats(-1e4, 1e4), st.floats(1e-4, 1e3))
def test_words_hold_the_value_to_a_tenth_of_its_uncertainty(value, u):
    number, spread, *_ = significant(value, u, "nm").replace("−", "-").replace(" nm", "").split(" ± ")
    assert float(number) == pytest.approx(value, abs=0.051 * u + 5e-7)
    assert float(spread) == pytest.approx(u, rel=0.06, abs=0.6)


def test_words_of_what_is_not_known():
    assert significant(math.nan, 1.0, "nm") == "–"
    assert significant(1.23456, math.nan, "nm/s") == "1.2346 nm/s"
    assert significant(0.0, 0.0, "") == "0"
    assert significant(-1.0, 0.0, "") == "−1"
    assert signed(Quantity(-1.2345, 0.03, 0.04), "nm/s") == "−1.234 ± 0.050 nm/s"
    assert plain(Quantity(6.3, 0.2), "nm") == "6.30 ± 0.20 nm"
    assert significant(22.04, 0.8, "°") == "22.04 ± 0.80°"


def test_a_read_out_is_noted_once():
    results = Results()
    rows = (row(), row(math.nan), row(2.0, math.nan))
    assert results.append(rows) == 2
    assert results.append(rows) == 0
    assert results.append((row(frame=1),)) == 1
    results.remove([0, 2])
    assert results.rows == (row(2.0, math.nan),) or results.rows[0].value == 2.0


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_comes_back_from_its_file(suffix, tmp_path):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    rows = (row(), row(2.5, math.nan, "östliche Kante"), row(-1e-7))
    path = tmp_path / f"table{suffix}"
    write(table_of(rows), path)
    read = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    pd.testing.assert_frame_equal(read, table_of(rows))
    assert list(read.columns) == list(COLUMNS)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_an_empty_table_has_its_columns(tmp_path):
    write(table_of(()), tmp_path / "t.csv")
    assert list(pd.read_csv(tmp_path / "t.csv").columns) == list(COLUMNS)


@pytest.mark.parametrize("name", ["table.xlsx", "table", "nowhere/table.csv"])
def test_a_file_that_cannot_be_made_is_refused(name, tmp_path):
    with pytest.raises(InputError):
        check_target(tmp_path / name)


def test_rows_of_the_ends_carry_the_scale():
    length, height, slope = ends_rows("L1", 2, 1.5, ReadOut(100.0, 20.0, 0.1, 11.3, 0.05, 0.01))
    assert (length.value, length.unit) == (100.0, "nm")
    assert height.u == pytest.approx(math.hypot(0.1, 0.2))
    assert slope.unit == "°" and slope.frame == 2


def area_reading(*facets, **more):
    return AreaReading(AREA, 1.0, facets, **more)


def test_words_of_an_area():
    flat = FacetRead(Quantity(0.1, 0.2), Quantity(30.0, 90.0), 0.9, 0.0)
    steep = FacetRead(Quantity(22.0, 0.25), Quantity(-90.0, 1.0), 0.9, 0.0)
    assert area_words(area_reading(steep)) == "22.00 ± 0.25° → −90.0 ± 1.0°"
    assert "→" not in area_words(area_reading(flat))
    assert area_words(area_reading(note="no flat part")) == "no flat part"


def test_rows_of_an_area_say_whether_noise_is_in_its_roughness():
    facet = FacetRead(Quantity(22.0, 0.25), Quantity(-90.0, 1.0), 0.9, 0.0)
    reading = area_reading(facet, sq_nm=Quantity(1.0, 0.1), sq_with_noise=True, height_nm=Quantity(3.0, 0.1))
    rows = {r.quantity: r for r in area_rows("A1", reading)}
    assert rows["Sq with noise"].value == 1.0 and "Sq" not in rows
    assert rows["facet 1 share of area"].value == pytest.approx(90.0) and rows["facet 1 tilt"].u == 0.25


def test_words_and_rows_of_spirals():
    core = CoreRead(0, Quantity(1.0, 0.1), Quantity(2.0, 0.1), -1, 2, Quantity(40.0, 1.0), UNKNOWN)
    reading = SpiralReading(0, 5, 10.0, (core,))
    assert core_words(reading) == ["S1: counter-clockwise, 2 arms, 40.0 ± 1.0 nm"]
    rows = {r.quantity: r.value for r in spiral_rows(reading)}
    assert rows["sense"] == -1.0 and rows["arms"] == 2.0 and math.isnan(rows["rotation"])


def test_words_of_a_line_over_time():
    line = LineShape(((0.0, 0.0), (9.0, 0.0)))
    assert series_words(None, "L1") == "L1: not read yet"
    assert series_words(LineSeries(line, note="outside"), "L1") == "L1: outside"
    assert series_words(LineSeries(line, (0, 1), wanted=5), "L1") == "L1: 2 of 5 frames"
    assert series_words(LineSeries(line, (0, 2), wanted=2, every=2, linked=1), "L1") == (
        "L1: 2 frames, one frame in 2, steps of 1"
    )
