"""Strings from the wire that are paths: none of them ever touches the file system."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from opened_messages import PLACES
from played_run import PlayedRun

from eclips4d.core.messages import FrameOffer, Hello
from eclips4d.pipeline.bench.reliability.hostile.target_hub import HubTarget
from eclips4d.pipeline.bench.reliability.hostile.target_registration import RegistrationTarget
from eclips4d.pipeline.bench.reliability.hostile.target_worker import WorkerTarget

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

MARK = "e4d-marked-path"
PATHS = [f"../{MARK}", f"/tmp/{MARK}", f"../../../../tmp/{MARK}/x", f"{MARK}/../..", f"~/{MARK}", f"file://{MARK}"]
_opened_paths: list[str] = []
_is_watching: list[bool] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _is_watching and event.partition(".")[0] in ("open", "os", "shutil", "glob", "pathlib", "subprocess", "import"):
        _opened_paths.extend(f"{event} {a}" for a in arguments if MARK in str(a))


def test_a_path_in_a_message_never_touches_the_file_system(tmp_path: Path) -> None:
    """Every string of every message becomes a path, in turn: no call of the system and no file has it in its name."""
    sys.addaudithook(_watch)  # stays, and does nothing any more
    folder = tmp_path / "targets"
    made: list[Any] = [HubTarget(folder / "hub"), RegistrationTarget(folder / "align"), WorkerTarget(folder / "work")]
    _is_watching.append(True)
    try:
        strings = [place for place in PLACES if isinstance(place.value, str)]
        for k, place in enumerate(strings):
            for target in made:
                target.send(place.replaced(PATHS[k % len(PATHS)]))
                target.turn()
        for target in made:
            assert target.serves()
    finally:
        _is_watching.clear()
        for target in made:
            target.close()
    assert _opened_paths == []
    assert not list(tmp_path.parent.rglob(f"*{MARK}*"))
    assert {path.name for path in folder.iterdir()} == {"hub", "align", "work"}
    assert not Path("/tmp", MARK).exists()


def test_a_source_full_of_paths_makes_a_store_in_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    run = PlayedRun(tmp_path / "run")
    names = {"kind": PATHS[0], "address": PATHS[1], "identity": PATHS[2], "start_utc": PATHS[3]}
    odd = {**names, "segments": tuple(PATHS[:4]), "side_units": {"temperature": PATHS[4]}}
    source = msgspec.structs.replace(run.source.info, **odd)
    _is_watching.append(True)
    try:
        port = run.port("acquisition")
        port.send(Hello(role="acquisition", name="acquisition", pid=1, source=source))
        frame = next(iter(run.source.frames()))
        header = msgspec.structs.replace(frame.header, segments=tuple(PATHS[:4]), run_id=PATHS[0], instrument=PATHS[1])
        port.send(FrameOffer(header=header, stamps={PATHS[0]: 1}), {"raw": frame.data})
        while run.hub.active is None:
            run.step()
        run.until("a frame like any other", 0, 1)
    finally:
        _is_watching.clear()
        run.close()
    assert _opened_paths == []
    assert not list(tmp_path.parent.rglob(f"*{MARK}*"))
