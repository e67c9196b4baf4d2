"""Who asks for strips gets them; who does not, gets them where a scan is slow and somebody looks."""

from __future__ import annotations

import msgspec
import pytest

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.plan_run import USUAL_STRIPS, strips_of


@pytest.mark.parametrize(
    ("asked", "period_s", "can_wait", "view", "strips"),
    [
        (None, 8.0, False, True, USUAL_STRIPS),
        (None, 8.0, False, False, 0),
        (None, 1.0, False, True, 0),
        (None, 8.0, True, True, 0),
        (None, None, False, True, 0),
        (1, 8.0, False, True, 0),
        (5, 1.0, True, False, 5),
    ],
)
def test_when_frames_are_cut_into_strips(
    asked: int | None, period_s: float | None, can_wait: bool, view: bool, strips: int
) -> None:
    rate = None if period_s is None else 1.0 / period_s
    info = msgspec.structs.replace(FakeSource(3).info, frames_per_second=rate, can_wait=can_wait)
    assert strips_of(asked, info, view=view) == strips


@pytest.mark.parametrize("strips", ["0", "65", "-3"])
def test_strips_that_cannot_be_are_refused_in_one_line(strips: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "sim://copper-redox?size=32&frames=1", "--no-view", f"--strips={strips}"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "--strips" in said
