"""What a mail becomes, and what goes back: a code, the sender's own number, and nothing of what they wrote."""

from __future__ import annotations

import re
import socketserver
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from odzew.answers.api import answers_to
from odzew.cases.rows import read_cases
from odzew.enforcement.figures import times
from odzew.entrypoints.mail.sending import message, send
from odzew.foundation.errors import Conflict, Invalid, NotFound
from odzew.foundation.outgoing import Reply
from odzew.foundation.writes import fetch_all
from odzew.ledger.events import read_texts
from odzew.ledger.people import MAIL
from odzew.notices.api import view
from odzew.notices.contacts import contact_of, forget_contacts
from odzew.notices.data import Receipt
from odzew.notices.letters import Letter
from odzew.notices.messages import messages_of
from odzew.usecases._mailing import Outmail
from odzew.usecases.read_status import read_status
from odzew.usecases.receive_mail import MOST_A_DAY, receive_mail
from odzew.usecases.reply_to_reporter import Reply as Reply_
from odzew.usecases.reply_to_reporter import reply_to_reporter
from odzew.usecases.trust_mail import trust_mail
from tests.cast import KEYS, Story
from tests.mail.mails import POST

ZOSIA = Letter(
    key="1", sender="zosia@school.example", subject="A bridge [#123]", text=f"Look, this is my bridge and the river {POST}",
    message_id="<1@school.example>", ticket="[#123]",
)  # fmt: skip


class Post:
    """A mail server for what the desk sends."""

    def __init__(self, story: Story) -> None:
        self.story, self.sent, self.status = story, list[Outmail](), 250
        story.desk = replace(story.desk, public_url="https://desk.example", mail_domain="desk.example")
        story.mail = self

    def __call__(self, mail: Outmail) -> Reply:
        if self.status == 250:
            self.sent.append(mail)
        return Reply(status=self.status)

    def work(self) -> None:
        self.story.work()

    def receive(self, letter: Letter = ZOSIA) -> Receipt:
        receipt = receive_mail(letter=letter, desk=self.story.desk, now=self.story.now)
        assert receipt is not None
        return receipt


@pytest.fixture
def post(story: Story) -> Post:
    """A desk with a mail server."""
    story.post()
    return Post(story)


def test_the_answer_goes_back_with_the_code_and_the_senders_own_number(post: Post) -> None:
    receipt = post.receive()
    assert [a.delivered_at for a in answers_to(notice=receipt.notice)] == [None]
    post.work()
    (mail,) = post.sent
    assert (mail.to, mail.replies_to, mail.language) == ("zosia@school.example", "<1@school.example>", "en")
    assert mail.subject == "Your message to us [#123]"
    assert receipt.code and " ".join(receipt.code[n : n + 4] for n in range(0, 20, 4)) in mail.text
    assert "https://desk.example/status" in mail.text and receipt.code not in mail.text
    assert not any(word in mail.text + mail.subject for word in ("bridge", "kladka", "post-1", "uploader", "river"))
    assert all(a.delivered_at for a in answers_to(notice=receipt.notice))
    known = contact_of(notice=receipt.notice, keys=KEYS)
    assert known and known.code == ""
    assert read_status(code=receipt.code, desk=post.story.desk, now=post.story.now)
    case = read_cases(ids=[receipt.case])[0]
    assert (case.regime, case.minor, case.kinds) == ("child", None, frozenset({"ncii"}))


def test_later_answers_go_too_and_close_the_notice_when_they_are_taken(post: Post) -> None:
    receipt = post.receive()
    post.work()
    post.story.decide(receipt.case, 0, "no_violation", ground="not_in_scope", reason="It shows uploader janek.")
    post.status = 451
    post.story.decide(receipt.case, 1, "no_violation", ground="not_in_scope", reason="It shows uploader janek.")
    post.work()
    found = view(notice=receipt.notice)
    assert found and found.state == "open"
    post.status = 250
    post.story.wait(minutes=20)
    post.work()
    found = view(notice=receipt.notice)
    assert found and found.state == "answered"
    assert "janek" not in post.sent[-1].text and "There is more on our page. Use your code." in post.sent[-1].text
    assert len({m.message_id for m in post.sent}) == len(post.sent)


