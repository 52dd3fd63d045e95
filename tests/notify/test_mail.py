"""Notices reach a real mail server, or say why not."""

import socket

import pytest
from tests.mail_server import MailServer, running_mail_server

from seatkeeper.errors import Refused, Unreachable
from seatkeeper.notify.mail import MailPost
from seatkeeper.ports import Notice


def notice(
    subject: str = "15Five: the token was not accepted", to: str = "it@larkspur.example"
) -> Notice:
    return Notice(1, to, subject, "Generate a new token.\n\nGrüße, Seatkeeper")


def post(server: MailServer) -> MailPost:
    return MailPost(server.host, server.port, sender="seatkeeper@larkspur.example", starttls=False)


async def test_a_notice_arrives_as_plain_text_with_its_subject() -> None:
    with running_mail_server() as server:
        await post(server).deliver(notice())

    [mail] = server.messages
    assert (mail["To"], mail["Subject"]) == (notice().recipient, notice().subject)
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == notice().body.splitlines()


async def test_a_line_break_in_a_subject_adds_no_header() -> None:
    with running_mail_server() as server:
        await post(server).deliver(notice(subject="Hello\r\nBcc: everybody@larkspur.example"))

    [mail] = server.messages
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: everybody@larkspur.example"


async def test_a_mail_server_that_is_down_is_unreachable_and_names_the_settings() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        nobody = MailPost("127.0.0.1", taken.getsockname()[1], sender="s@l.example", starttls=False)

        with pytest.raises(Unreachable, match="smtp_host"):
            await nobody.deliver(notice())


async def test_a_recipient_that_the_server_does_not_know_is_refused_with_its_words() -> None:
    with running_mail_server(refused=frozenset({"gone@larkspur.example"})) as server:
        with pytest.raises(Refused, match="notification address") as caught:
            await post(server).deliver(notice(to="gone@larkspur.example"))

    assert "no such person here" in caught.value.said
    assert server.messages == []


async def test_a_server_without_starttls_gets_no_password() -> None:
    with running_mail_server() as server:
        careful = MailPost(
            server.host, server.port, sender="s@l.example", user="ada", password="p-4711"
        )

        with pytest.raises(Unreachable, match="smtp_starttls") as caught:
            await careful.deliver(notice())

    assert "p-4711" not in repr(caught.value)
    assert server.messages == []
