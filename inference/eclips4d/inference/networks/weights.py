"""Trained weights: those that come with eclips4d by name, others by file; each an ONNX file with its model card."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import xxhash

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.inference.networks.card import Card, read_card

FOLDER: Final = Path(__file__).parent / "weights"
"""Of the weights that come with eclips4d."""
ENDING: Final = ".onnx"


@dataclass(frozen=True, slots=True)
class Weights:
    """A network as it is kept.

    Attributes
    ----------
    onnx : bytes
        Its file: one image to one image of any size, batch 1.
    card : Card
    fingerprint : str
        Sixteen hex digits over everything that decides what it computes.
    where : str
        The file, for errors.
    """

    onnx: bytes
    card: Card
    fingerprint: str
    where: str


def shipped() -> tuple[str, ...]:
    """Names of the weights that come with eclips4d."""
    return tuple(sorted(file.stem for file in FOLDER.glob(f"*{ENDING}")))


def read_weights(name_or_path: str | Path) -> Weights:
    """Weights and card, whole and belonging together.

    Parameters
    ----------
    name_or_path
        A name such as `slopes-live`, or the path of an ONNX file with its card beside it.

    Raises
    ------
    MissingInputError
        The file or its card is not there.
    InputError
        The file is not the one its card describes, or the card is not valid.
    """
    path = _path(name_or_path)
    try:
        onnx = path.read_bytes()
    except FileNotFoundError as error:
        known = ", ".join(shipped()) or "none"
        raise MissingInputError(
            "no such weights", where=str(path), cure=f"give an ONNX file; those that come with eclips4d: {known}"
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    card = read_card(path.with_suffix(".toml"))
    if hashlib.sha256(onnx).hexdigest() != card.sha256:
        raise InputError(
            "is not the file that its card describes (sha256 differs)",
            where=str(path),
            cure="copy it again together with its card, or install eclips4d again",
        )
    return Weights(onnx, card, _fingerprint(card), str(path))


def check_fit(weights: Weights, **wanted: str | int) -> None:
    """Refuse weights that were trained for something else.

    Parameters
    ----------
    wanted
        What its card has to say, by name.

    Raises
    ------
    InputError
    """
    card = weights.card
    for name, value in wanted.items():
        if getattr(card, name) != value:
            raise InputError(
                f"{name} is {getattr(card, name)!r}, needed is {value!r}",
                where=weights.where,
                cure="take weights trained for this version of eclips4d",
            )


def _path(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    is_name = path.suffix != ENDING and path.name == str(name_or_path)
    return FOLDER / f"{name_or_path}{ENDING}" if is_name else path


def _fingerprint(card: Card) -> str:
    decisive = (card.sha256, card.features, card.integrator, card.iterations, card.precision, card.coverage)
    tables = (table.model_dump(mode="json") for table in (card.surroundings, card.finetune) if table is not None)
    integers = [card.integers] if card.integers else []
    return xxhash.xxh3_64_hexdigest(msgspec.msgpack.encode((*decisive, *tables, *integers), order="deterministic"))
