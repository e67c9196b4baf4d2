"""One family of errors; each is also the builtin that a caller would expect, and one clear line."""

from __future__ import annotations

import copy
import inspect

import pytest

from eclips4d.core import errors

FAMILY = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
BUILTIN = {
    errors.InputError: ValueError,
    errors.RefusedStageError: ValueError,
    errors.MissingInputError: FileNotFoundError,
    errors.TruncatedInputError: EOFError,
    errors.WireError: ValueError,
    errors.StoreError: OSError,
    errors.OtherSourceError: FileExistsError,
    errors.DiskFullError: OSError,
    errors.SourceError: RuntimeError,
    errors.StageDiedError: RuntimeError,
    errors.PeerTimeoutError: TimeoutError,
}


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: kind.__name__)
def test_every_error_is_one_line_with_place_and_cure(kind):
    error = kind("what\nhappened", where="a.toml", cure="do this")
    assert str(error) == "a.toml: what happened; do this"
    assert str(kind("what happened")) == "what happened"
    assert isinstance(error, errors.EclipsError)
    assert str(copy.copy(error)) == str(error)


@pytest.mark.parametrize("kind", BUILTIN, ids=lambda kind: kind.__name__)
def test_error_is_caught_as_its_builtin(kind):
    with pytest.raises(BUILTIN[kind]):
        raise kind("what", where="here", cure="this")


def test_every_error_has_a_builtin():
    assert set(BUILTIN) == set(FAMILY) - {errors.EclipsError}


def test_exit_codes():
    for kind in FAMILY:
        assert kind("what").exit_code == (2 if issubclass(kind, errors.InputError) else 1)
