"""Files that a platform registers without PDQ are fetched from its own hosts, hashed behind the walls, and found by what they show."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import ImageOps

from odzew.alarms.api import recent
from odzew.cases.register import ItemIn, MediaIn
from odzew.cases.unhashed import count_unhashed
from odzew.foundation.errors import NotFound
from odzew.foundation.outgoing import Reply, Sink
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.ledger.people import platforms
from odzew.matching.decoder.data import Decoded
from odzew.matching.decoder.pool import Decoder
from odzew.usecases.change_platform import change_platform
from odzew.usecases.hash_hosted import Pace, hash_hosted
from odzew.usecases.register_items import register_items
from tests.api.test_check_files import file, picture
from tests.cast import Story

WAVES, OTHER = picture(1, (320, 240)), picture(2, (320, 240))


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    """The real decoder."""
    with Decoder() as found:
        yield found


@dataclass
class Files:
    """What the platform serves: bytes by address, or a status; `during` happens while it is fetched."""

    serves: dict[str, bytes | Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def fetch(self, *, url: str, hosts: Sequence[str], private: Sequence[str], into: Sink, most: int, within: float) -> Reply:
        """Serve a file."""
        assert hosts == ("kladka.example",) and private == ()
        self.asked.append(url)
        self.during()
        found = self.serves.get(url, Reply(status=404))
        if isinstance(found, Reply):
            return found
        if len(found) > most:
            return Reply(status=0, error="too-large")
        into.write(found)
        return Reply(status=200)


@dataclass
class Hosting:
    """A story whose platform gives no PDQ."""

    story: Story
    decoder: Any
    files: Files = field(default_factory=Files)
    pace: Pace = field(default_factory=lambda: Pace(per_second=1000))

    def post(self, name: str, data: bytes | Reply | None, *, named: bool = True, at: str = "", **more: Any) -> None:
        """Let the platform register a post whose file it serves; `named`: with the hashes of its bytes."""
        url = f"https://kladka.example/media/{at or name}"
        if data is not None:
            self.files.serves[url] = data
        known = data if isinstance(data, bytes) and named else None
        sha256 = hashlib.sha256(known).digest() if known else None
        md5 = hashlib.md5(known, usedforsecurity=False).digest() if known else None
        media = MediaIn(id="m", url=url, sha256=sha256, md5=md5)
        item = ItemIn(
            id=name, kind="post", url=f"https://kladka.example/posts/{name}", account_id=f"by {name}", media=(media,), **more
        )
        register_items(items=[item], caller=self.story.program, desk=self.story.desk, now=self.story.now)

    def work(self, most: int = 50) -> int:
        """Let the worker hash until it has nothing to do."""
        for done in range(most):
            self.story.now += timedelta(milliseconds=2)
            clock = lambda: self.story.now  # noqa: E731
            if not hash_hosted(desk=self.story.desk, out=self.files, decoder=self.decoder, clock=clock, pace=self.pace):
                return done
        return most

    def state(self, name: str) -> tuple[str, str]:
        """Return what became of a post's file."""
        sql = "SELECT m.hashing, m.hashing_why FROM cases_media m JOIN cases_item i ON i.id = m.item_id WHERE i.external_id = %s"
        (found,) = fetch_all(sql, [name])
        return found[0], found[1]

    def look(self, name: str) -> list[tuple[Any, ...]]:
        """Return the hashes that are kept of a post's file."""
        sql = (
            "SELECT p.mode, p.quality, p.pdq, p.sha256, length(p.turned) FROM cases_print p JOIN cases_item i ON i.id = p.item_id "
            "WHERE i.external_id = %s"
        )
        return [(m, q, p and bytes(p), s and bytes(s), t) for m, q, p, s, t in fetch_all(sql, [name])]

    def measure(self, name: str) -> list[str]:
        """Return what was ordered about a post."""
        sql = "SELECT m.measure FROM enforcement_measure m JOIN cases_item i ON i.id = m.item_id WHERE i.external_id = %s AND m.in_force"
        return [m for (m,) in fetch_all(sql, [name])]


@pytest.fixture
def hosting(story: Story, decoder: Decoder) -> Hosting:
    """A story whose platform gives no PDQ."""
    return Hosting(story=story, decoder=decoder)


