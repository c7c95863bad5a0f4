"""The cast of the tests, on a desk of any size, with the time in our hands."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from odzew.cases.data import Place
from odzew.cases.register import ItemIn, MediaIn
from odzew.foundation.outgoing import Reply
from odzew.foundation.secrets import Keys
from odzew.ledger.people import (
    Caller,
    PersonView,
    add_person,
    add_platform,
    add_program,
    caller_of_key,
    caller_of_person,
    enrol_second_factor,
)
from odzew.matching.api import Index
from odzew.notices.data import Concern, NewNotice, Receipt
from odzew.policy.load import load_policy
from odzew.policy.rules import DoubleRule
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases._mailing import MailSender
from odzew.usecases.clock_ran_out import clock_ran_out
from odzew.usecases.decide import Decided, decide
from odzew.usecases.desk import Desk
from odzew.usecases.enforce import enforce
from odzew.usecases.find_copies import find_copies
from odzew.usecases.receive_notice import receive_notice
from odzew.usecases.register_items import register_items

KEYS = Keys(master=b"odzew tests: not a real key 1234")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SHIPPED = load_policy(text=shipped_policy_text())
# Nothing is drawn for a second look unless a test says so: an id made by chance decides nothing in a test.
POLICY = replace(SHIPPED, double=DoubleRule(share=0.0, queues={}, kinds={}))


@dataclass
class PretendPlatform:
    """What the desk sees of a platform: it obeys, lies, refuses or is away, as told."""

    mode: str = "honest"
    status: dict[str, int] = field(default_factory=dict)
    stuck: dict[str, int] = field(default_factory=dict)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    acted: set[str] = field(default_factory=set)

    def post(self, *, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Take a webhook."""
        import json

        if self.mode == "down":
            return Reply(status=0, error="no-answer")
        if self.mode.isdigit():
            return Reply(status=int(self.mode))
        message = json.loads(body)
        self.inbox.append(message)
        if self.mode == "lying" or message["type"] != "measure.ordered":
            return Reply(status=200)
        data = message["data"]
        if data["measure_id"] not in self.acted:
            self.acted.add(data["measure_id"])
            for place in self._places(data):
                self.status[place] = {"withhold": 451, "remove": 410, "restore": 200}[data["measure"]]
        return Reply(status=202)

    @staticmethod
    def _places(data: dict[str, Any]) -> list[str]:
        item = data.get("item")
        return [item["url"], *(m["url"] for m in item["media"])] if item else []

    def look(self, *, url: str, hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Show what a stranger sees."""
        return Reply(status=0 if self.mode == "down" else self.stuck.get(url, self.status.get(url, 200)))


class Story:
    """A desk with people, one platform, and a clock that only moves when told."""

    def __init__(self, *, people: int = 3, start: datetime = START, share: float = 0.0) -> None:
        self.now = start
        policy = replace(POLICY, double=replace(POLICY.double, share=share))
        self.desk = Desk(keys=KEYS, policy=policy, size_cached_for=timedelta(0))
        self.platform_side = PretendPlatform()
        view, _ = add_platform(
            name=f"Kładka {uuid.uuid4()}",
            hosts=["kladka.example"],
            private_hosts=[],
            webhook="https://kladka.example/webhooks",
            keys=KEYS,
            now=start,
        )
        self.platform = view.id
        key = add_program(
            name="platform",
            scopes=frozenset({"notices", "items", "read", "appeals"}),
            sources=frozenset({"user", "automatic"}),
            platform=view.id,
            now=start,
        )
        self.program = self._caller(key)
        self.hotline = self._caller(
            add_program(name="Dyżurnet", scopes=frozenset({"notices"}), sources=frozenset({"hotline"}), now=start)
        )
        self.people: list[PersonView] = []
        for n in range(people):
            self.hire(f"reviewer {n} {uuid.uuid4()}", "reviewer")
        self.alarms: list[dict[str, Any]] = []
        self.mail: MailSender | None = None
        self.index = Index(folder=Path("/nonexistent"), clock=lambda: self.now)

    def search(self) -> int:
        """Let the worker look for copies until nothing is left to look at; return how many files were followed."""
        followed = 0
        while True:
            self.index.refresh()
            done = find_copies(desk=self.desk, index=self.index, now=self.now)
            followed += done.followed
            if not done.more:
                return followed

    def _caller(self, key: str) -> Caller:
        caller = caller_of_key(key=key, now=self.now)
        assert caller is not None
        return caller

    def hire(self, name: str, role: str) -> Caller:
        """Add a person with a second factor."""
        person = add_person(name=name, role=role, now=self.now)
        enrol_second_factor(person=person.id, keys=KEYS, now=self.now)
        self.people.append(person)
        return caller_of_person(row_person=person)

    def reviewer(self, number: int) -> Caller:
        """Return one of the people as a caller."""
        return caller_of_person(row_person=self.people[number])

    def post(
        self, item: str = "post-1", *, account: str = "uploader", sha: bytes | None = None, views: int = 0, repost_of: str = "",
        private: bool = False, at: str = "", pdq: bytes | None = None, quality: int = 100,
    ) -> str:  # fmt: skip
        """Let the platform register a post with a picture; `at` moves it to another address."""
        url = f"https://kladka.example/posts/{at or item}"
        media = MediaIn(
            id=f"{item}-m",
            url=f"https://kladka.example/media/{at or item}",
            sha256=sha or item.encode().ljust(32, b"."),
            hashes=({"type": "pdq", "value": pdq.hex(), "quality": quality},) if pdq else (),
        )
        register_items(
            items=[
                ItemIn(
                    id=item,
                    kind="post",
                    url=url,
                    account_id=account,
                    created_at=self.now,
                    media=(media,),
                    spread=(views, 0, self.now),
                    repost_of=repost_of,
                    private=private,
                )
            ],
            caller=self.program,
            desk=self.desk,
            now=self.now,
        )
        return item

    def report(
        self,
        item: str = "post-1",
        *,
        kind: str = "csam",
        minor: bool | None = True,
        claimant: str = "other",
        flags: frozenset[str] = frozenset(),
        by: Caller | None = None,
        source: str = "user",
        url: str = "",
        account: str | None = None,
        external_id: str | None = None,
        text: str = "",
        language: str = "en",
        regimes: frozenset[str] = frozenset(),
    ) -> Receipt:
        """Let somebody report a post."""
        notice = NewNotice(
            external_id=external_id,
            source=source,
            concern=Concern(kind=kind, minor=minor, claimant=claimant, flags=flags),
            places=(Place(url=url) if url else Place(item_id=item),),
            text=text,
            language=language,
            account_id=account,
            regimes=regimes,
        )
        return receive_notice(notice=notice, caller=by or self.program, desk=self.desk, now=self.now)

    def decide(
        self, case: uuid.UUID, who: int | Caller, outcome: str, *, ground: str = "child_safety", reason: str = "Seen."
    ) -> Decided:
        """Let somebody decide."""
        caller = self.reviewer(who) if isinstance(who, int) else who
        return decide(
            case=case, caller=caller, outcome=outcome, ground=ground, reason=reason, referral=None, desk=self.desk, now=self.now
        )

    def ring(self, payload: dict[str, Any], at: datetime) -> bool:
        """Take an alarm."""
        self.alarms.append(payload)
        return True

    def work(self, rounds: int = 4) -> None:
        """Let the worker do what is due now."""
        for _ in range(rounds):
            clocks = clock_ran_out(desk=self.desk, now=self.now)
            sent = enforce(desk=self.desk, out=self.platform_side, alarm=self.ring, clock=lambda: self.now, mail=self.mail)
            if not clocks.total and not sent:
                return

    def wait(self, *, step: timedelta = timedelta(minutes=10), **span: float) -> None:
        """Let time pass, the worker working."""
        end = self.now + timedelta(**span)
        while self.now < end:
            self.now = min(self.now + step, end)
            self.work()
