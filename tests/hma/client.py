"""What a client of Hasher-Matcher-Actioner does: its words, its parameters, its shapes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.wire import Answer, Wire


class Client:
    """A client with three keys: to look up, to hash, and to keep banks."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def get(self, word: str, who: str = "", **query: str) -> Answer:
        """Ask with GET."""
        return self.wire.call(who or self._who(word), "GET", f"{word}?{urlencode(query)}" if query else word)

    def json(self, method: str, word: str, body: Any = None, who: str = "") -> Answer:
        """Send JSON."""
        return self.wire.call(who or self._who(word), method, word, body)

    def file(self, word: str, data: bytes, *, field: str = "photo", who: str = "", form: Any = None, **query: str) -> Answer:
        """Send a file, in the field that is named after what it is."""
        key = self.wire.keys[who or self._who(word)]
        sent = {field: SimpleUploadedFile("x", data), **(form or {})}
        path = f"{word}?{urlencode(query)}" if query else word
        return Answer(self.wire.client.post(path, sent, headers={"Authorization": f"Bearer {key}"}))

    @staticmethod
    def _who(word: str) -> str:
        return "bank" if word.startswith("/c/") else "lookup"

    def bank(self, name: str = "BRIDGES", **more: Any) -> Any:
        """Make a bank."""
        answer = self.json("POST", "/c/banks", {"name": name, **more})
        assert answer.status == 201, answer.body
        return answer.json

    def signal(self, bank: str, **signals: str) -> int:
        """Bank hashes, and return the number of the content."""
        answer = self.json("POST", f"/c/bank/{quote(bank)}/signal", signals)
        assert answer.status == 200, answer.body
        return int(answer.json["id"])

    def known(self, signal: str, signal_type: str = "pdq", **query: str) -> Any:
        """Return the banks that know a hash."""
        answer = self.get("/m/lookup", signal=signal, signal_type=signal_type, **query)
        assert answer.status == 200, answer.body
        return answer.json
