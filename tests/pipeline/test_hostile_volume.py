"""Hostile messages by the hundred thousand, and any value at any place: stages neither end, hang nor grow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opened_messages import PLACES, SOUND, SOURCE, Place
from played_run import PlayedRun

from eclips4d.core.messages import Hello
from eclips4d.pipeline.bench.reliability.hostile.assault import Outcome, tried
from eclips4d.pipeline.bench.reliability.hostile.mutants import Mutants
from eclips4d.pipeline.bench.reliability.hostile.sound import sound_messages
from eclips4d.pipeline.bench.reliability.hostile.target_hub import HubTarget
from eclips4d.pipeline.bench.reliability.hostile.target_registration import RegistrationTarget
from eclips4d.pipeline.bench.reliability.hostile.target_worker import DecoderTarget, WorkerTarget

# What a worker or registration makes of infinite pixels is nonsense, and may warn so: it must not end them.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def is_unharmed(outcome: Outcome) -> bool:
    """Nothing crashed, and every message was refused or taken."""
    assert outcome.crashes == []
    assert outcome.uncounted == 0
    assert 0 < outcome.refused < outcome.sent
    return outcome.serves


TARGETS: list[Any] = [HubTarget, RegistrationTarget, WorkerTarget, DecoderTarget]
FULL = {HubTarget: 60_000, RegistrationTarget: 20_000, WorkerTarget: 20_000, DecoderTarget: 100_000}


@pytest.mark.parametrize("target", TARGETS)
def test_thousands_of_hostile_messages(target: Any, tmp_path: Path) -> None:
    assert is_unharmed(tried(target, tmp_path / "t", FULL[target] // 25, seed=11))


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_hundred_thousand_hostile_messages(target: Any, tmp_path: Path) -> None:
    outcome = tried(target, tmp_path / "t", FULL[target], seed=0)
    assert is_unharmed(outcome)
    assert outcome.growth_mib < 24


def test_one_seed_draws_one_assault() -> None:
    def drawn(seed: int) -> list[Any]:
        return [mutant for mutant, _ in zip(Mutants(sound_messages(SOURCE), seed), range(300), strict=False)]

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


def test_the_assault_sees_what_would_have_ended_a_stage_and_what_nobody_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Frail(DecoderTarget):
        pending: bool | None = None

        def send(self, parts: list[bytes]) -> None:
            if self.taken == 5 and self.pending is None:
                self.pending = True
            else:
                super().send(parts)

        def turn(self) -> None:
            if self.pending:
                self.pending = False
                raise KeyError("the end")

    class Blind(DecoderTarget):
        def send(self, parts: list[bytes]) -> None:
            if len(parts) == 1:
                super().send(parts)

    monkeypatch.setattr("eclips4d.pipeline.bench.reliability.hostile.assault.SETTLE_S", 0.01)
    frail, blind = tried(Frail, tmp_path, 200, seed=1), tried(Blind, tmp_path, 200, seed=1)
    assert ["the end" in crash for crash in frail.crashes] == [True]
    assert frail.uncounted == 1
    assert blind.uncounted > 20


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(max_size=70), inner, max_size=40),
    max_leaves=6,
)


def test_any_value_at_any_place_is_refused_or_taken(tmp_path: Path) -> None:
    targets: list[Any] = [make(tmp_path / make.__name__) for make in (HubTarget, RegistrationTarget, WorkerTarget)]

    @settings(max_examples=100, deadline=None)
    @given(place=st.sampled_from(PLACES), value=VALUES)
    def try_it(place: Place, value: Any) -> None:
        parts = place.replaced(value)
        for target in targets:
            before = target.taken + target.refused
            target.send(parts)
            for _ in range(100):
                if target.taken + target.refused > before:
                    break
                target.turn()
            assert target.taken + target.refused == before + 1

    try:
        try_it()
        assert all(target.serves() for target in targets)
    finally:
        for target in targets:
            target.close()


def test_a_store_is_opened_for_a_sound_source_only(tmp_path: Path) -> None:
    hello = [one for one in SOUND if isinstance(one.body, Hello) and one.body.source]
    folders, drawn = iter(range(3)), iter(Mutants(hello, seed=3))
    for number in folders:
        (tmp_path / f"{number}").mkdir()
        run = PlayedRun(tmp_path / f"{number}")
        try:
            acquisition, sent = run.port("acquisition"), 0
            while run.hub.active is None and sent < 100:
                acquisition.socket.send_multipart(next(drawn).parts)
                sent += 1
                run.hub.port.socket.poll(1000)
                run.step()
                assert run.out.exists() == (run.hub.active is not None)
                assert run.hub.port.bad_messages == sent - run.out.exists()
        finally:
            run.close()
