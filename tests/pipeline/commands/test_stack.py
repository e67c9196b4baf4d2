"""`--stack`: remembered by the store a run begins, shown by `info`, taken by `view`, changed by a continued run."""

from __future__ import annotations

import pytest
from played_run import PlayedRun

from eclips4d import storage
from eclips4d.core.settings import load_toml
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.config import RunConfig, to_toml


def test_a_run_remembers_it_and_a_continued_one_may_change_it(tmp_path):
    def begun(**settings):
        run = PlayedRun(tmp_path, **settings)
        try:
            run.acquisition()
            writer = run.hub.active.journal.writer
            writer.commit(committed=0, recorded=0)
        finally:
            run.close()
        return storage.summary(run.out).stack

    assert begun(stack=8) == 8
    assert begun() == 8
    assert begun(stack=3) == 3


def test_without_a_word_it_is_single_frames(tmp_path):
    run = PlayedRun(tmp_path)
    try:
        run.acquisition()
        assert storage.summary(run.out).stack == 1 and run.config.stack is None
    finally:
        run.close()


def test_the_settings_of_a_run_carry_it(tmp_path):
    run = PlayedRun(tmp_path, stack=16)
    try:
        (tmp_path / "run.toml").write_text(to_toml(run.config))
        assert load_toml(RunConfig, tmp_path / "run.toml").stack == 16
    finally:
        run.close()


@pytest.mark.parametrize("number", ["0", "65"])
@pytest.mark.parametrize("words", [("run", "none.ome.tif", "--no-view"), ("view", "none.zarr")])
def test_numbers_out_of_range_are_one_line(words, number, capsys):
    assert main([*words, "--stack", number]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "--stack" in said and "from 1 to 64" in said


def test_info_says_it_and_view_takes_another(make_store, tmp_path, capsys, qapp):
    store = make_store()
    store.writer.remember("stack", 4)
    store.grow(3)
    assert main(["info", str(store.path)]) == 0
    assert "mean of 4 frames" in " ".join(capsys.readouterr().out.split())
    assert main(["view", str(store.path), "--png", str(tmp_path / "window.png"), "--stack", "2"]) == 0
    assert (tmp_path / "window.png").exists()
