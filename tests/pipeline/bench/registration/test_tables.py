"""What the tables make of measured errors: bars that are met, missed, and not judged."""

from __future__ import annotations

import importlib
import io
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift
from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.long import part as long_part
from eclips4d.pipeline.bench.registration.long import sequences
from eclips4d.pipeline.bench.registration.moving.contest import gathered, won
from eclips4d.pipeline.bench.registration.moving.part import error_rows, fooled_px, verdict_rows
from eclips4d.pipeline.bench.registration.recordings.drifts import covered, rate_error, start_error
from eclips4d.pipeline.bench.registration.run import PARTS, run_registration
from eclips4d.pipeline.bench.registration.speed.part import chosen
from eclips4d.pipeline.bench.registration.static.part import bias, bias_rows, over_bound_rows
from eclips4d.pipeline.bench.registration.static.trials import PLACES, Trials, granular_trials
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.commands.bench import bench
from eclips4d.registration.track import Track


def scattered(sd: float, shift: float = 0.0, seeds: int = 12) -> Trials:
    errors = np.random.default_rng(3).normal(0.0, sd, (seeds, len(PLACES), 2)) + shift
    return Trials(errors, np.full(errors.shape, sd), np.full((seeds, 2), 0.01))


def test_errors_are_judged_over_the_bound() -> None:
    good, bad = (over_bound_rows({100.0: scattered(sd)})[1] for sd in (0.01, 0.02))
    assert good.value == pytest.approx(1.0, abs=0.1) and good.met
    assert bad.value == pytest.approx(2.0, abs=0.2) and bad.met is False


def test_bias_counts_beyond_two_standard_errors_only() -> None:
    assert all(row.met for row in bias_rows({100.0: scattered(0.05)})[1:])
    shifted = bias_rows({100.0: scattered(0.001, 0.008)})[1:]
    assert all(row.met is False for row in shifted)
    mean, _ = bias(scattered(0.001, 0.008))
    assert mean == pytest.approx(0.008, abs=0.001)


def test_a_small_granular_scene_is_followed_near_the_bound() -> None:
    found = granular_trials(1000.0, 1, 96)
    assert found.errors.shape == (1, len(PLACES), 2)
    assert 0.5 < found.over_bound[0] < 5.0


def test_ours_is_best_within_the_paired_interval_or_is_not() -> None:
    def cell(ours: tuple[float, ...]):
        peers = ((0.3, 0.1), (0.3, 0.12), (0.3, 0.11))
        return gathered([{"ours": (o,), "ours smoothed": (o,), "other": p} for o, p in zip(ours, peers, strict=True)])

    assert cell((0.05, 0.06, 0.05)).errors["other"] == pytest.approx([0.1, 0.12, 0.11])
    assert won(cell((0.05, 0.06, 0.05)).against_best())
    assert won(cell((0.5, 0.05, 0.12)).against_best())
    assert not won(cell((0.2, 0.25, 0.21)).against_best())
    rows = verdict_rows("t", {"a": cell((0.2, 0.25, 0.21)), "b": cell((0.05, 0.06, 0.05))}, 3)
    assert [row.met for row in rows] == [None, None, False, True]
    assert rows[1].value == 1
    assert "over other" in rows[2].what
    assert "other 0.11" in error_rows("t", {"a": cell((0.2, 0.25, 0.21))}, 3)[1].what


def test_whoever_follows_what_moves_is_wrong_by_its_way() -> None:
    assert fooled_px(0.3) == pytest.approx(0.3 * np.sqrt((1 + 4 + 9 + 16 + 25 + 36 + 49) / 7))


def test_without_other_methods_nothing_is_judged() -> None:
    alone = gathered([{"ours": (0.1,), "ours smoothed": (0.1,)}])
    assert verdict_rows("t", {"a": alone}, 1)[2].met is None


def drifts(errors: np.ndarray, truth: np.ndarray, sd: float) -> tuple[Drift, ...]:
    return tuple(Drift(tuple(t + e), tuple(2 * t), (sd, sd)) for t, e in zip(truth, errors, strict=True))


