"""Heartbeats through files: what was written is read, of this process only, and nothing stays behind."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from eclips4d.core.pulse import Pulse
from eclips4d.pipeline.heartbeat import beat_file, beating, last_beat


def test_the_pulse_is_read_by_another(tmp_path: Path) -> None:
    pulse = Pulse()
    pulse.ready()
    with beating(tmp_path, "storage", pulse), pulse.busy_with(12):
        deadline = time.monotonic() + 10
        while (heard := last_beat(tmp_path, "storage", os.getpid())) is None or heard[1].sequence != 12:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert heard[0] >= 0
    assert heard[1].ready
    assert last_beat(tmp_path, "storage", os.getpid() + 1) is None, "that of an earlier process does not count"


def test_a_damaged_heartbeat_is_none(tmp_path: Path) -> None:
    beat_file(tmp_path, "storage").write_bytes(b"{")
    assert last_beat(tmp_path, "storage", os.getpid()) is None


def test_a_folder_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    with beating(tmp_path / "gone", "storage", Pulse()):
        thread = next(thread for thread in threading.enumerate() if thread.name == "heartbeat")
        thread.join(0.1)
        assert thread.is_alive(), "it goes on trying"
    assert not (tmp_path / "gone").exists()


def test_a_pulse_grows_old_until_it_turns() -> None:
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    now[0] = 7.0
    assert pulse.feel().age_s == 7.0
    with pulse.busy_with(3):
        now[0] = 9.0
        assert (pulse.feel().age_s, pulse.feel().sequence) == (2.0, 3)
    assert (pulse.feel().age_s, pulse.feel().sequence) == (0.0, None)
