from __future__ import annotations

from pathlib import Path

import pytest

from eclips4d.acquisition.device_address import Host, parse_host, parse_query
from eclips4d.acquisition.fakes import INSTRUMENT_TOML
from eclips4d.acquisition.open import DEVICES, open_source, resolve_name
from eclips4d.core.errors import InputError
from eclips4d.core.settings import Settings


class Asked(Settings):
    dwell: float = 1.0
    width: int = 512


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("sem", Host("sem", 8300)),
        ("sem:9", Host("sem", 9)),
        ("[::1]:9", Host("::1", 9)),
        ("10.0.0.7", Host("10.0.0.7", 8300)),
    ],
)
def test_hosts(text: str, host: Host) -> None:
    assert parse_host(text, 8300, "x") == host
    assert parse_host(str(host), 1, "x") == host


@pytest.mark.parametrize("text", ["", ":9", "a/b", "me@sem", "sem:70000", "sem:x", "sem:-1"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"host|port"):
        parse_host(text, 8300, "x")


def test_queries() -> None:
    assert parse_query(Asked, "a://b?dwell=2&width=64") == Asked(dwell=2.0, width=64)
    assert parse_query(Asked, "a://b") == Asked()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("dwel=2", "unknown parameter 'dwel'; known are: dwell, width"),
        ("width=1&width=2", "parameter width is given twice"),
        ("width=", "parameter width"),
        ("dwell=nan", "parameter dwell"),
    ],
)
def test_bad_queries_are_refused_by_name(query: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_query(Asked, f"a://b?{query}")


@pytest.mark.parametrize("scheme", DEVICES)
def test_every_device_has_an_opener_and_needs_an_instrument_file(scheme: str) -> None:
    assert callable(resolve_name(DEVICES[scheme]))
    with pytest.raises(InputError, match="give --instrument"):
        open_source(f"{scheme}://127.0.0.1")


@pytest.mark.parametrize("scheme", DEVICES)
def test_unknown_parameters_of_a_device_are_named(scheme: str, tmp_path: Path) -> None:
    file = tmp_path / "fake.toml"
    file.write_text(INSTRUMENT_TOML)
    with pytest.raises(InputError, match="unknown parameter 'nonsense'"):
        open_source(f"{scheme}://127.0.0.1?nonsense=1", instrument=file)