PNG = file(WAVES, "PNG")
JPEG = file(WAVES, "JPEG", quality=80)
MIRRORED = file(ImageOps.mirror(WAVES), "JPEG", quality=80)


def test_its_hashes_are_kept_as_our_own_and_found_by_what_they_show(hosting: Hosting) -> None:
    hosting.post("one", PNG)
    hosting.post("copy", JPEG)
    hosting.post("mirrored", MIRRORED)
    hosting.post("other", file(OTHER, "PNG"))
    assert hosting.work() == 4
    ((mode, quality, pdq, sha256, turned),) = hosting.look("one")
    assert (mode, sha256, turned) == ("exact", hashlib.sha256(PNG).digest(), 8 * 32) and quality >= 80 and len(pdq) == 32
    receipt = hosting.story.report("one", claimant="depicted")
    hosting.story.search()
    assert hosting.measure("copy") == ["withhold"]
    hosting.story.decide(receipt.case, 0, "remove")
    hosting.story.search()
    hosting.post("later", file(WAVES, "JPEG", quality=60))
    hosting.work()
    hosting.story.search()
    assert [hosting.measure(n) for n in ("one", "copy", "mirrored", "later", "other")] == [["remove"]] * 4 + [[]]
    hosting.post("mirrored again", file(ImageOps.mirror(WAVES), "JPEG", quality=70))
    hosting.work()
    hosting.story.search()
    assert hosting.measure("mirrored again") == ["remove"]
    assert hosting.work() == 0 and count_unhashed() == {}


def test_what_has_a_pdq_or_no_address_is_never_fetched(hosting: Hosting) -> None:
    hosting.story.post("with", pdq=bytes(range(32)))
    media = MediaIn(id="m", sha256=bytes(32))
    item = ItemIn(id="nowhere", kind="post", url="https://kladka.example/posts/x", media=(media,))
    register_items(items=[item], caller=hosting.story.program, desk=hosting.story.desk, now=hosting.story.now)
    assert hosting.work() == 0 and hosting.files.asked == []


@pytest.mark.parametrize("named", [True, False])
def test_told_again_it_keeps_its_hashes_and_is_not_fetched_again(hosting: Hosting, named: bool) -> None:
    hosting.post("one", PNG, named=named)
    hosting.work()
    before = hosting.look("one")
    for views in range(3):
        hosting.post("one", PNG, named=named, spread=(views, 0, hosting.story.now))
        assert hosting.work() == 0
    assert hosting.look("one") == before and len(hosting.files.asked) == 1


@pytest.mark.parametrize("named", [True, False])
def test_another_file_under_the_same_id_is_hashed_anew(hosting: Hosting, named: bool) -> None:
    hosting.post("one", PNG, named=named)
    hosting.work()
    before = hosting.look("one")
    hosting.post("one", file(OTHER, "PNG"), named=named, at="one-new")
    assert hosting.work() == 1
    after = hosting.look("one")
    assert len(after) == 1 and after[0][2] != before[0][2] and after[0][3] == hashlib.sha256(file(OTHER, "PNG")).digest()


def test_a_file_that_changes_while_it_is_fetched_does_not_get_the_hashes_of_the_former(hosting: Hosting) -> None:
    hosting.post("one", PNG)
    other = file(OTHER, "PNG")

    def change() -> None:
        hosting.files.during = lambda: None
        hosting.files.serves.clear()
        hosting.files.serves["https://kladka.example/media/one"] = PNG
        hosting.post("one", other, at="one-new")

    hosting.files.during = change
    hosting.work()
    ((_, _, pdq, sha256, _),) = hosting.look("one")
    hosting.post("same", other)
    hosting.work()
    assert sha256 == hashlib.sha256(other).digest() and pdq == hosting.look("same")[0][2]


def test_bytes_other_than_those_the_platform_names_are_not_taken(hosting: Hosting) -> None:
    hosting.post("one", PNG)
    hosting.files.serves["https://kladka.example/media/one"] = file(OTHER, "PNG")
    assert hosting.work() == 1 and hosting.state("one") == ("waiting", "other-bytes")
    assert [row[2] for row in hosting.look("one")] == [None]


