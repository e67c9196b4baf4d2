"""Which events an earlier process has told of frames that are made again."""

from __future__ import annotations

from pathlib import Path

from eclips4d.core.note import NOTE
from eclips4d.pipeline.told import told_of


def test_events_about_open_frames_are_found_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    lines = [
        '{"event":"run started","committed":3}',
        '{"event":"jump","sequence":2}',
        '{"event":"jump","sequence":3,"time_utc":"2026"}',
        '{"event":"jump","sequence":3}',
        '{"event":"frames deferred","first":4,"frames":2}',
        f'{{"event":"{NOTE}","sequence":4,"text":"look"}}',
        '{"event":"odd","sequence":"four"}',
        '["event"]',
        '{"event":"jump","sequ',
    ]
    file.write_text("\n".join(lines))
    assert told_of(file, lambda s: s >= 3) == {("jump", 3), ("frames deferred", 4)}
    assert told_of(file, lambda s: s == 2) == {("jump", 2)}
    assert told_of(tmp_path / "none.jsonl", lambda _: True) == set()
