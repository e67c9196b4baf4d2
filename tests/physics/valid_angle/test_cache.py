"""Arrays on disk: found again, made anew when damaged, done without when the disk refuses."""

import numpy as np
import pytest

from eclips4d.physics.valid_angle.cache import cached

NAMES = ("a", "b")


class Compute:
    """Counts how often it was asked."""

    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"a": np.arange(3.0), "b": np.array([1j, 2.0])}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "eclips4d"


def test_the_second_time_nothing_is_computed(folder):
    compute = Compute()
    first, second = (cached("kind", {"volts": 500.0}, NAMES, compute) for _ in range(2))
    assert compute.calls == 1
    for name in NAMES:
        np.testing.assert_array_equal(first[name], second[name])
    assert [path.suffix for path in folder.iterdir()] == [".npz"]


def test_another_number_is_another_file(folder):
    compute = Compute()
    for volts in (500.0, 500.0000001):
        cached("kind", {"volts": volts}, NAMES, compute)
    assert compute.calls == 2


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text", "lacking"])
def test_a_damaged_file_is_replaced(folder, damage):
    compute = Compute()
    cached("kind", {}, NAMES, compute)
    (path,) = folder.iterdir()
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[data.index(b"\x93NUMPY") + 130] ^= 0xFF
    path.write_bytes({"cut": data[:200], "flip": data, "empty": b"", "text": b"not an archive"}.get(damage, data))
    if damage == "lacking":
        with path.open("wb") as file:
            np.savez(file, a=np.arange(3.0))
    for _ in range(2):
        got = cached("kind", {}, NAMES, compute)
        np.testing.assert_array_equal(got["a"], np.arange(3.0))
    assert compute.calls == 2
    assert len(list(folder.iterdir())) == 1


def test_a_folder_that_cannot_be_made_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    compute = Compute()
    for _ in range(2):
        cached("kind", {}, NAMES, compute)
    assert compute.calls == 2


def test_a_write_that_fails_leaves_nothing_behind(folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    cached("kind", {}, NAMES, Compute())
    assert list(folder.iterdir()) == []