def test_private_items_are_looked_at_only_where_the_policy_says_so(hosting: Hosting) -> None:
    hosting.post("one", PNG, private=True)
    assert hosting.work() == 0 and hosting.state("one")[0] == "private"
    hosting.story.desk = replace(hosting.story.desk, policy=replace(hosting.story.desk.policy, private_checked=frozenset({"EU"})))
    assert hosting.work() == 1 and hosting.state("one")[0] == "hashed"


def test_what_becomes_public_is_hashed(hosting: Hosting) -> None:
    hosting.post("one", PNG, private=True)
    hosting.work()
    hosting.post("one", PNG)
    assert hosting.work() == 1 and hosting.state("one")[0] == "hashed"


def test_what_the_desk_hides_rests_and_is_hashed_when_it_is_shown_again(hosting: Hosting) -> None:
    hosting.post("one", PNG)
    receipt = hosting.story.report("one", claimant="depicted")
    assert hosting.work() == 0 and hosting.files.asked == [] and hosting.state("one") == ("waiting", "hidden")
    for who in (0, 1):
        hosting.story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    hosting.story.now += timedelta(days=1, seconds=1)
    assert hosting.work() == 1 and hosting.state("one")[0] == "hashed"


@pytest.mark.parametrize("status", [403, 404, 410, 451])
def test_what_is_shown_to_nobody_is_no_error(hosting: Hosting, status: int) -> None:
    hosting.post("one", Reply(status=status))
    for _ in range(30):
        hosting.work()
        hosting.story.now += timedelta(days=1)
    assert hosting.state("one") == ("unfit", f"status-{status}") and recent() == []


def test_a_platform_that_is_away_is_asked_again_and_given_up_at_last_with_one_alarm(hosting: Hosting) -> None:
    hosting.post("one", Reply(status=503))
    hosting.post("two", Reply(status=0, error="timeout"))
    times = []
    for _ in range(40):
        if hosting.work():
            times.append(hosting.story.now)
        hosting.story.now += timedelta(hours=6, minutes=1)
    assert {hosting.state(n)[0] for n in ("one", "two")} == {"given_up"}
    assert times[-1] - times[0] > timedelta(days=2)
    assert [a.code for a in recent()] == ["not_hashed"]
    assert count_unhashed() == {(hosting.story.platform, "given_up"): 2}
    name = platforms(keys=hosting.story.desk.keys)[hosting.story.platform].name
    hosting.post("three", PNG)
    hosting.files.serves |= {f"https://kladka.example/media/{n}": PNG for n in ("one", "two")}
    assert change_platform(name=name, hash_hosted=True, now=hosting.story.now) == 2
    assert hosting.work() == 3 and count_unhashed() == {}


def test_a_platform_that_is_away_rests_before_its_next_file_is_asked_for(hosting: Hosting) -> None:
    hosting.post("one", PNG)
    hosting.post("two", Reply(status=0, error="timeout"))
    assert hosting.work() == 1
    hosting.story.now += timedelta(seconds=29)
    assert hosting.work() == 0
    hosting.story.now += timedelta(seconds=1)
    hosting.files.serves["https://kladka.example/media/two"] = PNG
    assert hosting.work() == 2


def test_a_host_that_is_not_enrolled_is_given_up_at_once(hosting: Hosting) -> None:
    hosting.post("one", Reply(status=0, error="host-not-enrolled"))
    assert hosting.work() == 1 and hosting.state("one") == ("given_up", "host-not-enrolled")


def test_what_is_no_picture_or_too_large_leaves_nothing_behind(hosting: Hosting) -> None:
    hosting.pace = Pace(per_second=1000, most_bytes=100_000)
    hosting.post("words", b"<html>please sign in</html>", named=False)
    hosting.post("large", bytes(100_001), named=False)
    hosting.work()
    assert hosting.state("words") == ("unfit", "unreadable") and hosting.state("large") == ("unfit", "too-large")
    assert hosting.look("words") == hosting.look("large") == []


def test_the_newest_come_first_and_no_faster_than_the_pace(hosting: Hosting) -> None:
    hosting.pace = Pace(per_second=2)
    for n in range(4):
        hosting.story.now += timedelta(seconds=10)
        hosting.post(f"post-{n}", file(OTHER, "PNG"))
    began = hosting.story.now
    while len(hosting.files.asked) < 4:
        hosting.work()
        assert len(hosting.files.asked) <= (hosting.story.now - began) / timedelta(seconds=0.5) + 1
        hosting.story.now += timedelta(milliseconds=100)
    assert [url[-1] for url in hosting.files.asked] == ["3", "2", "1", "0"]


