"""Weights that cannot be used are refused in one line that says what, where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_frames import make_instrument
from made_networks import OUTPUTS, PLANES, made_card, silent_network, small_unet, write_network

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.settings import parse_toml
from eclips4d.inference.models import load_model
from eclips4d.inference.networks.card import Card, card_text, read_card
from eclips4d.inference.networks.weights import read_weights

SOUND = silent_network()
numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(
    scores=st.dictionaries(st.text(min_size=1), numbers, max_size=3),
    data=st.text(st.characters(exclude_categories=["Cs"])),
    iterations=st.none() | st.integers(1, 50),
)
def test_a_card_is_read_back_as_written(scores: dict[str, float], data: str, iterations: int | None) -> None:
    card = made_card(SOUND, "any", scores=scores, data=data, iterations=iterations)
    assert parse_toml(Card, card_text(card), "card") == card


def test_weights_come_with_their_card(tmp_path: Path) -> None:
    path = write_network(tmp_path, SOUND, coverage={"long_wave": 1.5})
    weights = read_weights(path)
    assert weights.onnx == SOUND
    assert weights.card == read_card(path.with_suffix(".toml"))
    assert weights.card.coverage == {"long_wave": 1.5}
    assert read_weights(str(path)).fingerprint == weights.fingerprint


def test_the_fingerprint_is_of_what_decides_the_numbers(tmp_path: Path) -> None:
    first = read_weights(write_network(tmp_path, SOUND)).fingerprint
    assert read_weights(write_network(tmp_path, SOUND, data="said in other words")).fingerprint == first
    for file, changes in (
        (silent_network(x=1.0), {}),
        (SOUND, {"coverage": {"long_wave": 2.0}}),
        (SOUND, {"precision": "f32"}),
        (SOUND, {"integrator": "live"}),
    ):
        assert read_weights(write_network(tmp_path, file, **changes)).fingerprint != first


def refused(model: Path | str, kind: type[InputError] = InputError) -> str:
    with pytest.raises(kind) as caught:
        load_model(str(model), make_instrument())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_not_there(tmp_path: Path) -> None:
    assert "choose analytic, live, best" in refused("lively")
    assert "nowhere.onnx: no such weights; give an ONNX file" in refused(tmp_path / "nowhere.onnx", MissingInputError)
    (tmp_path / "alone.onnx").write_bytes(SOUND)
    assert "alone.toml: no such file" in refused(tmp_path / "alone.onnx", MissingInputError)
    (tmp_path / "folder.onnx").mkdir()
    assert "folder.onnx: cannot be read" in refused(tmp_path / "folder.onnx")


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_wrong_byte(tmp_path: Path, place: int) -> None:
    path = write_network(tmp_path, SOUND)
    spoilt = bytearray(SOUND)
    spoilt[place] ^= 1
    path.write_bytes(bytes(spoilt))
    assert "made.onnx: is not the file that its card describes (sha256 differs); copy it again" in refused(path)


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    path = write_network(tmp_path, SOUND)
    path.write_bytes(SOUND[:-100])
    assert "sha256 differs" in refused(path)


def test_a_file_that_never_was_a_network(tmp_path: Path) -> None:
    assert "made.onnx: not a network that OpenVINO can read" in refused(write_network(tmp_path, b"nothing of the kind"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "integrator"}, "kind is 'integrator', needed is 'slopes'"),
        ({"features": "slopes-0"}, "features is 'slopes-0', needed is"),
        ({"inputs": PLANES + 1}, f"inputs is {PLANES + 1}, needed is {PLANES}"),
        ({"outputs": OUTPUTS - 1}, f"outputs is {OUTPUTS - 1}, needed is {OUTPUTS}"),
    ],
)
def test_weights_for_something_else(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    told = refused(write_network(tmp_path, SOUND, **changes))
    assert f"made.onnx: {said}" in told
    assert "take weights trained for this version" in told


def test_a_network_that_is_not_what_its_card_says(tmp_path: Path) -> None:
    path = write_network(tmp_path, small_unet(PLANES - 1, OUTPUTS))
    assert f"made.onnx: takes {PLANES - 1} planes and gives {OUTPUTS}, its card says {PLANES}" in refused(path)


def test_a_card_that_is_none(tmp_path: Path) -> None:
    path = write_network(tmp_path, SOUND)
    card = path.with_suffix(".toml")
    whole = card.read_text()
    card.write_text(whole.replace('kind = "slopes"', 'kind = "slops"'))
    assert "made.toml: [kind]" in refused(path)
    card.write_text(whole.replace("[trained]", "[trained"))
    assert "made.toml: not valid TOML" in refused(path)
    card.write_text(whole.replace("sha256 = ", "sha = "))
    assert "made.toml: [sha" in refused(path)


def test_an_integrator_that_is_none(tmp_path: Path) -> None:
    path = write_network(tmp_path, SOUND, integrator="solver.onnx")
    assert "solver.onnx: no such weights" in refused(path, MissingInputError)
    write_network(tmp_path, SOUND, "solver")
    assert "solver.onnx: kind is 'slopes', needed is 'integrator'" in refused(path)
