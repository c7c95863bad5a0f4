"""Looking: off until it is allowed, little, counted before it is seen, and never more than the caps, whoever asks in whatever order."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

from odzew.exposures.api import exposures_of, exposures_on, standing_of
from odzew.exposures.budget import LONGEST
from odzew.exposures.media import figures, media_of, one_of_each
from odzew.exposures.models import Exposure, Permit
from odzew.exposures.permits import standing
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound, OdzewError
from odzew.ledger.api import events_of
from odzew.ledger.events import read_texts
from odzew.ledger.models import Event
from odzew.matching.decoder.pool import Decoder
from odzew.usecases.allow_looking import allow_looking, end_looking
from odzew.usecases.give_back import give_back
from odzew.usecases.look_away import look_away
from odzew.usecases.renew_lease import renew_lease
from odzew.usecases.seen_by_accident import seen_by_accident
from odzew.usecases.set_limits import set_limits
from odzew.usecases.take_next import take_next
from tests.cast import Story
from tests.usecases.looking import ANSWERS, Looking, drawn

MANY = int(os.environ.get("ODZEW_PROMISE_EXAMPLES", "0")) and 10_000


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    """One decoder for all of these."""
    with Decoder(children=1) as found:
        yield found


@pytest.fixture
def looking(story: Story, decoder: Decoder) -> Looking:
    """A desk that may look at what its platform serves."""
    found = Looking(story, decoder)
    found.on()
    return found


def _kinds(case: uuid.UUID) -> list[str]:
    return [e.kind for e in events_of(case=case) if e.kind.startswith("media.")]


def _refused(looking: Looking, who: object, case: uuid.UUID, **wish: object) -> str:
    asked = len(looking.files.asked)
    with pytest.raises(OdzewError) as refused:
        looking.look(who, case, **wish)  # type: ignore[arg-type]
    assert len(looking.files.asked) == asked, "nothing was fetched"
    return str(refused.value.detail.get("why"))


def test_off_until_the_statement_stands_and_again_when_it_ends(story: Story, decoder: Decoder) -> None:
    looking, who = Looking(story, decoder), story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    assert _refused(looking, who, case) == "look_off"
    words = {"country": "PL", "until": story.now + timedelta(days=9), "actor": "operator", "desk": story.desk, "now": story.now}
    for answers, agreed, more in (
        (ANSWERS, False, {}),
        ({**ANSWERS, "basis": " "}, True, {}),
        (ANSWERS, True, {"country": "DE"}),
        (ANSWERS, True, {"until": story.now}),
        (ANSWERS, True, {"until": story.now + timedelta(days=400)}),
    ):
        with pytest.raises(Invalid):
            allow_looking(answers=answers, agreed=agreed, **{**words, **more})  # type: ignore[arg-type]
    assert _refused(looking, who, case) == "look_off" and Permit.objects.count() == 0
    permit = allow_looking(answers=ANSWERS, agreed=True, **words)  # type: ignore[arg-type]
    (text,) = read_texts(ids=[permit.text]).values()
    assert all(words in text for words in ANSWERS.values())
    assert looking.look(who, case).pictures
    with pytest.raises(Conflict):
        allow_looking(answers=ANSWERS, agreed=True, **words)  # type: ignore[arg-type]
    end_looking(country="PL", actor="operator", now=story.now)
    assert _refused(looking, who, case, reason="Again.") == "look_off"
    again = allow_looking(answers=ANSWERS, agreed=True, **words)  # type: ignore[arg-type]
    assert (permit.version, again.version) == (1, 2)
    story.now += timedelta(days=9)
    assert standing(country="PL", now=story.now) is None, "it ends by itself"
    data = b"".join(bytes(e.data) for e in Event.objects.filter(kind__startswith="looking."))
    assert data.count(b"looking.on") == 2 and b"lawyer" not in data and "Żółć".encode() not in data


def test_who_ends_it_while_a_file_is_fetched_is_heard(looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    fetch = looking.files.fetch

    def ended(**words: object) -> object:
        end_looking(country="PL", actor="operator", now=story.now)
        return fetch(**words)  # type: ignore[arg-type]

    monkeypatch.setattr(looking.files, "fetch", ended)
    shown = looking.look(who, case)
    assert (shown.pictures, shown.fault) == ((), "off") and _kinds(case) == ["media.asked", "media.not_shown"]


def test_only_whoever_has_the_case_in_hand(looking: Looking) -> None:
    story, one, two = looking.story, looking.story.reviewer(0), looking.story.reviewer(1)
    case = looking.reported("bridge")
    assert _refused(looking, one, case) == "lease_over"
    assert looking.take(one) == case
    assert _refused(looking, two, case) == "lease_over"
    for role in ("auditor", "operator", "outside"):
        assert _refused(looking, story.hire(f"{role} {uuid.uuid4()}", role), case) == "look_role"
    assert _refused(looking, story.program, case) == "look_role"
    with pytest.raises(NotFound):
        looking.look(one, case, media=uuid.uuid4())
    assert _refused(looking, one, case, clear="whole") == "look_view"
    assert looking.look(one, case).pictures
    give_back(case=case, caller=one, now=story.now)
    assert _refused(looking, one, case, reason="Again.") == "lease_over"


def test_a_view_is_on_the_record_before_it_is_seen_and_holds_no_address(looking: Looking) -> None:
    who = looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    shown = looking.look(who, case)
    (picture,) = shown.pictures
    assert max(picture.width, picture.height) <= 64, "half of what it was, at most"
    assert _kinds(case) == ["media.asked", "media.shown"]
    (kept,) = exposures_on(case=case)
    assert (kept.person, kept.clear, kept.why, kept.state, kept.seconds) == (who.id, "veiled", "first", "shown", LONGEST)
    event = Event.objects.get(kind="media.shown")
    assert event.actor == who.actor and b"http" not in bytes(event.data) and b"bridge" not in bytes(event.data)


def test_a_clearer_view_is_given_once_within_half_a_minute_to_the_same_person(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    assert _refused(looking, who, case, clear="clearer") == "look_late"
    first = looking.look(who, case)
    other = looking.reported("other")
    assert looking.take(story.reviewer(1)) == other
    assert _refused(looking, story.reviewer(1), other, clear="clearer", before=first.exposure) == "look_late"
    story.now += timedelta(seconds=20)
    second = looking.look(who, case, clear="clearer", before=first.exposure)
    assert second.pictures and _kinds(case).count("media.shown") == 2
    assert _refused(looking, who, case, clear="clearer", before=first.exposure) == "look_once"
    assert _refused(looking, who, case, clear="clearer", before=second.exposure) == "look_late"
    late = looking.look(who, case, reason="I must compare.")
    story.now += timedelta(seconds=31)
    assert _refused(looking, who, case, clear="clearer", before=late.exposure) == "look_late"


def test_a_copy_is_seen_again_only_for_a_reason(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    pdq = os.urandom(32)
    near = bytes([pdq[0] ^ 0b111]) + pdq[1:]
    case = looking.reported("bridge", pdq=pdq)
    looking.take(who)
    assert looking.look(who, case).pictures
    assert _refused(looking, who, case) == "look_reason"
    story.decide(case, who, "no_violation", ground="not_in_scope")
    copy = looking.reported("copy", pdq=near)
    assert looking.take(who) == copy
    assert _refused(looking, who, copy) == "look_reason"
    assert _refused(looking, who, copy, reason=" \x00 ") == "look_reason"
    with pytest.raises(Invalid):
        looking.look(who, copy, reason="x" * 600)
    assert looking.look(who, copy, reason="Żeby porównać.").pictures
    (again,) = exposures_on(case=copy)
    assert again.why == "again" and again.reason is not None
    assert list(read_texts(ids=[again.reason]).values()) == ["Żeby porównać."]
    give_back(case=copy, caller=who, now=story.now)
    assert looking.take(story.reviewer(1)) == copy
    assert looking.look(story.reviewer(1), copy).pictures, "somebody else looks for the first time"


@pytest.mark.parametrize(
    ("status", "data", "fault"),
    [(451, None, "hidden"), (302, None, "away"), (500, None, "away"), (200, b"<html>sign in</html>", "other_bytes")],
)
def test_what_cannot_be_shown_is_said_and_costs_nothing(looking: Looking, status: int, data: bytes | None, fault: str) -> None:
    who = looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    looking.files.status = status
    if data is not None:
        looking.files.served = dict.fromkeys(looking.files.served, data)
    shown = looking.look(who, case)
    assert (shown.pictures, shown.fault) == ((), fault)
    assert standing_of(person=who.id, now=looking.story.now).looks == () and exposures_of(person=who.id) == []
    assert _kinds(case) == ["media.asked", "media.not_shown"]


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n" + bytes(90), b"<svg onload='alert(1)'/>", b"GIF89a" + b"\xff" * 50])
def test_a_hostile_file_is_no_picture(looking: Looking, data: bytes) -> None:
    who = looking.story.reviewer(0)
    case = looking.reported("bridge", data=data)
    looking.take(who)
    assert looking.look(who, case).fault == "unreadable"
    assert looking.look(who, looking.reported("good") and case).fault == "unreadable", "and the next one is asked for as well"


def test_a_strangers_address_is_never_fetched(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = story.report(item="", url="https://elsewhere.example/x", kind="ncii", minor=False).case
    looking.take(who)
    assert media_of(case=case) == []
    with pytest.raises(NotFound):
        looking.look(who, case, media=uuid.uuid4())
    assert looking.files.asked == []


def test_severe_kinds_ask_for_a_fresh_factor_and_a_light_start(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge", kind="csam", minor=True)
    looking.take(who)
    assert _refused(looking, who, case, fresh=False) == "look_code"
    first = looking.look(who, case)
    assert _refused(looking, who, case, clear="clearer", before=first.exposure, fresh=False) == "look_light_first"
    for n in range(4):
        assert looking.look(who, case, reason=f"Once more, {n}.").pictures
    last = looking.look(who, case, reason="The last.")
    assert looking.look(who, case, clear="clearer", before=last.exposure, fresh=False).pictures
    assert story.now


def test_past_the_cap_nothing_is_shown_and_the_case_goes_on(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    for n in range(10):
        assert looking.look(who, case, reason=f"Look {n}.").pictures
    with pytest.raises(Forbidden) as full:
        looking.look(who, case, reason="One more.")
    assert full.value.detail == {"why": "look_day", "not_before": (story.now + timedelta(days=1)).isoformat()}
    renew_lease(case=case, caller=who, now=story.now)
    assert story.decide(case, who, "remove").state == "final"
    set_limits(views=60, minutes=60, not_today=frozenset(), caller=who, desk=story.desk, now=story.now)
    other = looking.reported("other")
    looking.take(who)
    assert _refused(looking, who, other) == "look_day", "no setting raises it"
    for views, minutes in ((61, 1), (1, 61), (-1, 1)):
        with pytest.raises(Invalid):
            set_limits(views=views, minutes=minutes, not_today=frozenset(), caller=who, desk=story.desk, now=story.now)
    story.now += timedelta(days=1)
    set_limits(views=0, minutes=None, not_today=frozenset(), caller=who, desk=story.desk, now=story.now)
    looking.take(who)
    assert _refused(looking, who, other) == "look_own"


def test_two_windows_at_once_share_one_day(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    for n in range(8):
        looking.look(who, case, reason=f"Look {n}.")
    came: list[str] = []
    start = threading.Barrier(6)

    def window(n: int) -> None:
        try:
            start.wait()
            looking.look(who, case, reason=f"Window {n}.")
            came.append("shown")
        except Forbidden as error:
            came.append(str(error.detail["why"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=window, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["look_day"] * 4 + ["shown"] * 2
    assert Exposure.objects.filter(person_id=who.id, state="shown").count() == 10
    assert story.now


def test_a_view_that_is_ended_counts_as_long_as_it_was(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    shown = looking.look(who, case)
    with pytest.raises(NotFound):
        look_away(exposure=shown.exposure, held_ms=1, caller=story.reviewer(1), now=story.now)
    story.now += timedelta(seconds=4.2)
    for _ in range(2):
        look_away(exposure=shown.exposure, held_ms=99_000_000, caller=who, now=story.now)
    (kept,) = exposures_of(person=who.id)
    assert (kept.seconds, kept.held_ms) == (5, 5000)
    assert _kinds(case) == ["media.asked", "media.shown", "media.hidden"]


def test_not_today_and_an_accident(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    hard, light = looking.reported("hard", kind="csam", minor=True), looking.reported("light")
    set_limits(views=None, minutes=None, not_today=frozenset({"csam"}), caller=who, desk=story.desk, now=story.now)
    assert looking.take(who) == light
    assert looking.take(story.reviewer(1)) == hard, "it goes on to somebody else, its clock untouched"
    give_back(case=hard, caller=story.reviewer(1), now=story.now)
    story.decide(light, who, "remove", ground="intimate_images")
    assert take_next(caller=who, desk=story.desk, now=story.now) is None
    story.now += timedelta(days=1)
    assert looking.take(who) == hard, "tomorrow it is asked anew"
    with pytest.raises(Invalid):
        set_limits(views=None, minutes=None, not_today=frozenset({"bridges"}), caller=who, desk=story.desk, now=story.now)
    seen_by_accident(caller=who, now=story.now)
    assert Event.objects.filter(kind="media.seen_by_accident", actor=who.actor, case_id=None).count() == 1


def test_exposures_avoided_are_copies_that_nobody_saw(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    for n in range(5):
        looking.post(f"repost-{n}", repost_of="bridge", data=drawn(0))
    looking.take(who)
    first, others = one_of_each(media=media_of(case=case))
    assert (len(first), len(others)) == (1, 5)
    looking.look(who, case)
    story.decide(case, who, "remove", ground="intimate_images")
    since, until = story.now - timedelta(hours=1), story.now + timedelta(hours=1)
    found = figures(since=since, until=until)
    assert (found.used, found.copies, found.avoided) == (1, 5, 5)
    assert figures(since=since, until=until, cases=[uuid.uuid4()]).copies == 0
    assert figures(since=until, until=until + timedelta(1)).used == 0


def test_as_many_entries_as_views(looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 with `ODZEW_PROMISE_EXAMPLES`; whatever comes of a request, each picture that was given out is one entry."""
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.take(who)
    one = media_of(case=case)[0].id
    given = 0
    for n in range(MANY or 60):
        looking.files.status = (200, 200, 451, 0)[n % 4]
        if n % 9 == 8:
            story.now += timedelta(hours=25)
            looking.take(who)
        try:
            given += bool(looking.look(who, case, media=one, reason=f"Look {n}.").pictures)
        except Forbidden:
            continue
    assert given == Exposure.objects.filter(state="shown").count() == Event.objects.filter(kind="media.shown").count()
    asked = Event.objects.filter(kind="media.asked").count()
    assert asked == len(looking.files.asked) == given + Event.objects.filter(kind="media.not_shown").count() and given > 10
