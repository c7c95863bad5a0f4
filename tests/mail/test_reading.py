"""Headers and words in the encodings of Poland, tickets, who vouches for a sender, and what is sent by programs."""

from __future__ import annotations

import time

import pytest

from odzew.entrypoints.mail.mime import head_of, read_body
from odzew.entrypoints.mail.reading import letter_of
from odzew.entrypoints.mail.words import of_html, tidy
from odzew.notices.letters import Letter

WORDS = "Zażółć gęślą jaźń – most"


def _letter(head: str | bytes, text: str = "x", envelope: str | None = "a@b.example", authserv: str = "") -> Letter:
    data = head if isinstance(head, bytes) else head.encode()
    return letter_of(head=head_of(data=data), text=text, files=False, cut=False, envelope=envelope, authserv=authserv)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "windows-1250"])
@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_polish_words_in_every_encoding(charset: str, encoding: str) -> None:
    import base64
    import quopri

    words = WORDS.replace("–", "-")
    data = words.encode(charset)
    data = {"8bit": data, "quoted-printable": quopri.encodestring(data), "base64": base64.encodebytes(data)}[encoding]
    head = head_of(data=f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n".encode())
    body = read_body(head=head, data=data)
    assert body.text == words and not body.files


def test_a_wrong_or_missing_charset_is_read_as_it_can_be() -> None:
    assert read_body(head=head_of(data=b""), data=WORDS.encode()).text == WORDS
    polish = "Zażółć".encode("cp1250")
    for charset in (b"", b"; charset=nonsense", b"; charset=zlib_codec", b'; charset="utf-16"'):
        assert read_body(head=head_of(data=b"Content-Type: text/plain" + charset), data=polish).parts == 1
    assert read_body(head=head_of(data=b"Content-Type: text/plain"), data=polish).text == "Zażółć"


def test_subjects_in_rfc_2047_and_raw() -> None:
    for head in (
        "Subject: =?iso-8859-2?Q?Za=BF=F3=B3=E6?= =?utf-8?B?IGfEmcWbbMSF?=",
        "Subject: Zażółć gęślą",
        "Subject: =?utf-8?Q?Za=C5=BC=C3=B3=C5=82=C4=87?=\r\n =?utf-8?Q?_g=C4=99=C5=9Bl=C4=85?=",
    ):
        assert _letter(head).subject == "Zażółć gęślą"


@pytest.mark.parametrize(
    ("head", "ticket"),
    [
        ("Subject: a bridge [#123]", "[#123]"),
        ("Subject: [Ticket#2026-0301-77] x", "[Ticket#2026-0301-77]"),
        ("Subject: x (ref: 12345)", "(ref: 12345)"),
        ("Subject: x\r\nX-Ticket-ID: DN-99", "[DN-99]"),
        ("Subject: x [janek 15]", ""),
        ("Subject: x\r\nX-Ticket-ID: 1\x0bBcc: all@desk.example", ""),
        ("Subject: nothing", ""),
    ],
)
def test_the_senders_own_number(head: str, ticket: str) -> None:
    assert _letter(head).ticket == ticket


def test_headers_cannot_be_injected() -> None:
    letter = _letter(
        "From: =?utf-8?Q?a=0D=0ABcc:_x@desk.example?= <a@b.example>\r\nSubject: =?utf-8?Q?x=0D=0ABcc:_all@desk.example_[=231=0D=0A2]?="
    )
    assert letter.sender in ("", "a@b.example") and "\n" not in letter.subject + letter.ticket
    for odd in ("a@b.example, c@d.example", "a@b", "<>", '"a b"@c.example', "a@b.example\r\nFrom: c@d.example"):
        assert _letter(f"From: {odd}").sender == ""


def test_only_the_operators_own_server_is_believed_about_a_sender() -> None:
    def said(*lines: str, authserv: str = "mx.desk.example") -> tuple[str, bool]:
        letter = _letter(
            "".join(f"Authentication-Results: {li}\r\n" for li in lines) + "From: a@hotline.example\r\n", authserv=authserv
        )
        return letter.domain, letter.forged

    assert said("mx.desk.example; dmarc=pass (p=none) header.from=hotline.example") == ("hotline.example", False)
    assert said("mx.desk.example 1; spf=pass smtp.mailfrom=x; dkim=pass header.d=hotline.example") == ("hotline.example", False)
    assert said("mx.desk.example; dkim=pass header.d=other.example") == ("", False)
    assert said("mx.desk.example; spf=pass smtp.mailfrom=hotline.example") == ("", False)
    assert said(
        "mx.desk.example; dmarc=fail header.from=hotline.example", "mx.desk.example; dmarc=pass header.from=hotline.example"
    ) == ("", True)
    assert said("evil.example; dmarc=pass header.from=hotline.example") == ("", False)
    assert said("mx.desk.example; dmarc=pass header.from=hotline.example", authserv="") == ("", False)
    assert said("mx.desk.example; x=none (; dmarc=pass header.from=hotline.example)") == ("", False)
    inside = "; dmarc=pass header.from=hotline.example x"
    for sender in (
        f'"a{inside}"@evil.example',
        f"a (b (c){inside} (d)) x@evil.example",
        f'"a\\"{inside}"@evil.example',
        f'"a{inside}',
    ):
        assert said(f"mx.desk.example; spf=pass smtp.mailfrom={sender}; dmarc=none") == ("", False), sender
    assert said('mx.desk.example; spf=pass smtp.mailfrom="a.b"@x.example; dkim=pass header.d="hotline.example"') == (
        "hotline.example",
        False,
    )


@pytest.mark.parametrize(
    ("kind", "bounce"),
    [("delivery-status", True), ("disposition-notification", True), ("feedback-report", False), ("", True)],
)
def test_only_reports_of_mail_programs_are_echoes(kind: str, bounce: bool) -> None:
    told = f"; report-type={kind}" if kind else ""
    letter = _letter(f"From: postmaster@other.example\r\nContent-Type: multipart/report{told}; boundary=x\r\n")
    assert (letter.bounce, letter.automatic) == (bounce, True)


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "List-Id: <l.example>",
        "From: no-reply@b.example",
        "X-Loop: x",
    ],
)
def test_what_programs_and_lists_send_is_known(head: str) -> None:
    assert _letter(head).automatic and not _letter(head).bounce
    assert not _letter("From: a@b.example\r\nAuto-Submitted: no").automatic
    assert _letter("From: a@b.example", envelope="").automatic
    assert _letter("Return-Path: <>", envelope=None).automatic
    assert _letter("Content-Type: multipart/report; boundary=x").bounce


