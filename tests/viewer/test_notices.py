import pytest
import zmq

from eclips4d.core.errors import InputError
from eclips4d.core.wire import encode
from eclips4d.viewer.notices import Notices


def test_the_last_notice_wins_and_damage_is_counted(tmp_path, notice):
    address = f"ipc://{tmp_path}/notices"
    with zmq.Context() as context, context.socket(zmq.XPUB) as publisher, Notices(address) as heard:
        publisher.setsockopt(zmq.LINGER, 0)
        publisher.bind(address)
        assert publisher.poll(5000), "the subscription arrives"
        publisher.recv()
        for recorded in (1, 2):
            publisher.send_multipart(encode(notice(recorded=recorded)))
        publisher.send(b"not one of ours")
        publisher.send_multipart(encode(notice(recorded=3)))
        newest = None
        while newest is None or newest.recorded < 3:
            assert heard._socket.poll(5000) or newest is not None
            newest = heard.newest() or newest
        assert heard.damaged == 1
        assert heard.newest() is None


def test_a_wrong_address_is_said():
    with pytest.raises(InputError, match="not an address"):
        Notices("nonsense")
