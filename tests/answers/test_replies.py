"""The one line of the desk: what it can never say, in any language, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.answers.replies import NEVER, Standing, compose_reply, never_said, offered, plain, reveals
from odzew.answers.wordbook import book, codes

ASKS = (
    "Zadzwoń do mnie.", "Podaj numer.", "podaj nr 500 600 700", "Napisz do mnie na signal", "Wyslij zdjecie", "Pokaż mi to.", "SPOTKAJMY SIE",
    "Przyjdź jutro.",
    "Jak masz na imię?", "Wyślij skan dowodu.", "Gdzie mieszkasz?", "Zobacz bridge.example", "http://bridge", "ada@bridge", "ada @ bridge",
    "Call me.", "What is your name?", "Send a photo.", "Let us meet.", "Come to us.", "Which school?", "Show us your ID.", "How old are you?",
    "ｐｈｏｎｅ", "pho\u200bne", "ｗｗｗ", "+48 (22) 12-34", "1 2 3 4 5", "W h a t s a p p whatsapp", "Zdje\u0328cie", "Your Instagram?",
)  # fmt: skip
FINE = (
    "Dziękujemy za cierpliwość.", "Patrzymy na to do wtorku, godz. 18:30.", "Powiedz komuś dorosłemu, komu ufasz.", "Most jest już ukryty.",
    "We look at it until Tuesday, 18:30.", "Tell an adult whom you trust.", "The bridge is hidden now.", "",
)  # fmt: skip


@pytest.mark.parametrize("line", ASKS)
def test_a_line_never_asks_and_gives_no_way(line: str) -> None:
    assert never_said(line=plain(typed=line))


@pytest.mark.parametrize("line", FINE)
def test_plain_words_pass(line: str) -> None:
    assert (never_said(line=plain(typed=line)), reveals(line=plain(typed=line))) == ("", "")


@pytest.mark.parametrize(
    "line", ["Ktoś inny też to zgłosił.", "KTOS INNY to widzi", "The police know.", "Unfortunately not.", "Someone else did."]
)
def test_a_line_tells_nothing_of_others(line: str) -> None:
    assert reveals(line=line)


@given(st.sampled_from(ASKS), st.sampled_from(FINE), st.sampled_from(FINE))
def test_whatever_stands_around_it(line: str, before: str, after: str) -> None:
    assert never_said(line=plain(typed=f"{before}\n{line}\t{after}"))


@given(st.text())
def test_a_line_is_one_line_and_stays_as_it_is(typed: str) -> None:
    line = plain(typed=typed)
    assert line == plain(typed=line) and line.isprintable()


def test_every_language_has_every_list_and_every_template() -> None:
    every = offered(standing=Standing(written=True, open=True, answered=False))
    assert set(every) | {"decided", "warned"} == {
        k.removeprefix("reply.") for k in book(language="en").sentences if k.startswith("reply.")
    }
    assert offered(standing=Standing(written=False, open=False, answered=True))[2:3] == ("decided",)
    for code in codes():
        assert set(book(language=code).never) == set(NEVER) and all(book(language=code).never.values())
        for name in (*every, "warned"):
            text = compose_reply(template=name, line="", language=code, emergency="112", helplines=(("Line", "1 2"),))
            assert text and "{" not in text
    call = compose_reply(template="call", line="A pen.", language="pl", emergency="112", helplines=(("Telefon", "116 111"),))
    assert call.splitlines()[1:] == ["Telefon: 116 111", "A pen."] and "112" in call
