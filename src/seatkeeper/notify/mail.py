"""Hand a parcel to a mail server over SMTP.

After the walk: what to tell whom was decided before, and whether to try again
is decided by the caller. A mail has its words as plain text and as HTML; nothing
in them can add a header. Its Message-ID follows from the parcel's key, so that
one that is handed over twice can be told for one.
"""

from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final

import aiosmtplib

from seatkeeper.errors import Refused, Unreachable
from seatkeeper.notify.rendering import as_html, as_text, one_line, subject
from seatkeeper.ports import Delivery
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
        url: str = "",
    ) -> None:
        """``roots`` is a file of certificates trusted beside the usual ones, ``url`` our page."""
        self._host = host
        self._port = port
        self._sender = sender
        self._user = user
        self._password = password
        self._starttls = starttls
        self._roots = roots
        self._url = url

    async def deliver(self, delivery: Delivery) -> None:
        """Hand the parcel over; raises ``Unreachable`` or ``Refused``."""
        where = f"The mail server {self._host}, port {self._port},"
        fault: Unreachable | Refused
        try:
            await aiosmtplib.send(
                written(delivery, self._sender, self._url),
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


def written(delivery: Delivery, sender: str, url: str) -> EmailMessage:
    """Return the mail: the same words as text and as HTML, each header on one line."""
    mail = EmailMessage()
    mail["From"] = one_line(sender)
    mail["To"] = one_line(delivery.parcel.address)
    mail["Subject"] = subject(delivery.parcel)
    mail["Date"] = delivery.at
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{delivery.key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(as_text(delivery.parcel, url))
    mail.add_alternative(as_html(delivery.parcel, url), subtype="html")
    return mail


def _said(text: str) -> str:
    return one_line(text)[:200]


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
        url=settings.public_url,
    )
