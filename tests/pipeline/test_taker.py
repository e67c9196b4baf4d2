"""The thread that takes frames from the source: however it ends, it says how."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.ring import SenderRing
from eclips4d.core.errors import SourceError
from eclips4d.core.frame import Frame
from eclips4d.pipeline.taker import Taker


class Breaking(FakeSource):
    """Two frames, then an error."""

    error: BaseException = AttributeError("nobody thought of this")

    def frames(self, start: int = 0) -> Iterator[Frame]:
        yield from [self.frame(0), self.frame(1)]
        raise self.error


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[SenderRing]:
    ring = SenderRing(1 << 20, 1 << 20, tmp_path / "spill")
    yield ring
    ring.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SourceError("the cable was pulled"), "the cable was pulled"),
        (OSError("no such device"), "cannot be read any further: no such device"),
        (AttributeError("a mistake of ours"), "broke off without a word"),
    ],
)
def test_a_source_that_broke_off_is_never_taken_for_one_that_ended(
    ring: SenderRing, error: BaseException, told: str
) -> None:
    source = Breaking(6)
    source.error = error
    taker = Taker(source, ring, 0, lambda: None)
    taker._thread.join()
    assert taker.ended and taker.total == 2
    assert taker.error is not None and told in str(taker.error)
    taker.join()
    source.close()


def test_a_source_that_ended_has_no_error(ring: SenderRing) -> None:
    source = FakeSource(3)
    taker = Taker(source, ring, 0, lambda: None)
    taker._thread.join()
    assert taker.error is None and taker.total == 3
    taker.join()
    source.close()
