"""`--side NAME=ADDRESS`: what cannot be recorded is refused before a run starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.core.errors import InputError
from eclips4d.core.settings import load_toml
from eclips4d.pipeline.config import Endpoints, RunConfig, to_toml
from eclips4d.pipeline.side_plan import plan_sides
from eclips4d.storage.writer import StoreWriter

LIVE = FakeSource(3, can_wait=False).info
PRESSURE = "p=zmq://127.0.0.1:5570/p?unit=Pa"


def test_names_units_and_addresses_are_told_apart(tmp_path: Path) -> None:
    info, sides = plan_sides([PRESSURE, "v=zmq://127.0.0.1:5570/v?unit=V&kind=last"], LIVE, tmp_path / "new.zarr")
    assert info.side_units == {"temperature": "degC", "p": "Pa", "v": "V"}
    assert sides == {"p": PRESSURE[2:], "v": "zmq://127.0.0.1:5570/v?unit=V&kind=last"}
    assert plan_sides([], LIVE, tmp_path) == (LIVE, {})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["zmq://127.0.0.1:5570/p?unit=Pa"], "is no side stream"),
        ([PRESSURE, PRESSURE], "p is given twice"),
        (["temperature=zmq://127.0.0.1:5570/t?unit=K"], "the source tells temperature itself"),
        (["p=zmq://127.0.0.1:5570/p"], "the unit is missing"),
        (["dark_A=zmq://127.0.0.1:5570/d?unit=V"], "a dark level in V"),
    ],
)
def test_words_that_mean_nothing_are_refused(words: list[str], told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=told):
        plan_sides(words, LIVE, tmp_path / "new.zarr")


def test_a_recording_has_no_side_streams(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="taken before"):
        plan_sides([PRESSURE], FakeSource(3).info, tmp_path / "new.zarr")


def test_a_store_keeps_the_side_values_it_was_begun_with(tmp_path: Path) -> None:
    out = tmp_path / "run.zarr"
    begun, _ = plan_sides([PRESSURE], LIVE, out)
    StoreWriter.create(out, begun, run_id="r").close()
    assert plan_sides([PRESSURE], LIVE, out)[0] == begun
    with pytest.raises(InputError, match="begun without the side value q in V"):
        plan_sides(["q=zmq://127.0.0.1:5570/q?unit=V"], LIVE, out)


def test_run_toml_holds_side_streams(tmp_path: Path) -> None:
    ends = Endpoints(hub="ipc://hub", surfaces="ipc://surfaces", notices="ipc://notices")
    config = RunConfig(
        run_id="r", source="sim://x", out=tmp_path, endpoints=ends, spill_dir=tmp_path, side={"p": PRESSURE[2:]}
    )
    (tmp_path / "run.toml").write_text(to_toml(config), encoding="utf-8")
    assert f'[side]\np = "{PRESSURE[2:]}"' in to_toml(config)
    assert load_toml(RunConfig, tmp_path / "run.toml") == config
