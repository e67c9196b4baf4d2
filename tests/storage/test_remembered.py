"""What a run wants to be remembered of it: written when it begins, replaced later, absent in older stores."""

from made_stores import make_frame, make_source, write_run

import eclips4d.storage as storage
from eclips4d.storage import StoreWriter


def test_a_number_of_frames_to_average_is_remembered(tmp_path):
    source, path = make_source(4), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", attributes={"stack": 4}) as writer:
        writer.write_frame(make_frame(source, 0)).result()
        writer.commit(committed=0, recorded=1)
        assert storage.summary(path).stack == 4
        writer.remember("stack", 9)
        assert storage.summary(path).stack == 4, "before it is committed"
        writer.commit(committed=0, recorded=1)
    assert storage.summary(path).stack == 9
    with StoreWriter.resume(path) as writer:
        writer.commit(committed=0, recorded=1)
    assert storage.summary(path).stack == 9


def test_stores_that_say_nothing_show_single_frames(tmp_path):
    source = make_source(2)
    write_run(tmp_path / "run.zarr", source, 2)
    assert storage.summary(tmp_path / "run.zarr").stack == 1
    with StoreWriter.resume(tmp_path / "run.zarr") as writer:
        for nonsense in (None, "8", 0, -2):
            writer.remember("stack", nonsense)
            writer.commit(committed=2, recorded=2)
            assert storage.summary(tmp_path / "run.zarr").stack == 1
