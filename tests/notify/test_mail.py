"""Messages reach a real mail server, or say why not."""

import datetime as dt
import socket

import pytest
from tests.mail_server import MailServer, running_mail_server

from seatkeeper.errors import Refused, Unreachable
from seatkeeper.notify.mail import MailPost
from seatkeeper.ports import Delivery
from seatkeeper.provisioning.message import CHOOSABLE, Message, Topic
from seatkeeper.provisioning.telling import Channel, Parcel

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


def message(title: str = "2 records could not be provisioned to 15Five") -> Message:
    return Message(
        topic=Topic.FAILURES,
        title=title,
        happened="Cause: ImportSkipped",
        app_id="15five",
        app_name="15Five",
        since=AT,
        count=12,
        names=("Ada Larsen", "Grüße <b>Bo</b>"),
        means="Everybody else was provisioned.",
        todo="Fill in their e-mail.",
        commands=("seatkeeper logs 15five --status failure",),
        cycle_number=7,
        cycle_id="c-7",
    )


def parcel(*messages: Message, to: str = "it@larkspur.example", digest: bool = False) -> Delivery:
    told = messages or (message(),)
    return Delivery(1, "key-1", Parcel(Channel.MAIL, to, tuple(told), digest=digest), AT)


def post(server: MailServer) -> MailPost:
    return MailPost(
        server.host,
        server.port,
        sender="seatkeeper@larkspur.example",
        starttls=False,
        url="http://127.0.0.1:8080",
    )


async def test_a_message_arrives_as_text_and_as_html_with_the_same_facts() -> None:
    with running_mail_server() as server:
        await post(server).deliver(parcel())

    [mail] = server.messages
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert text is not None
    assert html is not None
    assert mail["To"] == "it@larkspur.example"
    assert mail["Subject"] == "Seatkeeper: 2 records could not be provisioned to 15Five"
    for fact in ("15Five", "2026-03-02 09:00 UTC", "Ada Larsen", "and 10 more", "c-7", "127.0.0.1"):
        assert fact in text.get_content()
        assert fact in html.get_content()


async def test_a_name_with_tags_in_it_stays_a_name() -> None:
    with running_mail_server() as server:
        await post(server).deliver(parcel())

    [mail] = server.messages
    html = mail.get_body(["html"])
    assert html is not None
    assert "Grüße &lt;b&gt;Bo&lt;/b&gt;" in html.get_content()
    assert "<b>" not in html.get_content()


async def test_the_same_parcel_has_the_same_message_id_each_time() -> None:
    with running_mail_server() as server:
        await post(server).deliver(parcel())
        await post(server).deliver(parcel())

    ids = {str(mail["Message-ID"]) for mail in server.messages}
    assert ids == {"<key-1@larkspur.example>"}


async def test_several_messages_are_one_mail_that_counts_them() -> None:
    with running_mail_server() as server:
        await post(server).deliver(parcel(message("one thing"), message("another thing")))
        await post(server).deliver(parcel(message("one thing"), digest=True))

    gathered, digest = server.messages
    text = gathered.get_body(["plain"])
    assert text is not None
    assert (gathered["Subject"], digest["Subject"]) == (
        "Seatkeeper: 2 messages",
        "Seatkeeper: 1 matter still open",
    )
    assert "1. one thing" in text.get_content()
    assert "2. another thing" in text.get_content()


@pytest.mark.parametrize("topic", CHOOSABLE)
async def test_every_kind_of_message_can_be_shown_even_with_the_least_there_is_to_say(
    topic: Topic,
) -> None:
    with running_mail_server() as server:
        await post(server).deliver(parcel(Message(topic=topic, title="it", happened="It is so.")))

    [mail] = server.messages
    bodies = [mail.get_body([kind]) for kind in ("plain", "html")]
    assert all(body is not None and "It is so." in body.get_content() for body in bodies)


async def test_a_line_break_in_a_title_adds_no_header() -> None:
    with running_mail_server() as server:
        await post(server).deliver(parcel(message("Hello\r\nBcc: everybody@larkspur.example")))

    [mail] = server.messages
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Seatkeeper: Hello Bcc: everybody@larkspur.example"


async def test_a_mail_server_that_is_down_is_unreachable_and_names_the_settings() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        nobody = MailPost("127.0.0.1", taken.getsockname()[1], sender="s@l.example", starttls=False)

        with pytest.raises(Unreachable, match="smtp_host"):
            await nobody.deliver(parcel())


async def test_a_recipient_that_the_server_does_not_know_is_refused_with_its_words() -> None:
    gone = "gone@larkspur.example"
    with (
        running_mail_server(refused=frozenset({gone})) as server,
        pytest.raises(Refused, match="notification address") as caught,
    ):
        await post(server).deliver(parcel(to=gone))

    assert "no such person here" in caught.value.said
    assert server.messages == []


async def test_a_server_without_starttls_gets_no_password() -> None:
    with running_mail_server() as server:
        careful = MailPost(
            server.host, server.port, sender="s@l.example", user="ada", password="p-4711"
        )

        with pytest.raises(Unreachable, match="smtp_starttls") as caught:
            await careful.deliver(parcel())

    assert "p-4711" not in repr(caught.value)
    assert server.messages == []
