"""Where caches are."""

import sys

import pytest

from eclips4d.core.cache import cache_folder


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have places of their own")
def test_the_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "eclips4d"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the specification says to ignore it
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "eclips4d"
