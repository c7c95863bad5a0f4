"""The main figure of the desk is one that a person could count: what was decided with zero views, and how much was looked at."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from odzew.exposures.figures import Clusters, decided_unseen, looked, views_a_cluster
from odzew.usecases.look_away import look_away
from tests.usecases.looking import Looking, drawn
from tests.usecases.test_looking import decoder, looking
from tests.usecases.test_matches import _look, _near

__all__ = ["decoder", "looking"]
NOTHING = {"known": 0, "copy": 0, "again": 0, "words": 0, "seen": 0}


def _avoided(desk: Looking) -> dict[str, int]:
    return decided_unseen(since=desk.story.now - timedelta(days=1), until=desk.story.now)


def test_each_item_stands_once_under_why_nobody_had_to_look(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    assert _avoided(looking) == NOTHING
    bridge = looking.reported("bridge")
    looking.post("copy", repost_of="bridge", data=drawn(0))
    assert _avoided(looking) == NOTHING, "nothing of it is decided"
    looking.take(who)
    looking.look(who, bridge)
    story.decide(bridge, who, "remove", ground="intimate_images")
    assert _avoided(looking) == NOTHING | {"seen": 1, "copy": 1}
    words = looking.reported("words")
    story.decide(words, 1, "remove", ground="intimate_images")
    looking.post("known")
    known = _look(story, "known", _near())
    assert known is not None
    story.decide(known, 1, "remove")
    story.now += timedelta(minutes=1)
    looking.post("again", repost_of="words", data=drawn(1))
    story.now += timedelta(minutes=1)
    assert _avoided(looking) == {"known": 1, "copy": 1, "again": 1, "words": 1, "seen": 1}
    assert decided_unseen(since=story.now, until=story.now + timedelta(1)) == NOTHING


def test_a_copy_of_what_was_seen_is_a_copy_whichever_of_them_was_opened(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    looking.post("copy", repost_of="bridge", data=drawn(0))
    looking.take(who)
    looking.look(who, case, number=1)
    story.decide(case, who, "remove", ground="intimate_images")
    assert _avoided(looking) == NOTHING | {"seen": 1, "copy": 1}


def test_views_are_counted_by_day_and_by_cluster_and_tell_nobody_apart(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    since = story.now - timedelta(hours=1)
    assert looked(since=since, until=story.now) == []
    assert views_a_cluster(since=since, until=story.now) == Clusters(clusters=0, median=None, worst=None)
    case = looking.reported("bridge")
    looking.take(who)
    first = looking.look(who, case)
    look_away(exposure=first.exposure, held_ms=1, caller=who, now=story.now)
    story.now += timedelta(minutes=1)
    looking.files.status = 451
    looking.look(who, case, reason="A second look at the bridge.")
    looking.files.status = 200
    looking.look(who, case, reason="A second look at the bridge.")
    until = story.now + timedelta(minutes=1)
    (day,) = looked(since=since, until=until)
    assert (day.day, day.veiled, day.clearer) == (story.now.date(), 2, 0), "what was not shown is no view"
    assert views_a_cluster(since=since, until=until) == Clusters(clusters=1, median=2.0, worst=2)
    assert looked(since=until, until=until + timedelta(days=1)) == []
    last = looking.look(who, case, reason="A third look at the bridge.")
    looking.look(who, case, clear="clearer", before=last.exposure)
    (day,) = looked(since=since, until=until)
    assert (day.veiled, day.clearer) == (3, 1)
    assert {field.name for field in fields(day)} == {"day", "veiled", "clearer"}