def test_switched_off_nothing_is_fetched(hosting: Hosting) -> None:
    name = platforms(keys=hosting.story.desk.keys)[hosting.story.platform].name
    change_platform(name=name, hash_hosted=False, now=hosting.story.now)
    hosting.post("one", PNG)
    assert hosting.work() == 0 and hosting.files.asked == []
    assert fetch_all("SELECT kind FROM ledger_event WHERE kind = 'platform.changed'", []) != []
    with pytest.raises(NotFound):
        change_platform(name="nobody", hash_hosted=False, now=hosting.story.now)


class Dies(Exception):
    """The worker is killed."""


def test_a_worker_that_dies_over_a_file_leaves_it_to_the_next(hosting: Hosting) -> None:
    hosting.post("one", PNG)

    def die() -> None:
        hosting.files.during = lambda: None
        raise Dies

    hosting.files.during = die
    with pytest.raises(Dies):
        hosting.work()
    assert hosting.work() == 0, "somebody may be at it"
    hosting.story.now += timedelta(minutes=3)
    assert hosting.work() == 1 and hosting.state("one")[0] == "hashed"


@dataclass
class Says:
    """A decoder that can only say one thing."""

    verdict: Any

    def longest(self) -> float:
        return 60.0

    def hashes(self, *, data: int, turned: bool) -> Decoded:
        assert turned and os.fstat(data).st_size
        return Decoded(verdict=self.verdict, hashes=None, note="")


@pytest.mark.parametrize(
    ("verdict", "end"),
    [("busy", "waiting"), ("refused", "waiting"), ("crashed", "unfit"), ("timed_out", "unfit"), ("too_large", "unfit")],
)
def test_what_the_decoder_cannot_do_now_is_done_later_and_what_it_never_can_is_left(
    hosting: Hosting, verdict: str, end: str
) -> None:
    hosting.decoder = Says(verdict)
    hosting.post("one", PNG)
    for _ in range(5):
        hosting.work()
        hosting.story.now += timedelta(hours=2)
    assert hosting.state("one") == (end, verdict)
    assert len(hosting.files.asked) == {"crashed": 3, "timed_out": 3, "too_large": 1}.get(verdict, 5)


def test_nothing_of_the_file_reaches_a_disk(hosting: Hosting, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    hashes = hosting.decoder.hashes

    def look(*, data: int, turned: bool) -> Decoded:
        seen.append(str(Path(f"/proc/self/fd/{data}").readlink()))
        found: Decoded = hashes(data=data, turned=turned)
        return found

    monkeypatch.setattr(hosting.decoder, "hashes", look)
    hosting.post("one", PNG)
    hosting.work()
    assert len(seen) == 1 and seen[0].startswith("/memfd:")
    monkeypatch.undo()


def test_files_known_before_this_was_there_are_due(hosting: Hosting) -> None:
    from importlib import import_module

    hosting.post("plain", PNG)
    hosting.post("private", PNG, private=True)
    hosting.story.post("with", pdq=bytes(range(32)))
    fetch_none("UPDATE cases_media SET hashing = '', hashing_for = NULL, hashing_at = NULL", [])
    fetch_none(import_module("odzew.cases.migrations.0005_unhashed").KNOWN, [])
    assert [hosting.state(n)[0] for n in ("plain", "private", "with")] == ["waiting", "private", ""]
    assert hosting.work() == 1


def test_an_animation_and_a_film_are_known_by_their_pictures(hosting: Hosting) -> None:
    out = BytesIO()
    WAVES.quantize(64).save(out, "GIF", save_all=True, append_images=[OTHER.quantize(64)])
    hosting.post("gif", out.getvalue())
    hosting.work()
    ((mode, _quality, pdq, _sha, _turned),) = hosting.look("gif")
    assert mode == "exact" and pdq


def test_two_workers_never_fetch_the_same_file(hosting: Hosting) -> None:
    hosting.post("one", PNG)
    inner: list[bool] = []

    def another() -> None:
        hosting.files.during = lambda: None
        inner.append(bool(hosting.work()))

    hosting.files.during = another
    assert hosting.work() == 1 and inner == [False]
