"""Part `objects` of the benchmark: measured against the server that the environment names, and cleared up."""

from __future__ import annotations

import io
import urllib.request
from pathlib import Path

import obstore
from rich.console import Console

from eclips4d.pipeline.bench.document import write_tables
from eclips4d.pipeline.bench.scaling.context import ScalingContext
from eclips4d.pipeline.bench.scaling.objects.part import rows
from eclips4d.pipeline.bench.scaling.objects.server import BUCKET
from eclips4d.storage.objects import connected


def test_a_store_is_measured_and_nothing_left(s3, tmp_path: Path, monkeypatch, repository: Path) -> None:
    asked = urllib.request.Request(f"{s3.endpoint}/{BUCKET}", method="PUT")
    urllib.request.urlopen(asked).close()
    monkeypatch.chdir(tmp_path)
    measured = rows(ScalingContext(Console(file=io.StringIO()), scale=0.01, size=32))
    value = {row.what: row.value for row in measured}
    assert value["frames of 4 segments"] == 16 and value["arrays that differ"] == 0
    assert value["objects per commit"] > 7  # at least a shard of raw frames and of each product
    assert all(row.value > 0 for row in measured[:-1])
    assert not list(tmp_path.iterdir())
    assert not [o for page in obstore.list(connected(BUCKET)) for o in page]
    page = tmp_path / "scaling.md"
    page.write_text((repository / "docs" / "scaling.md").read_text(encoding="utf-8"), encoding="utf-8")
    write_tables(page, measured)
