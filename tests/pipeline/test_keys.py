"""Keys of a host: private files, never overwritten, never used when others can read them; addresses without keys."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import zmq

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.config import Endpoints, Keys, RunConfig
from eclips4d.pipeline.ports import HubPort, PeerPort, publisher, subscriber
from eclips4d.pipeline.security.addresses import is_private
from eclips4d.pipeline.security.keyring import check_endpoints, keyring_of
from eclips4d.pipeline.security.keys import KeyFolder, keys_folder, name_of_host
from eclips4d.pipeline.stage import run_stage

PRIVATE = [
    "ipc:///run/e4d/hub",
    "tcp://127.0.0.1:5555",
    "tcp://127.8.9.1:1",
    "tcp://[::1]:5555",
    "tcp://localhost:5555",
]
OPEN = [
    "tcp://*:5555",
    "tcp://0.0.0.0:5555",
    "tcp://[::]:5555",
    "tcp://192.168.7.2:5555",
    "tcp://[fe80::1]:5555",
    "tcp://recorder:5555",
    "tcp://eth0:5555",
    "tcp://localhost.example.org:5555",
    "tcp://127.0.0.1.example.org:5555",
    "ipc://@e4d-hub",
]
NONE = ["", "hub", "udp://127.0.0.1:5555", "pgm://eth0;239.0.0.1:5555", "tcp://", "/run/e4d/hub"]


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def config(folder: Path, hub: str = "tcp://192.168.7.2:5555", **settings: object) -> RunConfig:
    ends = Endpoints(hub=hub, surfaces="ipc:///run/e4d/s", notices="ipc:///run/e4d/n")
    values = {"run_id": "r", "source": "s", "out": folder / "o.zarr", "spill_dir": folder / "spill", "endpoints": ends}
    return RunConfig.model_validate(values | settings)


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_pair_comes_back_as_it_was_made_and_its_halves_belong_together(folder: KeyFolder) -> None:
    made = folder.make("lab")
    assert folder.pair("lab") == folder.pair() == made
    assert zmq.curve_public(made.secret) == made.public == folder.public("lab")
    assert folder.make("other").secret != made.secret


def test_only_the_owner_reads_the_secret_whatever_the_umask(folder: KeyFolder) -> None:
    before = os.umask(0)
    try:
        folder.make("lab")
    finally:
        os.umask(before)
    assert mode(folder.path) == mode(folder.path / "allowed") == 0o700
    assert mode(folder.path / "lab.key") == 0o600
    secret = folder.pair("lab").secret.decode()
    assert secret not in (folder.path / "lab.pub").read_text()
    assert secret not in repr(folder.pair("lab"))


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o610])
def test_a_secret_that_others_can_reach_is_not_used(folder: KeyFolder, bits: int) -> None:
    folder.make("lab")
    (folder.path / "lab.key").chmod(bits)
    with pytest.raises(InputError, match=r"lab\.key: others can read this secret key; chmod 600"):
        folder.pair("lab")


def test_a_key_is_never_overwritten(folder: KeyFolder) -> None:
    made = folder.make("lab")
    with pytest.raises(InputError, match="there is such a key pair already"):
        folder.make("lab")
    assert folder.pair("lab") == made


@pytest.mark.parametrize("name", ["", ".", "..", "../lab", "a/b", "a.b", "-x", "a" * 64, "lab\n", "ä", "*"])
def test_a_name_that_could_lead_elsewhere_is_none(folder: KeyFolder, name: str) -> None:
    for use in (folder.make, folder.pair, folder.public, folder.deny):
        with pytest.raises(InputError, match="is no name of a key"):
            use(name)
    assert not folder.path.exists()


def test_which_pair_is_asked_for_when_it_is_not_clear(folder: KeyFolder) -> None:
    with pytest.raises(InputError, match="there is none; make one with"):
        folder.pair()
    folder.make("lab")
    folder.make("hall")
    with pytest.raises(InputError, match=r"there are hall, lab; say which in \[keys\] own"):
        folder.pair()
    with pytest.raises(MissingInputError, match="no such key pair"):
        folder.pair("attic")


def test_hosts_are_let_in_and_shut_out_by_their_public_keys(folder: KeyFolder, tmp_path: Path) -> None:
    other = KeyFolder(tmp_path / "other host")
    public = other.make("microscope").public
    assert folder.allowed() == {}
    for _ in range(2):
        assert folder.allow(other.path / "microscope.pub") == "microscope"
    assert folder.allowed() == {public: "microscope"}
    assert folder.public("microscope") == public
    folder.deny("microscope")
    assert folder.allowed() == {}
    with pytest.raises(MissingInputError, match="no such key is allowed"):
        folder.deny("microscope")


def test_a_name_stands_for_one_key(folder: KeyFolder, tmp_path: Path) -> None:
    hosts = [KeyFolder(tmp_path / str(k)) for k in range(2)]
    for host in hosts:
        host.make("microscope")
    folder.allow(hosts[0].path / "microscope.pub")
    with pytest.raises(InputError, match="first: eclips4d keys deny microscope"):
        folder.allow(hosts[1].path / "microscope.pub")
    hosts[0].allow(hosts[0].path / "microscope.pub")
    with pytest.raises(InputError, match="this host has a key pair called 'microscope'"):
        hosts[0].allow(hosts[1].path / "microscope.pub")


@pytest.mark.parametrize("text", ["", "public = 3", 'public = "short"', 'public = "' + "a" * 39 + '"', "\x00", "{"])
def test_what_is_no_key_is_refused(folder: KeyFolder, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.pub").write_text(text)
    with pytest.raises(InputError, match=r"x\.pub"):
        folder.allow(tmp_path / "x.pub")


def test_a_host_has_a_name_and_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert keys_folder() == tmp_path / "eclips4d" / "keys"
    for host, name in (("lab-7.example.org", "lab-7"), ("-_", "host"), ("Mikro_ß", "Mikro_-")):
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        assert name_of_host() == name


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_makes_lists_allows_and_denies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, there = ["--folder", str(tmp_path / "here")], ["--folder", str(tmp_path / "there")]
    assert main(["keys", "make", "microscope", *there]) == 0
    assert main(["keys", "make", *here]) == 0
    assert main(["keys", "allow", str(tmp_path / "there" / "microscope.pub"), *here]) == 0
    capsys.readouterr()
    assert main(["keys", "list", *here]) == 0
    listed = capsys.readouterr().out
    public = KeyFolder(tmp_path / "there").pair().public.decode()
    assert f"allowed  microscope  {public}" in listed
    assert KeyFolder(tmp_path / "here").pair().secret.decode() not in listed
    assert main(["keys", "deny", "microscope", *here]) == 0
    capsys.readouterr()
    assert main(["keys", "list", *here]) == 0
    assert "allowed" not in capsys.readouterr().out


def test_what_the_command_cannot_do_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["deny", "nobody"], ["allow", str(tmp_path / "nothing.pub")], ["make", "../up"]):
        assert main(["keys", *words, "--folder", str(tmp_path / "keys")]) == 2
        error = capsys.readouterr().err
        assert error.startswith("eclips4d: ")
        assert error.count("\n") == 1


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_only_this_host_reaches_needs_no_keys(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", OPEN)
def test_an_address_that_others_reach_is_refused_without_keys_wherever_it_is_used(address: str, tmp_path: Path) -> None:
    assert not is_private(address)
    with pytest.raises(InputError, match=r"others can reach this address, and there are no keys; use ipc://"):
        check_endpoints(config(tmp_path, address), "storage")
    with zmq.Context() as context:
        for use in (
            lambda: HubPort(context, address),
            lambda: PeerPort(context, address, "x"),
            lambda: publisher(context, address),
            lambda: subscriber(context, address),
        ):
            with pytest.raises(InputError, match="others can reach this address"):
                use()


@pytest.mark.parametrize("address", NONE)
def test_what_is_no_address_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no address of a stage"):
        check_endpoints(config(tmp_path, address), "storage")


def test_a_stage_with_an_open_address_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tcp://192\.168\.7\.2:5555: others can reach this address"):
        run_stage("acquisition", config(tmp_path))


def test_with_keys_an_open_address_is_fine_for_whom_others_expect(folder: KeyFolder, tmp_path: Path) -> None:
    folder.make("recorder")
    host = KeyFolder(tmp_path / "microscope")
    host.make("microscope")
    host.allow(folder.path / "recorder.pub")
    recorder = config(tmp_path, keys=Keys(hub="recorder", folder=folder.path))
    microscope = config(tmp_path, keys=Keys(hub="recorder", folder=host.path))
    for stage in ("storage", "registration", "inference"):
        check_endpoints(recorder, stage)
    check_endpoints(microscope, "acquisition")
    with pytest.raises(InputError, match="the others expect another key of storage than 'microscope'"):
        check_endpoints(microscope, "storage")
    with pytest.raises(InputError, match="the others expect another key of registration"):
        check_endpoints(microscope, "registration")


def test_without_the_key_of_the_other_host_there_is_no_keyring(folder: KeyFolder, tmp_path: Path) -> None:
    folder.make("microscope")
    with pytest.raises(InputError, match=r"no public key 'recorder'; take it in with"):
        keyring_of(config(tmp_path, keys=Keys(hub="recorder", folder=folder.path)))
    assert keyring_of(config(tmp_path)) is None


def test_the_folder_is_asked_for_each_newcomer(tmp_path: Path) -> None:
    from eclips4d.pipeline.security.keyring import keyring_of

    folder, host = KeyFolder(tmp_path / "keys"), KeyFolder(tmp_path / "host")
    own, other = folder.make("recorder"), host.make("microscope")
    keyring = keyring_of(config(tmp_path, keys=Keys(hub="recorder", folder=folder.path)))
    assert keyring is not None
    assert dict(keyring.allowed()) == {own.public: "recorder"}
    folder.allow(host.path / "microscope.pub")
    assert dict(keyring.allowed()) == {own.public: "recorder", other.public: "microscope"}
