"""A webhook gets signed JSON that whoever knows the key can check, and nobody else is asked."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from functools import partial

import pytest
from tests.notify.test_mail import AT, message
from tests.webhook_receiver import Receiver, running_receiver

from seatkeeper.connectors.posting import post_message
from seatkeeper.errors import Refused, Unreachable
from seatkeeper.notify.webhook import WebhookPost, shown_key
from seatkeeper.ports import Delivery
from seatkeeper.provisioning.telling import Channel, Parcel

KEY = b"a key of thirty-two bytes, of us"
LATER = AT + dt.timedelta(hours=1)


def post(*, allow_loopback: bool = True) -> WebhookPost:
    return WebhookPost(
        partial(post_message, allow_loopback=allow_loopback),
        lambda _: KEY,
        lambda: LATER,
        url="http://127.0.0.1:8080",
    )


def delivery(receiver: Receiver) -> Delivery:
    return Delivery(1, "key-1", Parcel(Channel.WEBHOOK, receiver.url, (message(),)), AT)


async def test_a_message_arrives_as_json_under_a_signature_of_id_time_and_body() -> None:
    with running_receiver() as receiver:
        await post().deliver(delivery(receiver))

    [got] = receiver.received
    told = json.loads(got.body)
    moment = got.headers["webhook-timestamp"]
    wanted = hmac.new(KEY, b"key-1." + moment.encode() + b"." + got.body, hashlib.sha256).digest()
    assert got.path == "/hooks/seatkeeper"
    assert got.headers["webhook-id"] == told["id"] == "key-1"
    assert moment == str(int(LATER.timestamp()))
    assert got.headers["webhook-signature"] == "v1," + base64.b64encode(wanted).decode()
    assert got.headers["content-type"] == "application/json"
    assert "authorization" not in got.headers
    assert told["messages"][0]["topic"] == "failures"
    assert told["messages"][0]["names"] == ["Ada Larsen", "Grüße <b>Bo</b>"]


async def test_the_body_is_the_same_at_each_try_and_only_the_time_of_sending_differs() -> None:
    with running_receiver(503) as receiver:
        with pytest.raises(Unreachable, match="answered 503"):
            await post().deliver(delivery(receiver))

        await post().deliver(delivery(receiver))

    first, second = receiver.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_a_redirect_is_not_followed() -> None:
    with running_receiver(307) as receiver:
        with pytest.raises(Refused, match="answered 307") as caught:
            await post().deliver(delivery(receiver))

    assert len(receiver.received) == 1
    assert "not followed" in caught.value.advice


async def test_a_webhook_on_this_machine_is_not_asked_unless_that_is_allowed() -> None:
    with running_receiver() as receiver:
        with pytest.raises(Refused, match="requests do not go there"):
            await post(allow_loopback=False).deliver(delivery(receiver))

    assert receiver.received == []


async def test_a_name_that_leads_into_a_private_network_is_not_asked() -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.0.0.7"]

    with pytest.raises(Unreachable, match=r"10\.0\.0\.7"):
        await post_message("https://hooks.larkspur.example/", b"{}", {}, resolver=inside)


def test_a_key_is_shown_as_libraries_for_such_webhooks_read_it() -> None:
    shown = shown_key(KEY)

    assert base64.b64decode(shown.removeprefix("whsec_")) == KEY
