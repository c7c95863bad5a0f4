"""Receives the desk's webhooks in the Standard Webhooks form: verified, obeyed once, and written down."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any, Final

from odzew.entrypoints.kladka.control import Control
from odzew.entrypoints.kladka.measures import deliver, moment, obey
from odzew.entrypoints.kladka.records import stamp
from odzew.entrypoints.kladka.store import Store
from odzew.entrypoints.kladka.web import Refused, Request, Response, as_json

TOLERANCE: Final = 300
KEPT: Final = 2_000
LETTERS: Final = ("answer.ready", "statement.ready")


def secret_bytes(secret: str) -> bytes:
    """Return the key in a `whsec_` secret; ValueError if there is none."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    except binascii.Error as error:
        raise ValueError("the webhook secret is not base64") from error
    if not key:
        raise ValueError("the webhook secret is empty")
    return key


def genuine(*, key: bytes, headers: tuple[str, str, str], body: bytes, now: float) -> bool:
    """Tell whether id, timestamp and signatures belong to this body and the timestamp is at most five minutes off."""
    message_id, timestamp, signatures = headers
    if not message_id or not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > TOLERANCE:
        return False
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    return any(
        version == "v1" and hmac.compare_digest(right, value.encode())
        for version, _, value in (part.partition(",") for part in signatures.split(" "))
    )


class Receiver:
    """The address `/webhooks` and the list of what came there."""

    def __init__(self, *, store: Store, control: Control, secret: str) -> None:
        self._store = store
        self._control = control
        self._key = secret_bytes(secret)
        self._log: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def receive(self, request: Request) -> Response:
        """Answer one webhook and write down what came of it."""
        entry: dict[str, Any] = {"type": None, "measure_id": None, "at": stamp(now=datetime.now(UTC)), "acted": False}
        status, outcome = 500, "broke"
        try:
            status, outcome = 200, self._take(request, entry)
        except Refused as refused:
            status, outcome = refused.status, refused.sentence
            raise
        finally:
            with self._lock:
                self._log.append({**entry, "status": status, "outcome": outcome})
        return as_json({"status": outcome})

    def seen(self) -> list[dict[str, Any]]:
        """Return what came, oldest first."""
        with self._lock:
            return list(self._log)

    def _take(self, request: Request, entry: dict[str, Any]) -> str:
        headers = (request.header("webhook-id"), request.header("webhook-timestamp"), request.header("webhook-signature"))
        entry["webhook_id"] = headers[0]
        body = request.body()
        setting = self._control.setting()
        if setting.mode == "down":
            raise Refused(503, "The platform is down.")
        if not genuine(key=self._key, headers=headers, body=body, now=time.time()):
            raise Refused(401, "The signature or the timestamp is not right.")
        kind, data, sent = _event(body)
        for name in ("measure_id", "measure"):
            entry[name] = data.get(name)
        entry["type"] = kind
        if setting.mode == "slow":
            self._control.sleep(setting.delay)
        if self._control.setting().mode == "lying":
            return "accepted"
        outcome = self._act(kind, data, headers[0], _ordered_at(data, sent, float(headers[1])))
        entry["acted"] = outcome == "acted"
        return "accepted" if outcome == "acted" else outcome

    def _act(self, kind: str, data: dict[str, Any], message_id: str, ordered_at: float) -> str:
        if kind not in {"measure.ordered", *LETTERS}:
            return "ignored"
        keys = [f"webhook:{message_id}"]
        if kind == "measure.ordered":
            if not isinstance(data.get("measure_id"), str) or not data["measure_id"]:
                raise Refused(422, "A measure needs a measure_id.")
            keys.append(f"measure:{data['measure_id']}")
        with self._store.change():
            if any(self._store.seen(key) for key in keys):
                return "duplicate"
            if kind == "measure.ordered":
                outcome = obey(store=self._store, data=data, ordered_at=ordered_at)
            else:
                outcome = deliver(store=self._store, kind=kind, data=data, letter_id=message_id)
            self._store.remember(*keys)
            return outcome


def _event(body: bytes) -> tuple[str, dict[str, Any], object]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The body is not JSON.") from error
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or not isinstance(event.get("data"), dict):
        raise Refused(400, 'The body has the form {"type", "timestamp", "data"}.')
    return event["type"], event["data"], event.get("timestamp")


def _ordered_at(data: dict[str, Any], sent: object, header: float) -> float:
    """When it was ordered: what the payload says, else when the event happened, else when this attempt was made."""
    for value in (data.get("ordered_at"), data.get("timestamp"), sent):
        when = moment(value) if value is not None else None
        if when is not None:
            return when
    return header
