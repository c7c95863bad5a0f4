"""Project Arachnid Shield of the Canadian Centre for Child Protection: asked about hashes, HTTP Basic.

Source: the public Arachnid Shield API, `POST v1/pdq/`. Only hashes are sent, never a picture. It knows more words than are written
down; one that is not known here is looked at by a person, like a match that is only near.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from odzew.banks.data import BankOpinion
from odzew.exchanges.data import Answered, Asking, Unreadable
from odzew.exchanges.forms.reading import basic, read_json, word

UNKNOWN: Final = "no-known-match"


class Arachnid:
    """The form of Project Arachnid Shield."""

    name = "arachnid"
    title = "Project Arachnid Shield"
    environments: Mapping[str, str] = {"main": "https://shield.projectarachnid.com"}
    secrets: tuple[str, ...] = ("user", "password")
    more_secrets: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    opinion: BankOpinion = "seed"
    at_once = 100

    def child(self, *, environment: str) -> bool | None:
        """Abuse material, and what else harms children."""
        return True

    def ask_about(self, *, values: tuple[bytes, ...], secrets: Mapping[str, str]) -> Asking:
        """Return the request about PDQ hashes."""
        body = json.dumps({"hashes": [base64.b64encode(v).decode() for v in values]}).encode()
        headers = {"accept": "application/json", "content-type": "application/json", **basic(secrets=secrets)}
        return Asking(path="/v1/pdq/", method="POST", headers=headers, body=body)

    def read_answers(self, *, body: bytes, values: tuple[bytes, ...]) -> tuple[Answered, ...]:
        """Return what it said of each of these hashes that it knows.

        Raises `Unreadable`, also when one of the hashes is missing from the answer: then nobody knows what it would have said of it.
        """
        scanned = read_json(body=body).get("scanned_hashes")
        if not isinstance(scanned, dict):
            raise Unreadable("no answers")
        found = []
        for value in values:
            name = base64.b64encode(value).decode()
            if name not in scanned:
                raise Unreadable("an answer is missing")
            said = scanned[name]
            if said is None:
                continue
            if not isinstance(said, dict):
                raise Unreadable("an answer is no object")
            try:
                classification = word(value=said.get("classification"))
            except ValueError as error:
                raise Unreadable("an answer without its word") from error
            if classification != UNKNOWN:
                found.append(Answered(value=value, classification=classification, exact=said.get("match_type") == "exact"))
        return tuple(found)
