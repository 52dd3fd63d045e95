"""Hand a notice to a mail server over SMTP.

After the walk: what to tell whom was decided before, and whether to try again
is decided by the caller. Text is plain; nothing in a notice can add a header.
"""

from email.message import EmailMessage
from typing import Final

import aiosmtplib

from seatkeeper.errors import Refused, Unreachable
from seatkeeper.ports import Notice
from seatkeeper.settings import Settings

SECONDS: Final = 20.0


class MailPost:
    """A mail server; implements ``ports.Post``."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        user: str = "",
        password: str = "",
        starttls: bool = True,
        roots: str | None = None,
    ) -> None:
        """``roots`` is a file of certificates trusted beside the usual ones."""
        self._host = host
        self._port = port
        self._sender = sender
        self._user = user
        self._password = password
        self._starttls = starttls
        self._roots = roots

    async def deliver(self, notice: Notice) -> None:
        """Hand the notice over; raises ``Unreachable`` or ``Refused``."""
        where = f"The mail server {self._host}, port {self._port},"
        fault: Unreachable | Refused
        try:
            await aiosmtplib.send(
                written(notice, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user or None,
                password=self._password or None,
                use_tls=False,
                start_tls=self._starttls,
                cert_bundle=self._roots,
                timeout=SECONDS,
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            fault = Refused(
                f"{where} did not accept user name and password.",
                advice="Check the settings smtp_user and smtp_password.",
                said=_said(error.message),
                status=error.code,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            answers = [one.message for one in error.recipients]
            fault = Refused(
                f"{where} does not take mail for the notification address.",
                advice="Check the notification address of the app.",
                said=_said("; ".join(answers)),
            )
        except aiosmtplib.SMTPResponseException as error:
            kind = Unreachable if 400 <= error.code < 500 else Refused
            fault = kind(
                f"{where} did not take the mail ({error.code}).",
                advice="Read what it said; the sender's address may not be allowed there.",
                said=_said(error.message),
                status=error.code,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            fault = Unreachable(
                f"{where} cannot be reached, or does not offer what is asked of it.",
                advice="Check the settings smtp_host, smtp_port and smtp_starttls.",
                said=_said(str(error)),
            )
        else:
            return
        # Raised outside the block: an error of the mail library may quote what was sent.
        raise fault


def written(notice: Notice, sender: str) -> EmailMessage:
    """Return the mail: plain text, each header on one line."""
    mail = EmailMessage()
    mail["From"] = _one_line(sender)
    mail["To"] = _one_line(notice.recipient)
    mail["Subject"] = _one_line(notice.subject)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(notice.body)
    return mail


def _one_line(text: str) -> str:
    """Return ``text`` without line breaks or controls, so that no header can be smuggled in."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _said(text: str) -> str:
    return _one_line(text)[:200]


def mail_post(settings: Settings) -> MailPost | None:
    """Return the mail server that the settings name, or none where they name none."""
    if not settings.smtp_host:
        return None
    return MailPost(
        settings.smtp_host,
        settings.smtp_port,
        sender=settings.smtp_from,
        user=settings.smtp_user,
        password=settings.smtp_password,
        starttls=settings.smtp_starttls,
    )
