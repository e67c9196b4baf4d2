"""Lines add up as the GUM says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.budget import Budget, Contribution, as_markdown, as_text


def line(
    u: float, sensitivity: float = 1.0, kind: str = "random", dof: float = math.inf, **more: object
) -> Contribution:
    return Contribution("source", "input", u, "V", sensitivity, kind, degrees_of_freedom=dof, **more)  # type: ignore[arg-type]


lines = st.lists(
    st.builds(line, st.floats(0.0, 10.0), st.floats(-5.0, 5.0), st.sampled_from(["random", "systematic"])),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=25)
@given(lines)
def test_squares_add_up_and_both_parts_make_the_whole(members: list[Contribution]) -> None:
    budget = Budget("length", 1.0, "nm", tuple(members))
    expected = math.sqrt(sum((c.sensitivity * c.u) ** 2 for c in members))
    assert budget.u == pytest.approx(expected)
    assert budget.u == pytest.approx(math.hypot(budget.random_u, budget.systematic_u))
    assert budget.expanded_u == pytest.approx(2 * expected)
    assert budget.quantity().u == pytest.approx(expected)


@settings(deadline=None, max_examples=25)
@given(lines)
def test_the_table_has_every_line_and_shares_add_up_to_one(members: list[Contribution]) -> None:
    budget = Budget("length", 1.0, "nm", tuple(members))
    table = budget.table()
    assert len(table) == len(members)
    assert table["share"].sum() == pytest.approx(1.0 if budget.u > 0 else 0.0)
    assert (table["contribution"] ** 2).sum() == pytest.approx(budget.u**2)


def test_degrees_of_freedom_are_those_of_welch_and_satterthwaite() -> None:
    # Two equal contributions of five each: (2 u²)² / (2 u⁴/5) = 10.
    budget = Budget("length", 1.0, "nm", (line(1.0, dof=5.0), line(1.0, dof=5.0)))
    assert budget.degrees_of_freedom == pytest.approx(10.0)
    # GUM table G.2: t for 95.45 % and 10 degrees of freedom.
    assert budget.coverage_factor == pytest.approx(2.28, abs=0.005)


def test_what_is_known_for_sure_leaves_the_coverage_factor_at_two() -> None:
    budget = Budget("length", 1.0, "nm", (line(1.0), line(0.0, dof=3.0)))
    assert math.isinf(budget.degrees_of_freedom)
    assert budget.coverage_factor == 2.0


def test_assumptions_are_visible_in_both_renderings() -> None:
    budget = Budget("length", 1.0, "nm", (line(0.3, assumed=True), line(0.1)), ("a remark",))
    for text in (as_text(budget), as_markdown(budget)):
        assert "ASSUMED, input" in text
        assert "neither stated nor measured: source" in text
        assert "a remark" in text
    assert len(as_markdown(budget).split("\n\n")[1].splitlines()) == 2 + 2


def test_an_assumption_that_does_not_matter_is_not_counted_among_them() -> None:
    assert Budget("length", 1.0, "nm", (line(0.3, 0.0, assumed=True),)).assumed == ()


def test_a_vertical_bar_does_not_break_the_markdown_table() -> None:
    budget = Budget("length", 1.0, "nm", (Contribution("a|b", "c|d", 1.0, "nm", 1.0, "random"),))
    row = as_markdown(budget).split("\n\n")[1].splitlines()[2]
    assert row.count("|") == 9
