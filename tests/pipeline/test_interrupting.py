"""Ctrl-C where Python drops exceptions, held against what Python does by itself."""

from __future__ import annotations

import signal
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from eclips4d.pipeline.interrupting import held, interruptible


class Thing:
    """Something that a weak reference may refer to."""


def interrupted_where_nobody_hears() -> None:
    """Ctrl-C while a weak reference's callback runs."""
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing
    assert reference() is None


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    seen: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: seen.append(told.exc_type))
    return seen


def test_python_by_itself_loses_it(dropped: list[Any]) -> None:
    interrupted_where_nobody_hears()
    assert dropped == [KeyboardInterrupt]


def test_it_is_raised_at_the_next_look(dropped: list[Any]) -> None:
    went_on = False
    with pytest.raises(KeyboardInterrupt), interruptible() as look:
        look()
        interrupted_where_nobody_hears()
        went_on = True
        look()
        pytest.fail("nobody looked")
    assert went_on and dropped == [KeyboardInterrupt]


def test_it_is_raised_at_the_end_when_nobody_looks(dropped: list[Any]) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        interrupted_where_nobody_hears()


def test_elsewhere_it_is_raised_at_once_and_the_handler_from_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(signal.SIGINT)
        pytest.fail("went on")
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    def work() -> int:
        with interruptible() as look:
            look()
        return 1

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() == 1


def test_while_held_it_waits_and_is_raised_at_the_end() -> None:
    before = signal.getsignal(signal.SIGINT)
    went_on = False
    with pytest.raises(KeyboardInterrupt), held():
        signal.raise_signal(signal.SIGINT)
        went_on = True
    assert went_on and signal.getsignal(signal.SIGINT) is before


def test_it_is_not_lost_when_the_held_block_raises() -> None:
    with pytest.raises(KeyboardInterrupt) as told, held():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("mine")
    assert isinstance(told.value.__context__, ValueError)


def test_held_within_interruptible_is_remembered() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible() as look:
        with pytest.raises(KeyboardInterrupt), held():
            signal.raise_signal(signal.SIGINT)
        look()
        pytest.fail("forgotten")