def test_mail_is_a_road_of_its_own_in_the_figures(post: Post) -> None:
    post.receive()
    now = post.story.now
    roads = {road.road: road.cases for road in times(since=now - timedelta(days=1), until=now + timedelta(days=1))}
    assert roads == {"": 1, "mail": 1}


def test_the_same_mail_twice_is_one_notice_and_one_answer(post: Post) -> None:
    first, second = post.receive(), post.receive()
    assert first.notice == second.notice and second.repeated
    post.work()
    assert len(post.sent) == 1


def test_an_address_that_refuses_is_given_up_and_rings_and_nobody_waits_for_it(post: Post) -> None:
    receipt = post.receive()
    post.status = 550
    post.work()
    assert "mail_refused" in {a["code"] for a in post.story.alarms}
    known = contact_of(notice=receipt.notice, keys=KEYS)
    assert known and known.ended
    post.story.decide(receipt.case, 0, "remove")
    post.work()
    found = view(notice=receipt.notice)
    assert found and found.state == "answered" and post.sent == []
    post.story.wait(hours=30)
    assert {a["code"] for a in post.story.alarms} == {"mail_refused"}


def test_a_mail_server_that_is_away_loses_nothing_also_not_the_code(post: Post) -> None:
    receipt = post.receive()
    post.status = 0
    post.work()
    post.story.wait(hours=26)
    post.status = 250
    post.story.wait(hours=5)
    post.work()
    assert receipt.code and receipt.code[:4] in post.sent[0].text
    assert post.sent[0].text.count("\n") > 5


def test_programs_and_lists_are_reports_and_are_never_answered(post: Post) -> None:
    receipt = post.receive(replace(ZOSIA, automatic=True))
    post.receive(replace(ZOSIA, key="2", forged=True))
    post.receive(replace(ZOSIA, key="3", sender=""))
    post.work()
    assert post.sent == [] and contact_of(notice=receipt.notice, keys=KEYS) is None
    assert [a.kind for a in answers_to(notice=receipt.notice)] == ["receipt"]


def test_echoes_of_our_own_mails_are_no_reports(post: Post) -> None:
    post.receive()
    post.work()
    ours = post.sent[0].message_id
    before = fetch_all("SELECT count(*) FROM notices_notice", [])
    for echo in (
        replace(ZOSIA, key="2", automatic=True, replies_to=(ours,)),
        replace(ZOSIA, key="3", bounce=True),
        replace(ZOSIA, key="4", message_id=ours),
    ):
        assert receive_mail(letter=echo, desk=post.story.desk, now=post.story.now) is None
    assert fetch_all("SELECT count(*) FROM notices_notice", []) == before
    guessed = ours[:40] + ("0" if ours[40] != "0" else "1") + ours[41:]
    assert receive_mail(
        letter=replace(ZOSIA, key="5", automatic=True, replies_to=(guessed,)), desk=post.story.desk, now=post.story.now
    )


def test_what_a_person_answers_follows_their_report_and_gets_no_second_code(post: Post) -> None:
    first = post.receive()
    post.work()
    ours = post.sent[0].message_id
    more = post.receive(
        replace(ZOSIA, key="2", text="It is back, and he will be home soon.", replies_to=(ours,), message_id="<2@x.example>")
    )
    found = view(notice=more.notice)
    assert found and more.case == first.case
    post.work()
    assert len(post.sent) == 1
    stranger = post.receive(replace(ZOSIA, key="3", sender="man@other.example", text="x", replies_to=(ours,)))
    assert stranger.case != first.case


