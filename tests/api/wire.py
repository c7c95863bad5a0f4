"""Calling the desk as programs do."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.test import Client

from odzew.foundation.moments import utc_now
from odzew.foundation.writes import fetch_all
from odzew.ledger.people import add_program, new_person_key
from tests.cast import Story

TABLES = (
    "notices_notice", "notices_handling", "cases_case", "cases_item", "cases_copyset", "cases_address", "cases_account", "cases_media",
    "cases_spread", "cases_clock", "decisions_decision", "decisions_appeal", "ledger_event", "ledger_delivery", "ledger_personal_text",
)  # fmt: skip
NOTICE: dict[str, Any] = {
    "source": "user",
    "concern": {"kind": "csam", "minor": True, "claimant": "depicted", "flags": []},
    "where": [{"item_id": "post-1"}],
}
ITEM: dict[str, Any] = {
    "kind": "post",
    "url": "https://kladka.example/posts/post-1",
    "account": {"id": "uploader"},
    "created_at": "2026-03-02T09:00:00Z",
    "media": [{"id": "m-1", "url": "https://kladka.example/media/m-1", "hashes": [{"type": "sha256", "value": "ab" * 32}]}],
    "spread": {"views": 10, "reposts": 1, "at": "2026-03-02T09:00:00Z"},
}


# What begins so is an address; all else is one of the API.
ROOTS = ("api", "healthz", "readyz", "metrics", "h", "m", "c")
OTHERS = ("lead", "safety_officer", "specialist", "auditor", "operator", "outside")


class Answer:
    """What came back."""

    def __init__(self, response: Any) -> None:
        self.status, self.headers, self.body = response.status_code, response.headers, response.content
        self.type = response.headers.get("Content-Type", "")

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Wire:
    """The desk of a story with the keys of everybody."""

    def __init__(self, *, people: int = 3, others: tuple[str, ...] = OTHERS) -> None:
        self.story = Story(people=people, start=utc_now())
        now = self.story.now
        self.client = Client(raise_request_exception=False)
        for role in others:
            self.story.hire(f"{role} {uuid.uuid4()}", role)
        self.keys = dict.fromkeys(("reviewer", "reviewer2", "reviewer3"), "")
        names = [*("reviewer", "reviewer2", "reviewer3")[:people], *others]
        for name, person in zip(names, self.story.people, strict=True):
            self.keys[name] = new_person_key(person=person.id, now=now)
        for scope in ("notices", "items", "read", "appeals", "check", "lookup", "bank", "metrics"):
            self.keys[scope] = self.program(scope)
        self.keys["platform"] = self.program("notices", "items", "read", "appeals")
        self.keys["other"] = add_program(
            name="other",
            scopes=frozenset({"notices", "items", "read", "appeals"}),
            sources=frozenset({"user"}),
            now=now,
        )

    def program(self, *scopes: str, limit: int | None = None) -> str:
        """Enrol a program of the story's platform and return its key."""
        return add_program(
            name="-".join(scopes),
            scopes=frozenset(scopes),
            sources=frozenset({"user", "automatic"}),
            platform=self.story.platform,
            now=self.story.now,
            limit_per_second=limit,
        )

    def call(
        self, who: str, method: str, path: str, body: Any = None, *, type: str = "application/json", **headers: str  # noqa: A002
    ) -> Answer:  # fmt: skip
        """Call the API as somebody (a name of `keys`, a key, or nobody at all for an empty string)."""
        key = self.keys.get(who, who)
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": type, "Content-Length": str(len(data))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        path = path if path.startswith("/") and path.split("/")[1] in ROOTS else f"/api/v1{path}"
        return Answer(self.client.generic(method, path, data, content_type=type, headers=sent))

    def notice(self, who: str = "platform", **changes: Any) -> Answer:
        """Send a notice, changed."""
        return self.call(who, "POST", "/notices", {**NOTICE, **changes})

    def item(self, item: str = "post-1", who: str = "platform", **changes: Any) -> Answer:
        """Register an item, changed."""
        return self.call(who, "PUT", f"/items/{item}", {**ITEM, **changes})

    def decide(self, who: str, case: str, outcome: str, **headers: str) -> Answer:
        """Decide a case."""
        body = {"outcome": outcome, "ground": "child_safety", "reason": "Seen."}
        return self.call(who, "POST", f"/cases/{case}/decisions", body, **headers)


def rows() -> dict[str, int]:
    """Count the rows of every table that an act writes to."""
    return {table: fetch_all(f"SELECT count(*) FROM {table}", [])[0][0] for table in TABLES}  # noqa: S608
