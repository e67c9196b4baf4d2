"""The messages by which a running chain is given another model; part of `eclips4d.core.messages`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from eclips4d.core.frame import Count

Said: TypeAlias = Annotated[str, msgspec.Meta(max_length=2000)]
"""A name, a file, a reason."""


class _ModelMessage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


class ModelOffer(_ModelMessage, frozen=True, kw_only=True):
    """Command → storage: invert with this model from frame `first` on; absent: from the first frame that it can be.

    Said again under the same `key` it asks how far that is.
    """

    key: Annotated[str, msgspec.Meta(max_length=64)]
    name: Said
    first: Count | None = None


class ModelAnswer(_ModelMessage, frozen=True, kw_only=True):
    """Storage → command: it holds from frame `first` on, is being prepared (no `first` yet), or is refused and why."""

    key: Annotated[str, msgspec.Meta(max_length=64)]
    fingerprint: Said = ""
    first: Count | None = None
    refused: Said = ""


class Prepare(_ModelMessage, frozen=True, kw_only=True):
    """Storage → worker: make this model ready beside the work, and say so."""

    name: Said


class Prepared(_ModelMessage, frozen=True, kw_only=True):
    """Worker → storage: this model is ready, or cannot be used and why."""

    name: Said
    fingerprint: Said = ""
    refused: Said = ""
