"""A mailbox: words alone are asked for, a notice first and then the mail is gone, whatever the provider does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connections

from odzew.cases.rows import read_cases
from odzew.entrypoints.mail import mailbox
from odzew.entrypoints.mail.structure import parts_of, read_list
from odzew.entrypoints.mail.visit import visit, visit_and_watch
from odzew.foundation.errors import Unsafe
from odzew.foundation.settings import Settings
from odzew.foundation.writes import fetch_all
from odzew.ledger.events import read_texts
from odzew.notices.letters import Letter
from tests.cast import Story
from tests.mail.fake_imap import Provider, provider
from tests.mail.mails import POST, mail, raw


@pytest.fixture
def box() -> Iterator[Provider]:
    """A mail provider on loopback."""
    with provider() as here:
        yield here


def _texts() -> list[str]:
    ids = [r[0] for r in fetch_all("SELECT text_id FROM notices_notice ORDER BY id", [])]
    found = read_texts(ids=ids)
    return [found.get(i, "") for i in ids]


def _visit(story: Story, box: Provider, **more: str) -> mailbox.Fetched:
    return visit(chosen=box.settings(**more), desk=story.desk, clock=lambda: story.now)


def test_a_mail_becomes_a_notice_and_is_gone_and_no_file_was_ever_asked_for(story: Story, box: Provider) -> None:
    story.post()
    box.deliver(raw(mail(f"Zażółć {POST}", picture=True, html="<p>the same</p>")))
    box.deliver(raw(mail("a bench", number="2")))
    done = _visit(story, box)
    assert (done.taken, done.failed, done.whole) == (2, 0, True)
    assert _texts() == [f"A bridge\n\nZażółć {POST}", "A bridge\n\na bench"]
    assert box.folders == {"INBOX": {}, "Trash": {}}
    assert box.sections == ["HEADER", "1.1", "HEADER", "1"]
    assert not any(word in line for line in box.asked for word in ("RFC822", "BODY[]", "BODY.PEEK[]", "BODY.PEEK[2]", "TEXT]"))


@pytest.mark.parametrize(
    "word", ["LOGIN", "SELECT", "UID SEARCH", "HEADER", "BODYSTRUCTURE", "PEEK[1]", "STORE", "EXPUNGE", 'SELECT "Trash"']
)
@pytest.mark.parametrize("deed", ["drop", "drop-after"])
def test_whatever_breaks_the_mail_is_neither_lost_nor_doubled(story: Story, box: Provider, word: str, deed: str) -> None:
    box.deliver(raw(mail()))
    box.trouble[word] = deed
    try:
        _visit(story, box)
    except mailbox.Failure:
        assert box.folders["INBOX"] or len(_texts()) == 1
    _visit(story, box)
    assert len(_texts()) == 1
    assert box.folders == {"INBOX": {}, "Trash": {}}


def test_a_provider_that_stalls_is_left_alone_and_after_an_hour_it_rings(
    story: Story, box: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "SECONDS", 0.3)
    chosen = box.settings()
    box.deliver(raw(mail()))
    for minutes in (0, 30, 31):
        story.now += timedelta(minutes=minutes)
        box.trouble["HEADER"] = "stall" if minutes == 0 else "no"
        visit_and_watch(chosen=chosen, desk=story.desk, clock=lambda: story.now)
    story.work()
    assert [a["code"] for a in story.alarms] == ["mail_unread"]
    visit_and_watch(chosen=chosen, desk=story.desk, clock=lambda: story.now)
    story.now += timedelta(minutes=59)
    box.trouble["LOGIN"] = "no"
    visit_and_watch(chosen=chosen, desk=story.desk, clock=lambda: story.now)
    story.work()
    assert [a["code"] for a in story.alarms].count("mail_unread") == 1 and len(_texts()) == 1


def test_killed_between_the_notice_and_the_deletion_it_is_one_notice(story: Story, box: Provider) -> None:
    box.deliver(raw(mail()))
    from odzew.usecases.receive_mail import receive_mail

    def killed(letter: Letter) -> None:
        receive_mail(letter=letter, desk=story.desk, now=story.now)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mailbox.fetch(chosen=box.settings(), keep=killed)
    assert box.folders["INBOX"]
    # The provider numbers its mails anew, as it may.
    box.validity, box.folders["INBOX"] = 8, {99: box.folders["INBOX"].popitem()[1]}
    _visit(story, box)
    assert len(_texts()) == 1 and not box.folders["INBOX"]


def test_what_cannot_be_stored_stays_in_the_mailbox(story: Story, box: Provider) -> None:
    box.deliver(raw(mail()))

    def fails(_letter: Letter) -> None:
        raise OSError("no database")

    with pytest.raises(OSError, match="no database"):
        mailbox.fetch(chosen=box.settings(), keep=fails)
    assert box.folders["INBOX"] and not box.folders["Trash"]


def test_one_mail_that_cannot_become_a_notice_holds_up_no_other(box: Provider) -> None:
    for n in range(3):
        box.deliver(raw(mail(f"bench {n}", number=str(n))))

    def keep(letter: Letter) -> None:
        assert "bench 1" not in letter.text

    assert mailbox.fetch(chosen=box.settings(), keep=keep) == mailbox.Fetched(taken=2, failed=1, whole=False)
    assert list(box.folders["INBOX"]) == [2]


def test_a_mail_that_breaks_every_talk_about_it_holds_up_no_other(box: Provider) -> None:
    for n in range(3):
        box.deliver(raw(mail(f"bench {n}", number=str(n))))
    box.structures[1] = "(" * 1_100_000  # longer than any line that is read
    box.trouble["UID FETCH 2 (BODYSTRUCTURE"] = "no"
    read: list[str] = []
    done = mailbox.fetch(chosen=box.settings(), keep=lambda letter: read.append(letter.text))
    assert (done.taken, done.failed, done.whole, len(read)) == (1, 2, False, 1) and "bench 2" in read[0]
    box.deliver(raw(mail("bench 3", number="3")))
    done = mailbox.fetch(chosen=box.settings(), keep=lambda letter: read.append(letter.text))
    assert (done.taken, done.failed, len(read)) == (2, 1, 3) and "bench 3" in read[1], "what was odd comes last"


def test_two_fetchers_at_once_make_one_notice_of_each_mail(story: Story, box: Provider) -> None:
    for n in range(6):
        box.deliver(raw(mail(f"bench {n}", number=str(n))))
    failed: list[BaseException] = []

    def work() -> None:
        try:
            _visit(story, box)
        except mailbox.Failure:
            pass
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _visit(story, box)
    assert failed == [] and sorted(_texts()) == [f"A bridge\n\nbench {n}" for n in range(6)]


def test_a_mail_of_files_alone_is_a_report_and_its_sender_is_told(story: Story, box: Provider) -> None:
    box.uidplus = False
    box.deliver(b"From: a@b.example\r\nSubject: under the bridge\r\nContent-Type: image/png\r\n\r\nAAAA")
    box.deliver(b"From: a@b.example\r\nDate: x\r\n\r\n")
    box.deliver(raw(mail("long " * 80_000, number="9")))
    assert _visit(story, box).taken == 3
    assert box.sections[:1] == ["HEADER"] and box.sections.count("1") == 2
    assert len(_texts()[-1]) == 10_000


def test_a_structure_that_makes_no_sense_leaves_the_words_alone(story: Story, box: Provider) -> None:
    odd = ("(((", "NIL", '("text")', '("text" "plain" NIL', "(" * 5000 + ")" * 5000, '(("a" "b") "mixed")')
    for n, told in enumerate(odd):
        box.structures[box.deliver(raw(mail(number=str(n))))] = told
    assert _visit(story, box).failed == 0
    assert set(box.sections) == {"HEADER"} and len(_texts()) == 6


def test_which_parts_are_words() -> None:
    def numbers(text: bytes) -> tuple[list[str], bool]:
        found = parts_of(structure=read_list(data=text)[0])
        return [p.number for p in found.wanted], found.files

    text, page = b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 1 1)', b'("TEXT" "HTML" NIL NIL NIL "BASE64" 1 1)'
    picture = b'("IMAGE" "PNG" ("NAME" "a\\"b") NIL NIL "BASE64" 9 NIL ("INLINE" NIL) NIL)'
    assert numbers(text) == (["1"], False)
    assert numbers(b"(" + text + page + b' "ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)') == (["1"], False)
    assert numbers(b"((" + page + picture + b' "RELATED")' + picture + b' "MIXED")') == (["1.1"], True)
    named = b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1 NIL ("ATTACHMENT" ("FILENAME" "a.txt")) NIL NIL)'
    assert numbers(b"(" + named + text + b' "MIXED")') == (["2"], True)
    forwarded = b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 (NIL NIL) ' + text + b" 4)"
    assert numbers(b"(" + text + forwarded + b' "MIXED")') == (["1"], True)


def test_without_tls_only_this_machine() -> None:
    with pytest.raises(Unsafe, match="imaps"):
        mailbox.place_of(url="imap://a:b@mail.example/INBOX")
    assert mailbox.place_of(url="imaps://a%40b:c@mail.example").user == "a@b"


def test_the_clocks_of_a_child_run_for_a_mail(story: Story, box: Provider) -> None:
    story.post()
    box.deliver(raw(mail()))
    _visit(story, box)
    (case,) = [r[0] for r in fetch_all("SELECT id FROM cases_case", [])]
    row = read_cases(ids=[case])[0]
    assert row.regime == "child" and row.minor is None and not row.withheld
    story.wait(hours=4, minutes=10)
    assert read_cases(ids=[case])[0].withheld


def test_the_check_names_what_is_not_safe() -> None:
    from odzew.entrypoints.checks import mail_findings

    def codes(**more: str) -> set[str]:
        return {f.code for f in mail_findings(Settings(**more))}  # type: ignore[arg-type]

    assert codes() == set()
    assert codes(mail_imap_url="imap://a:b@mail.example/") == {
        "mail_address",
        "mail_answers",
        "mail_imap",
        "mail_trash",
        "mail_authserv",
    }
    bad = {"mail_milter": "0.0.0.0:1", "mail_address": "a@b.example", "smtp_url": "smtp://mail.example"}
    assert codes(**bad) == {"mail_milter", "mail_smtp", "mail_authserv"}
    assert (
        codes(mail_milter="unix:/run/x", mail_address="a@b.example", smtp_url="smtps://mail.example", mail_authserv="mx") == set()
    )
