"""The preview beside the journal: whole, or refused; never in the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import WireError
from eclips4d.core.messages import Beat
from eclips4d.core.strip_messages import StripMade
from eclips4d.core.wire import encode
from eclips4d.storage.scanning import Scanning, drop_scanning, read_scanning, scanning_path, write_scanning

HEIGHT = np.arange(15, dtype=np.float32).reshape(3, 5)
MADE = StripMade(sequence=7, rows=3, stamps={"acquired": 1_700_000_000_000_000_000})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "journal").mkdir()
    return tmp_path


def test_what_was_written_is_read(root: Path) -> None:
    assert read_scanning(root) is None
    assert write_scanning(root, MADE, HEIGHT)
    found = read_scanning(root)
    assert found is not None
    assert (found.sequence, found.acquired_ns) == (7, MADE.stamps["acquired"])
    np.testing.assert_array_equal(found.height, HEIGHT)
    assert [file.name for file in (root / "journal").iterdir()] == ["scanning"]
    drop_scanning(root)
    drop_scanning(root)
    assert read_scanning(root) is None


def test_a_disk_that_takes_nothing_is_said_and_leaves_the_one_before(root: Path) -> None:
    assert write_scanning(root, MADE, HEIGHT)
    (root / "journal" / "scanning.partial").mkdir()
    assert not write_scanning(root, MADE, HEIGHT + 1)
    found = read_scanning(root)
    assert found is not None
    np.testing.assert_array_equal(found.height, HEIGHT)


@given(cut=st.integers(0, 400), byte=st.integers(0, 400), bit=st.integers(0, 7))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_preview_is_refused(root: Path, cut: int, byte: int, bit: int) -> None:
    write_scanning(root, MADE, HEIGHT)
    data = bytearray(scanning_path(root).read_bytes())
    data[byte % len(data)] ^= 1 << bit
    scanning_path(root).write_bytes(bytes(data[: max(0, len(data) - cut)]))
    try:
        found = read_scanning(root)
    except WireError:
        return
    # A flipped bit of a stamp or a number is not noticed, one of the heights always is.
    assert isinstance(found, Scanning)
    np.testing.assert_array_equal(found.height, HEIGHT)


@pytest.mark.parametrize(
    ("body", "arrays"),
    [
        (Beat(name="x"), {"height": HEIGHT}),
        (MADE, {}),
        (MADE, {"height": HEIGHT[:2]}),
        (MADE, {"height": HEIGHT.astype(np.float64)}),
        (MADE, {"height": HEIGHT.reshape(3, 5, 1)}),
        (StripMade(sequence=7, rows=3, stamps={}), {"height": HEIGHT}),
    ],
)
def test_another_message_is_no_preview(root: Path, body: object, arrays: dict[str, np.ndarray]) -> None:
    header, *parts = (bytes(part) for part in encode(body, arrays))  # type: ignore[arg-type]
    scanning_path(root).write_bytes(len(header).to_bytes(8, "little") + header + b"".join(parts))
    with pytest.raises(WireError):
        read_scanning(root)
