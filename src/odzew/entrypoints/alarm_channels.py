"""Where alarms ring: mail, ntfy, a webhook, and the demo's page. The words are neutral: no content, no names, nothing to preview."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from odzew.cases.addresses import host_of
from odzew.entrypoints.mail import sending
from odzew.foundation.outgoing import Http, Outgoing
from odzew.foundation.settings import Settings

if TYPE_CHECKING:
    from odzew.usecases.enforce import AlarmSender

SENTENCES: Final[Mapping[str, str]] = {
    "answer_late": "An answer is late.",
    "bank_flood": "A known hash suddenly matches very many things and is in quarantine; a person must look at it.",
    "breaker": "Unusually many reports came in; some hides wait for a person.",
    "changed_after_clearance": "Something that was cleared has changed and needs a new look.",
    "clock_warning": "A time limit is coming near.",
    "danger": "Somebody may be in danger now. Open the desk.",
    "deed_failed": "Something that a time limit asked for failed; the careful outcome was taken.",
    "delivery_failed": "A message could not be sent by a fault of the desk; it is tried again. A person must look.",
    "enrolled": "A person or a source is being enrolled at this desk; it takes force in 24 hours. If that surprises you, look at once.",
    "exchange_gap": "A part of a list of known hashes cannot be read; the rest is. See: odzew exchange list.",
    "exchange_refused": "A service that shares known hashes refuses this desk. See: odzew exchange list.",
    "exchange_stale": "A list of known hashes could not be fetched whole for too long. See: odzew exchange list.",
    "mail_refused": "An answer by mail was refused by a mail server.",
    "mail_unread": "Reports by mail could not be fetched for an hour.",
    "guessing": "Somebody who has the sign-in secret of a person types wrong codes. Ask that person; renew their secret.",
    "not_delivered": "An answer was not delivered.",
    "not_gone": "Something that was ordered hidden can still be seen.",
    "not_hashed": "Files of a platform could not be fetched, so copies that only look like them are not found.",
    "not_restored": "Something that was ordered restored cannot be seen yet.",
    "opinion_given": "An opinion from outside has come. Open the desk and decide the case.",
    "opinion_wanted": "Nobody here can decide a case now; it waits for an opinion from outside. The case says how to ask for one.",
    "overdue": "A case is overdue.",
    "record_damaged": "The record contradicts itself. Keep the server as it is and check the record.",
    "recovery_used": "A person at this desk used a recovery code. If that surprises you, ask that person at once.",
    "refused": "A platform refused an order. A person must act.",
    "renewed": "The second factor of a person at this desk was made anew. If that surprises you, look at once.",
    "returned": "Something that was gone is back; it was ordered hidden again.",
    "test": "This is a test. It shows that alarms arrive.",
}

Channel = Callable[[str, dict[str, Any], datetime], bool]


def words(*, payload: Mapping[str, Any]) -> str:
    """Return the sentence of an alarm, with the number by which a person confirms it."""
    text = SENTENCES.get(str(payload.get("code")), "Something needs a person. Open the desk.")
    number = str(payload.get("alarm") or "")
    return f"Odzew: {text}" + (f" Alarm {number}." if number else "")


def channels(*, chosen: Settings, out: Outgoing) -> dict[str, Channel]:
    """Return the channels that are set, by name."""
    found: dict[str, Channel] = {}
    if chosen.demo:
        found["page"] = lambda _text, _payload, _at: True
    if chosen.alarm_mail and chosen.smtp_url:
        found["mail"] = lambda text, _payload, _at: _mail(chosen, text)
    if chosen.alarm_ntfy:
        found["ntfy"] = lambda text, _payload, _at: _post(out, chosen.alarm_ntfy, text.encode(), "text/plain; charset=utf-8")
    if chosen.alarm_webhook:
        found["webhook"] = lambda text, payload, at: _post(
            out, chosen.alarm_webhook, json.dumps({**payload, "text": text, "at": at.isoformat()}).encode(), "application/json"
        )
    return found


def ring_all(*, chosen: Settings, payload: dict[str, Any], at: datetime, out: Outgoing | None = None) -> dict[str, bool]:
    """Ring every channel that is set; return which of them took it."""
    text = words(payload=payload)
    return {name: channel(text, payload, at) for name, channel in channels(chosen=chosen, out=out or Http()).items()}


def sender(*, chosen: Settings) -> AlarmSender:
    """Return what the worker rings alarms with: True once any channel took it."""

    def send(payload: dict[str, Any], at: datetime) -> bool:
        return any(ring_all(chosen=chosen, payload=payload, at=at).values())

    return send


def _post(out: Outgoing, url: str, body: bytes, kind: str) -> bool:
    host = host_of(url=url)
    reply = out.post(url=url, body=body, headers={"content-type": kind}, hosts=[host], private=[host])
    return 200 <= reply.status < 300


def _mail(chosen: Settings, text: str) -> bool:
    parts = urlsplit(chosen.smtp_url)
    message = EmailMessage()
    message["Subject"] = "Odzew: alarm"
    message["To"] = chosen.alarm_mail
    message["From"] = unquote(parts.username or "") if "@" in unquote(parts.username or "") else chosen.alarm_mail
    message.set_content(text)
    return sending.send(url=chosen.smtp_url, message=message).status == 250