def test_scores_of_a_recording() -> None:
    truth = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    found = drifts(np.array([[9.0, 9.0], [0.3, 0.4], [-0.3, 0.4]]), truth, 0.35)
    assert start_error(found, truth) == pytest.approx(0.5)
    assert rate_error(found, truth) == pytest.approx(1.0)
    assert covered(found, truth, 1) == pytest.approx(0.5)
    assert covered(found, truth, 2) == pytest.approx(1.0)


def test_a_false_velocity_is_judged_by_its_stated_uncertainty() -> None:
    truth = np.zeros((101, 2))
    errors = np.outer(np.arange(101) / 100, [0.1, 0.0])
    assert long_part.velocity_row("live", errors, drifts(errors, truth, 0.1)).met
    row = long_part.velocity_row("live", errors, drifts(errors, truth, 0.01))
    assert row.met is False and row.value == pytest.approx(0.099 / np.hypot(0.01, 0.01), rel=1e-6)


def test_frames_that_show_something_else_must_be_marked(monkeypatch) -> None:
    run = sequences.burst(0)
    for marked, met in ((run.garbage, [True, True]), (frozenset({0}), [False, False])):
        found = tuple(Drift(tuple(d), aligned=k not in marked) for k, d in enumerate(run.truth))
        monkeypatch.setattr(long_part, "follow", lambda frames, calibration, found=found: Track(found, found, ()))
        assert [row.met for row in long_part.event_rows("burst", [run])] == [True, True, *met]


def test_a_walk_stays_within_its_limits_and_a_burst_shows_what_it_should() -> None:
    places = sequences.walk(3000, np.random.default_rng(1), 3.0)
    assert np.abs(places).max() <= 3.0 and np.abs(np.diff(places, axis=0)).max() < 2.0
    frames = [raw for _, raw in sequences.burst(1).frames()]
    first = sequences.BURST_AFTER
    assert frames[first].std() < 1.2 * np.sqrt(sequences.DOSE) < frames[first - 1].std()
    assert (frames[first + 1] == 65535).all() and not frames[first + 2].any()


def test_a_jump_and_a_lattice_go_as_far_as_they_say() -> None:
    step = np.diff(sequences.jump(0).truth, axis=0)[sequences.JUMP_AFTER - 1]
    assert np.hypot(*step) == pytest.approx(100.0, abs=2.0)
    assert sequences.lattice(0).truth[-1, 1] > 4 * sequences.PERIOD_PX


def test_the_least_upsampling_that_is_as_accurate_is_timed() -> None:
    errors = {("raw", 10): 0.04, ("raw", 50): 0.02, ("filtered", 10): 0.05, ("filtered", 50): 0.009}
    assert chosen(errors, 0.03) == ("filtered", 50)
    assert chosen(errors, 0.045) == ("raw", 10)
    assert chosen(errors, 0.001) == ("filtered", 50)


@pytest.fixture
def parts(monkeypatch):
    """Stand-ins for the parts; the names of those that measured or drew."""
    seen: list[str] = []

    def part(path: str) -> SimpleNamespace:
        name = path.split(".")[-2]

        def rows(context):
            seen.append(f"{name} {context.seeds}")
            return [Row(f"table of {name}", "x", 1.0, "≤ 2", name != "moving")]

        return SimpleNamespace(rows=rows, pictures=lambda context, folder: seen.append(f"{name} in {folder.name}"))

    monkeypatch.setattr(importlib, "import_module", part)
    return seen


def test_parts_tables_and_pictures(parts, tmp_path) -> None:
    context = RegistrationContext(Console(file=io.StringIO()))
    assert len(run_registration(context)) == len(PARTS)
    assert parts == [f"{name} None" for name in PARTS]
    page = tmp_path / "registration.md"
    page.write_text("<!-- table: table of speed -->\n<!-- /table -->\n", encoding="utf-8")
    run_registration(context, ["speed"], tmp_path)
    assert parts[-1] == "speed in pictures"
    assert "| x | 1 | ≤ 2 | yes |" in page.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="no part 'optics'"):
        run_registration(context, ["optics"])


def test_a_missed_bar_is_a_failure(parts, tmp_path) -> None:
    assert bench("registration", part=["static"], data=tmp_path) == 0
    assert bench("registration", part=["moving"], data=tmp_path, seeds=2) == 1
    assert parts == ["static None", "moving 2"]
