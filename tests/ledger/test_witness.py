"""Once a day an outsider is told; without one the record says that it is unwitnessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from odzew.foundation.outgoing import Reply
from odzew.foundation.writes import fetch_all
from odzew.ledger import api
from odzew.ledger.checkpoint import verify_checkpoint
from odzew.usecases.enforce import enforce
from tests.cast import Story
from tests.ledger.hands import acts, seal, sign


@dataclass
class Outsider:
    """Keeps the notes it is given, or refuses, or is away."""

    status: int = 200
    kept: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def post(self, *, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]) -> Reply:
        assert hosts == ["outsider.example"] and headers["content-type"].startswith("text/plain")
        self.asked.append(url)
        if self.status == 200:
            self.kept.append(body.decode())
        return Reply(status=self.status)

    def look(self, *, url: str, hosts: Sequence[str], private: Sequence[str]) -> Reply:
        raise AssertionError


def work(story: Story, outsider: Outsider) -> None:
    seal(story)
    sign(story)
    while enforce(desk=story.desk, out=outsider, alarm=story.ring, clock=lambda: story.now):
        pass


def test_a_daily_checkpoint_goes_to_the_outsider(story: Story) -> None:
    story.desk, outsider = replace(story.desk, witness_url="https://outsider.example/notes"), Outsider()
    acts(story, 3)
    work(story, outsider)
    assert len(outsider.kept) == 1 and api.witnessed(now=story.now)
    verify_checkpoint(text=outsider.kept[0], origin="odzew", public_key=story.desk.keys.ledger_signer.public_key())
    assert fetch_all("SELECT actor FROM ledger_event WHERE kind = 'witness.accepted'", []) == [("witness",)]
    story.now += timedelta(hours=23)
    work(story, outsider)
    assert len(outsider.kept) == 1
    story.now += timedelta(hours=2)
    work(story, outsider)
    assert len(outsider.kept) == 2
    assert not api.witnessed(now=story.now + timedelta(days=3))


def test_without_an_outsider_the_record_is_unwitnessed(story: Story) -> None:
    outsider = Outsider()
    acts(story, 3)
    work(story, outsider)
    assert outsider.asked == [] and not api.witnessed(now=story.now)


def test_an_outsider_that_is_away_is_asked_again_and_one_that_refuses_is_alarmed(story: Story) -> None:
    story.desk, outsider = replace(story.desk, witness_url="https://outsider.example/notes"), Outsider(status=0)
    acts(story, 3)
    work(story, outsider)
    assert len(outsider.asked) == 1 and not api.witnessed(now=story.now)
    outsider.status = 403
    story.now += timedelta(minutes=1)
    work(story, outsider)
    assert len(outsider.asked) == 2 and [alarm["code"] for alarm in story.alarms] == ["refused"]
    assert not api.witnessed(now=story.now)
