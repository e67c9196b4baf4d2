"""Two processes with half of the images each step like one that is shown all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import team_member
import torch

from eclips4d.core.errors import InputError
from eclips4d.pipeline.cli import main
from eclips4d.training.team import ALONE, Team, team

LAUNCHED = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
TINY = """
seed = 3
[network]
kind = "slopes"
size = "tiny"
base = 4
[data]
field_px = 64
patch_px = 64
batch = 2
pool = 2
settings = 1
segments = [4]
[budget]
steps = 3
threads = 1
"""


def test_alone_nothing_is_done_together() -> None:
    with team("cpu") as (ours, device):
        assert (ours, device) == (ALONE, "cpu")
    assert ours.leads and ours.seed(5) == 5 and ours.told(0.3) == 0.3 and ours.any(True) and not ours.any(False)
    assert Team(1, 2).seed(5) != 5 and not Team(1, 2).leads


def test_two_processes_learn_what_one_does_from_all_images(tmp_path: Path) -> None:
    # Also that members agree: when to end, and whether anybody was asked to stop.
    subprocess.run([*LAUNCHED, team_member.__file__, str(tmp_path)], check=True, capture_output=True, timeout=200)
    first, second = (torch.load(tmp_path / f"rank-{rank}.pt", weights_only=True) for rank in (0, 1))
    assert torch.equal(first, second), "the same weights everywhere"
    torch.set_num_threads(1)
    alone, half = team_member.learnt(), team_member.learnt(Half())
    step = (alone - first).norm() / (alone - half).norm()
    assert step < 0.05, "half of the images leads elsewhere"


class Half(Team):
    """Sees half of the images, and averages with nobody."""

    def __init__(self) -> None:
        super().__init__(0, 2)

    def average(self, network: torch.nn.Module) -> None:
        """Alone."""


@pytest.mark.slow
def test_the_command_trains_with_two_processes(tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY)
    words = ["-m", "eclips4d.pipeline", "train", str(recipe), "--out", str(tmp_path), "--device", "cpu"]
    done = subprocess.run([*LAUNCHED, *words], capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "slopes-tiny.onnx").exists() and (tmp_path / "slopes.checkpoint").exists() is False
    assert done.stdout.count("slopes-tiny.onnx") == 1 and "2 processes" in done.stdout


def test_what_takes_one_process_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", "vft", "--quick"]) == 2
    assert "takes one process" in capsys.readouterr().err


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(InputError, match="no GPU for process 0"), team("cuda"):
        raise AssertionError("not entered")
