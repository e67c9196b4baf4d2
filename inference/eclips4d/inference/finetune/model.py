"""A learned model whose card holds a fine-tune module, and the card's table of one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.inference.finetune.correction import Correction
from eclips4d.inference.finetune.lock import DIRECTIONS
from eclips4d.inference.finetune.module import FineTune
from eclips4d.inference.finetune.terms import TERMS, VERSION
from eclips4d.inference.networks.card import Card, FineTuned
from eclips4d.inference.networks.model import NetworkModel


def finetuned(model: NetworkModel) -> NetworkModel:
    """The model with what its card says of fine-tuning; as it is where the card says nothing.

    Raises
    ------
    InputError
        The module is of another version or of other segments than the instrument's.
    """
    card = model.networks.slopes_card
    module = module_of(card)
    if module is None:
        return model
    if len(module.weight) != model.instrument.segments:
        raise InputError(
            f"was adapted to {len(module.weight)} segments, the instrument has {model.instrument.segments}",
            where=card.name,
            cure="adapt a model to a run of this instrument",
        )
    return replace(model, slopes=replace(model.slopes, afterwards=Correction(model.instrument, module)))


def module_of(card: Card) -> FineTune | None:
    """What a card says; None where it says nothing.

    Raises
    ------
    InputError
        Its numbers are not those of a module of this version.
    """
    told = card.finetune
    if told is None:
        return None
    segments = len(told.weight)
    fits = (
        segments >= 3 and all(len(row) == TERMS for row in told.weight) and len(told.taken) == DIRECTIONS + 2 * segments
    )
    if told.terms != VERSION or not fits:
        cure = "adapt the model again with this version of eclips4d"
        raise InputError(f"holds a fine-tune module {told.terms!r} that is not {VERSION!r}", where=card.name, cure=cure)
    return FineTune(np.array(told.weight), np.array(told.taken), told.steepest, told.scale)


def table_of(module: FineTune) -> FineTuned:
    """The card's."""
    weight = tuple(tuple(float(w) for w in row) for row in module.weight)
    taken = tuple(float(v) for v in module.taken)
    return FineTuned(terms=VERSION, weight=weight, taken=taken, steepest=module.steepest, scale=module.scale)
