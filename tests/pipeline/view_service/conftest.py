"""Growing stores, and things that are closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from growing_store import GrowingStore, making_stores


@pytest.fixture
def make_store(tmp_path: Path) -> Iterator[Callable[..., GrowingStore]]:
    with making_stores(tmp_path) as make:
        yield make


@pytest.fixture
def store(make_store: Callable[..., GrowingStore]) -> GrowingStore:
    return make_store()


@pytest.fixture
def closing() -> Iterator[Callable[[Any], Any]]:
    """Takes things that are closed at the end, the last one first."""
    things: list[Any] = []

    def take(thing: Any) -> Any:
        things.append(thing)
        return thing

    yield take
    for thing in reversed(things):
        thing.close()
