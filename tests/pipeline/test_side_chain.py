"""Side streams through the chain: what a script says stands in the store, and no frame is lost for what it does not."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event, Thread

import numpy as np
import xarray as xr
from threaded_chain import ThreadedChain, configured

from eclips4d.acquisition.side.fake import FakeSide

FRAMES = 12


def test_values_stand_in_the_store_beside_every_frame(tmp_path: Path) -> None:
    with FakeSide() as fake:
        at, said = f"zmq://{fake.at}", Event()

        def speak() -> None:
            while not said.wait(0.01):
                fake.say("stage", 801.25, "degC")

        speaker = Thread(target=speak)
        speaker.start()
        try:
            side = {"stage": f"{at}/stage?unit=degC&kind=last", "laser": f"{at}/laser?unit=W"}
            source = f"sim://copper-redox?size=16&fps=20&frames={FRAMES}&render=live"
            ThreadedChain(configured(tmp_path, source, side=side, record_only=True)).run()
        finally:
            said.set()
            speaker.join()
    with xr.open_zarr(tmp_path / "run.zarr") as data:
        assert data["side_stage"].attrs["units"] == "degC" and data["side_stage"].dims == ("time",)
        stage, laser = data["side_stage"].values, data["side_laser"].values
        assert len(stage) == FRAMES and stage[-1] == 801.25 and set(stage[np.isfinite(stage)]) == {801.25}
        assert np.isnan(laser).all() and np.isfinite(data["side_temperature"]).all()
    events = [json.loads(line)["event"] for line in (tmp_path / "run.zarr" / "events.jsonl").read_text().splitlines()]
    assert events.count("the side stream laser is silent, frames go without it") == 1