def test_what_somebody_quotes_of_our_mails_tells_nobody_the_code_and_rings_nothing(post: Post) -> None:
    first = post.receive(replace(ZOSIA, text=f"Hello, the picture is on this page and it is my bridge {POST}"))
    post.work()
    post.story.decide(first.case, 0, "remove")
    post.work()
    assert len(post.sent) > 1 and {m.language for m in post.sent} == {"en"} and first.code
    quoted = "\n".join(f"> {line}" for m in post.sent for line in m.text.splitlines())
    groups = "-".join(first.code[n : n + 5] for n in range(0, 20, 5))
    words = f"Thanks.\n{quoted}\n{groups}\n{first.code[:10]}\n> > {first.code[10:]}\nMy number is {'1' * 20}."
    more = post.receive(replace(ZOSIA, key="2", text=words, replies_to=(post.sent[0].message_id,), message_id="<2@x.example>"))
    found = view(notice=more.notice)
    assert found and found.text_id and "imminent" not in found.flags
    kept = read_texts(ids=[found.text_id])[found.text_id]
    assert first.code not in re.sub(r"\D", "", kept) and "1" * 20 in kept and kept.count("(code)") == 3


def test_nobody_is_written_to_without_end(post: Post) -> None:
    for n in range(MOST_A_DAY + 3):
        post.receive(replace(ZOSIA, key=str(n), text=f"a bench {n}"))
    for _ in range(12):
        post.work()
    assert len(post.sent) == MOST_A_DAY


def test_strangers_by_mail_are_one_voice_unless_a_server_vouches(post: Post) -> None:
    first = post.receive()
    for n in range(4):
        post.receive(replace(ZOSIA, key=f"a{n}", sender=f"a{n}@many.example"))
    assert read_cases(ids=[first.case])[0].independent == 1 and not read_cases(ids=[first.case])[0].withheld
    post.receive(replace(ZOSIA, key="b", sender="b@other.example", domain="other.example"))
    assert read_cases(ids=[first.case])[0].independent == 2


def test_a_hotline_is_believed_only_where_the_operator_and_the_server_say_so(post: Post) -> None:
    story, address = post.story, "reports@hotline.example"
    mail = replace(
        ZOSIA, sender=address, text="Please act: hxxps://kladka[.]example/posts/post-1 and a footer https://aka.example/x"
    )
    with pytest.raises(Invalid):
        trust_mail(program=story.hotline.id, address="nonsense", desk=story.desk, now=story.now)
    with pytest.raises(Invalid):
        trust_mail(program=story.program.id, address=address, desk=story.desk, now=story.now)
    with pytest.raises(NotFound):
        trust_mail(program=MAIL, address=address, desk=story.desk, now=story.now)
    trust_mail(program=story.hotline.id, address=address, desk=story.desk, now=story.now)
    for n, untrue in enumerate((mail, replace(mail, domain="other.example"), replace(mail, domain="hotline.example", forged=True))):
        receipt = post.receive(replace(untrue, key=f"u{n}"))
        found = view(notice=receipt.notice)
        assert found and found.source == "user" and (n or not read_cases(ids=[receipt.case])[0].withheld)
    receipt = post.receive(replace(mail, key="t", domain="hotline.example"))
    found = view(notice=receipt.notice)
    assert found and found.source == "hotline" and [p["url"] for p in found.places] == [POST]
    assert read_cases(ids=[receipt.case])[0].withheld
    other = fetch_all("SELECT id FROM ledger_program WHERE id <> %s AND id <> %s LIMIT 1", [story.hotline.id, MAIL])[0][0]
    with pytest.raises(Conflict):
        trust_mail(program=other, address=address, desk=story.desk, now=story.now)
    trust_mail(program=story.hotline.id, address="", desk=story.desk, now=story.now)
    found = view(notice=post.receive(replace(mail, key="v", domain="hotline.example")).notice)
    assert found and found.source == "user"


@pytest.mark.parametrize("people", [1])
def test_on_a_small_desk_trust_waits_a_day_and_rings(transactional_db: None, people: int) -> None:
    story = Story(people=people)
    since = trust_mail(program=story.hotline.id, address="a@hotline.example", desk=story.desk, now=story.now)
    story.work()
    assert since and (since - story.now).total_seconds() == 86400 and [a["code"] for a in story.alarms] == ["enrolled"]


