"""`eclips4d demo`: nobody waits for frames that are not due yet."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from eclips4d.acquisition.open import prepare_source
from eclips4d.acquisition.sim_address import parse_sim
from eclips4d.acquisition.simulated import SimulatedMicroscope
from eclips4d.pipeline import run
from eclips4d.pipeline.commands.demo import source_of


def test_no_frame_is_rendered_before_the_first_one_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    def rendered(*_: object) -> None:
        raise AssertionError("a frame was rendered")

    monkeypatch.setattr(SimulatedMicroscope, "frame", rendered)
    assert prepare_source(source_of(40, 512, 2.0)) is False


def test_it_is_the_microscope_that_was_asked_for() -> None:
    settings = parse_sim(source_of(7, 96, 2.5)).settings
    assert (settings.frames, settings.size, settings.fps, settings.seed) == (7, (96, 96), 2.5, 1)


class Shown:
    """A window that tells what happens to it."""

    def __init__(self, told: list[str]) -> None:
        self._told = told
        self.is_open = False
        told.append("window")

    def dropped(self) -> int:
        return 0

    def close(self) -> None:
        self._told.append("closed")


@pytest.mark.parametrize("broken", [False, True])
def test_the_window_of_a_run_is_there_before_the_source_prepares_itself(
    monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    told: list[str] = []

    def prepare(address: str, _: Console) -> None:
        told.append(f"{address} prepares")
        if broken:
            raise KeyboardInterrupt

    def supervise(*_: object) -> int:
        told.append("stages")
        return 0

    monkeypatch.setattr(run, "Window", lambda config: Shown(told))
    monkeypatch.setattr(run, "prepare", prepare)
    supervisor = SimpleNamespace(config=SimpleNamespace(out=Path("run.zarr"), source="sim://x"), run=supervise)
    console = Console(quiet=True)
    if broken:
        with pytest.raises(KeyboardInterrupt):
            run._watch(supervisor, console, view=True)  # type: ignore[arg-type]
        assert told == ["window", "sim://x prepares", "closed"]
    else:
        assert run._watch(supervisor, console, view=True) == 0  # type: ignore[arg-type]
        assert told == ["window", "sim://x prepares", "stages", "closed"]
