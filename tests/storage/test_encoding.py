"""Files that another process packed make the store that the writer's own would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from made_stores import STAGES, make_calibration, make_frame, make_registered, make_source

from eclips4d.core.errors import InputError, StoreError
from eclips4d.core.results import Datum, Drift
from eclips4d.storage import StoreWriter
from eclips4d.storage.durable import write_synced
from eclips4d.storage.encoding import Encoded, Encoder
from eclips4d.storage.layout import PRODUCTS
from eclips4d.storage.rounding import stored_planes

SOURCE = make_source()
FRAMES = 3


def opened(path: Path) -> tuple[StoreWriter, tuple[int, int]]:
    writer = StoreWriter.create(path, SOURCE, "run", stages=STAGES)
    return writer, (writer.add_calibration(make_calibration()), writer.add_model("abc", "analytic"))


def encoded(folder: Path, encoder: Encoder, sequence: int) -> Encoded:
    registered = make_registered(SOURCE, sequence, aligned=sequence != 1)
    planes = {"raw": make_frame(SOURCE, sequence).data, **stored_planes(registered.surface, PRODUCTS)}
    files = {}
    for name, data in encoder.encode(planes).items():
        files[name] = folder / f"{sequence}-{name}"
        write_synced(files[name], data)
    return Encoded(files, registered.drift, registered.datum, registered.surface.doubted)


def files_of(store: Path) -> dict[str, bytes]:
    """All but the lock and the text that says when it was written."""
    arrays = [p for p in store.rglob("*") if p.is_file() and p.parent.name != "journal" and p.name != "zarr.json"]
    return {str(p.relative_to(store)): p.read_bytes() for p in arrays}


@pytest.mark.parametrize("links", [True, False])
def test_the_store_has_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:

        def refused(*_: object) -> None:
            raise OSError("no hard links here")

        monkeypatch.setattr(os, "link", refused)
    encoder = Encoder(SOURCE, PRODUCTS)
    one, indices = opened(tmp_path / "one.zarr")
    other, _ = opened(tmp_path / "other.zarr")
    with one, other:
        for k in range(FRAMES):
            one.write_frame(make_frame(SOURCE, k)).result()
            one.write_registered(k, make_registered(SOURCE, k, aligned=k != 1), *indices).result()
            made = encoded(tmp_path, encoder, k)
            other.write_encoded(make_frame(SOURCE, k).header, made, *indices).result()
            for file in made.files.values():
                file.unlink()
        for writer in (one, other):
            writer.commit(committed=FRAMES, recorded=FRAMES)
    expected = files_of(one.path)
    assert files_of(other.path) == expected
    assert len([name for name in expected if "/c.1." in name]) == 1 + len(PRODUCTS)


def test_a_file_that_is_missing_leaves_nothing_of_the_frame(tmp_path: Path) -> None:
    writer, indices = opened(tmp_path / "run.zarr")
    with writer:
        made = encoded(tmp_path, Encoder(SOURCE, PRODUCTS), 0)
        made.files["trust"].unlink()
        with pytest.raises(StoreError):
            writer.write_encoded(make_frame(SOURCE, 0).header, made, *indices).result()
        assert not [name for name in files_of(writer.path) if "/c.0.0.0" in name]
        with pytest.raises(InputError, match="was never added"):
            writer.write_encoded(make_frame(SOURCE, 0).header, Encoded({}, Drift((0, 0)), Datum(), False), 5, 0)
