"""The source rehearses while the other stages compile, and begins when it is let."""

from __future__ import annotations

import gc
from pathlib import Path
from threading import Thread

import pytest

from eclips4d.acquisition.open import rehearse
from eclips4d.core.errors import InputError
from eclips4d.pipeline.beginning import let_begin, may_begin, rehearse_until_begin
from eclips4d.pipeline.compiling import compiling
from eclips4d.pipeline.config import Endpoints, RunConfig


def config_of(folder: Path | None, source: str, out: Path) -> RunConfig:
    ends = Endpoints(hub="ipc://h", surfaces="ipc://s", notices="ipc://n")
    return RunConfig(run_id="r", source=source, out=out, spill_dir=out, endpoints=ends, ready_dir=folder)


def never() -> bool:
    return False


def test_who_is_not_supervised_begins_at_once(tmp_path: Path) -> None:
    # The source does not exist: nobody asked for its frames before it was opened.
    assert rehearse_until_begin(config_of(None, "sim://no-such-scene", tmp_path), never)


def test_a_source_that_is_started_again_does_not_rehearse(tmp_path: Path) -> None:
    let_begin(tmp_path)
    assert rehearse_until_begin(config_of(tmp_path, "sim://no-such-scene", tmp_path), never)


def test_what_is_wrong_with_a_source_is_found_in_its_rehearsal(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown scene"):
        rehearse_until_begin(config_of(tmp_path, "sim://no-such-scene", tmp_path), never)
    assert gc.isenabled()


def test_a_source_waits_until_it_is_let(tmp_path: Path) -> None:
    config = config_of(tmp_path, "recording.ome.tif", tmp_path)
    began: list[bool] = []
    asked: list[bool] = []

    def still_waiting() -> bool:
        asked.append(may_begin(config))
        return False

    thread = Thread(target=lambda: began.append(rehearse_until_begin(config, still_waiting)))
    thread.start()
    while not asked:
        assert not began
    let_begin(tmp_path)
    thread.join()
    assert began == [True]
    assert not asked[0]


def test_a_source_that_waits_can_be_asked_to_end(tmp_path: Path) -> None:
    assert not rehearse_until_begin(config_of(tmp_path, "recording.ome.tif", tmp_path), lambda: True)


def test_a_rehearsal_renders_the_first_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    from eclips4d.acquisition.simulated import SimulatedMicroscope

    rendered: list[int] = []
    monkeypatch.setattr(SimulatedMicroscope, "frame", lambda self, sequence, run_id="": rendered.append(sequence))
    rehearse("sim://copper-redox?size=64&fps=2&frames=3&render=live")
    assert rendered == [0]
    rehearse("recording.ome.tif")
    assert rendered == [0]


def test_while_compiling_nobody_searches_for_garbage() -> None:
    frozen = gc.get_freeze_count()
    with pytest.raises(RuntimeError), compiling():
        assert not gc.isenabled()
        raise RuntimeError
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen
