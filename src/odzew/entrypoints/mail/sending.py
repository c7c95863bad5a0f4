"""Out by SMTP: alarms, and answers to reporters."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from odzew.foundation.moments import utc_now
from odzew.foundation.outgoing import Reply
from odzew.foundation.settings import Settings

if TYPE_CHECKING:
    from odzew.usecases._mailing import MailSender, Outmail

SECONDS: Final = 8.0


def sender(*, chosen: Settings) -> MailSender | None:
    """Return what the worker mails answers with, or None while the settings name no mail server or no address of the desk."""
    if not (chosen.smtp_url and chosen.mail_address):
        return None
    return lambda mail: send(
        url=chosen.smtp_url, message=message(mail=mail, origin=chosen.mail_address), origin=chosen.mail_address
    )


def message(*, mail: Outmail, origin: str) -> EmailMessage:
    """Return a mail to a reporter as it goes out: plain text, and marked so that no program answers it (RFC 3834)."""
    out = EmailMessage()
    out["Subject"] = mail.subject
    out["From"] = origin
    out["To"] = mail.to
    out["Date"] = format_datetime(utc_now())
    out["Message-ID"] = mail.message_id
    if mail.replies_to:
        out["In-Reply-To"] = mail.replies_to
    out["Auto-Submitted"] = "auto-replied"
    out["X-Auto-Response-Suppress"] = "All"
    out.set_content(mail.text)
    out["Content-Language"] = mail.language  # after the words: setting them takes away every header of content
    return out


def send(*, url: str, message: EmailMessage, origin: str = "") -> Reply:
    """Hand a message to the mail server of `url`; return its status, 0 if it could not be spoken to.

    A 5xx says that it is not for this address; what the server says of us (its login, our own address) can be mended, so it is 0.
    """
    parts = urlsplit(url)
    try:
        with connect(scheme=parts.scheme, host=parts.hostname or "localhost", port=parts.port) as server:
            if parts.username:
                if not isinstance(server.sock, ssl.SSLSocket):
                    return Reply(status=0, error="no-tls")  # a password never goes in the clear
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message, from_addr=origin or None)
    except smtplib.SMTPRecipientsRefused as refused:
        status = max((_of_the_address(code, words) for code, words in refused.recipients.values()), default=0)
        return Reply(status=status, error="recipient-refused")
    except smtplib.SMTPDataError as refused:
        return Reply(status=min(refused.smtp_code, 499), error=f"refused-{refused.smtp_code}")
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return Reply(status=0, error=type(error).__name__)
    return Reply(status=250)


def _of_the_address(code: int, words: bytes | str) -> int:
    """What a refusal says of the address; one for a login or a rule (RFC 3463, 5.7) says something of us, and can be mended."""
    told = words if isinstance(words, bytes) else words.encode("utf-8", "replace")
    return min(code, 499) if code == 530 or told.lstrip().startswith(b"5.7.") else code


def connect(*, scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    """Connect to a mail server; with TLS where it offers it."""
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=context)
    server = smtplib.SMTP(host, port or 587, timeout=SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
    return server