def test_the_same_mail_has_the_same_name_and_another_does_not() -> None:
    one = "Message-ID: <a@b.example>\r\nFrom: a@b.example"
    assert _letter(one).key == _letter(one).key != _letter(one, text="y").key


def test_pages_are_words_and_nothing_hidden() -> None:
    assert of_html(html="<p>a</p><img src='cid:1'>") == ("a", True)
    assert (
        of_html(html='<a href="javascript:x">a</a><a href="https://kladka.example/p">b</a>')[0] == "ab <https://kladka.example/p>"
    )
    assert of_html(html="a &lt;b&gt; <3 <!-- c --> d<br>&#" + "9" * 5000) == ("a <b> <3 d\n&#" + "9" * 5000, False)
    assert of_html(html="<div>" * 50_000 + "x")[0] == "x"
    assert tidy(text="a\x00b\x1b[2Jc \u202e\r\nd  \r\n\r\n\r\n\r\ne data:image/png;base64,AAAA") == "ab[2Jc \u202e\nd\n\ne"


@pytest.mark.parametrize(
    "bit", ["<", "<!--", "<![CDATA[", "<a ", "</a ", "<a href='", '<a x="', "<?", "<a>x", "&#", "<svg>", "= ", "href"]
)
def test_no_page_takes_long(bit: str) -> None:
    """A parser that goes back at each of these would take minutes; the bound is far above what going through once takes."""
    began = time.process_time()
    of_html(html=bit * (262_144 // len(bit)))
    of_html(html="<a " + bit * (8192 // len(bit)) + ">x</a>")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("bit", [";", "(", "<", "a@b,", '"', "\\", "=?utf-8?q?=41?= ", ";x*1*=a", " x*0=a;", "[1"])
@pytest.mark.parametrize(
    "name", ['Content-Type: multipart/mixed; boundary="', "From: ", "Subject: ", "Authentication-Results: mx; ", "References: <"]
)
def test_no_header_takes_long_or_makes_it_fall(name: str, bit: str) -> None:
    head = head_of(data=(name + bit * (120_000 // len(bit))).encode())
    began = time.process_time()
    assert read_body(head=head, data=b"x").parts == 1
    letter_of(head=head, text="", files=False, cut=False, envelope=None, authserv="mx")
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        ('"Zosia, of <the> bridge" <Zosia@School.example>', "zosia@school.example"),
        ("zosia@school.example (at school)", "zosia@school.example"),
        ("<zosia@school.example>", "zosia@school.example"),
        ("=?utf-8?Q?=C5=BB?= <zosia@school.example>", "zosia@school.example"),
        ("a <b@c.example> <zosia@school.example>", ""),
        ("b@c.example <zosia@school.example>", "zosia@school.example"),
        ("group: a@b.example;", ""),
    ],
)
def test_who_it_is_from(line: str, sender: str) -> None:
    assert _letter(f"From: {line}").sender == sender