def test_several_links_are_answered_by_their_order(post: Post) -> None:
    post.story.post("post-2")
    receipt = post.receive(replace(ZOSIA, text=f"{POST}\nhttps://kladka.example/posts/post-2 danger: he will be home soon"))
    post.work()
    assert "1, 2" in post.sent[0].text
    assert receipt.case


def test_danger_words_ring_and_polish_is_answered_in_polish(post: Post) -> None:
    post.receive(replace(ZOSIA, text="On zaraz wróci, boję się. Chce się zabić. Pomóżcie"))
    post.work()
    assert "danger" in {a["code"] for a in post.story.alarms} and post.sent[0].subject.startswith("Twoja wiadomość")


def test_the_address_is_sealed_and_can_be_erased(post: Post) -> None:
    receipt = post.receive()
    for table in ("notices_contact", "notices_notice", "ledger_delivery", "ledger_event"):
        rows = fetch_all(f"SELECT * FROM {table}", [])  # noqa: S608
        assert not any(
            "zosia" in (bytes(v).decode("latin-1") if isinstance(v, memoryview | bytes) else str(v)) for r in rows for v in r
        )
    assert forget_contacts(notices=[receipt.notice]) == 1
    post.work()
    assert post.sent == []


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 x\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                data = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    data += part
                self.server.got.append(data)  # type: ignore[attr-defined]
            answer = (
                b"550 nobody"
                if b"nobody@" in line
                else b"554 5.7.1 no relay"
                if b"relay@" in line
                else b"221 bye"
                if word == b"QUIT"
                else b"250 ok"
            )
            self.wfile.write(answer + b"\r\n")
            if word == b"QUIT":
                return


def test_over_smtp_it_is_plain_and_asks_no_program_for_an_answer() -> None:
    out = Outmail(
        to="a@b.example",
        subject="Twoja wiadomość [#1]",
        text="Łąka\n",
        language="pl",
        message_id="<1@d.example>",
        replies_to="<2@e>",
    )
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.got = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        url = f"smtp://127.0.0.1:{server.server_address[1]}"
        sent = send(url=url, message=message(mail=out, origin="report@desk.example"), origin="report@desk.example")
        refused = send(url=url, message=message(mail=replace(out, to="nobody@b.example"), origin="report@desk.example"))
        rule = send(url=url, message=message(mail=replace(out, to="relay@b.example"), origin="report@desk.example"))
        no_tls = send(url=url.replace("//", "//me:secret@"), message=message(mail=out, origin="report@desk.example"))
        server.shutdown()
        thread.join()
        assert (sent.status, refused.status, rule.status, no_tls.status) == (250, 550, 499, 0)
        got = server.got[0].decode()  # type: ignore[attr-defined]
    assert (
        "Auto-Submitted: auto-replied" in got
        and "In-Reply-To: <2@e>" in got
        and "multipart" not in got
        and "html" not in got.lower()
    )
    assert send(url="smtp://127.0.0.1:1", message=message(mail=out, origin="report@desk.example")).status == 0


def test_who_wrote_by_mail_is_told_that_the_desk_wrote_and_never_what(post: Post) -> None:
    story, receipt = post.story, post.receive()
    post.work()
    post.sent.clear()
    for line, status in (("Look at the boat.", 250), ("Look at the pier.", 550)):
        said = messages_of(notice=receipt.notice)
        reply = Reply_(template="still_looking", line=line, seen=said[-1].id if said else None)
        reply_to_reporter(
            case=receipt.case, notice=receipt.notice, reply=reply, caller=story.reviewer(0), desk=story.desk, now=story.now
        )
        post.status = status
        post.work()
    (mail,) = post.sent
    assert mail.to == "zosia@school.example" and mail.subject == "Your message to us [#123]" and "#123" in mail.text
    assert "We wrote to you" in mail.text and "https://desk.example/status" in mail.text
    assert not any(word in mail.text for word in ("boat", "checking", "kladka", receipt.code or "-"))
    known = contact_of(notice=receipt.notice, keys=KEYS)
    assert known and known.ended and known.code == ""
    outbox = " ".join(str(r[0]) for r in fetch_all("SELECT payload FROM ledger_delivery", []))
    assert "zosia" not in outbox and "boat" not in outbox
