"""What the answers of the form mean: always a word of the vocabulary, never less than what was said, and no address that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.notices.form import AGE, WHAT, WHO, FormAnswers, concern_of, links_in, on_one_of, text_of
from odzew.policy.vocabulary import CHILD_KINDS, CLAIMANTS, FLAGS, INTIMATE_KINDS, KINDS

ANSWERS = st.builds(
    FormAnswers,
    who=st.sampled_from(["", *WHO]),
    age=st.sampled_from(["", *AGE]),
    what=st.frozensets(st.sampled_from(WHAT)),
)


@given(ANSWERS)
def test_every_answer_has_words_of_the_vocabulary(answers: FormAnswers) -> None:
    concern = concern_of(answers=answers)
    assert concern.kind in KINDS and concern.claimant in CLAIMANTS and concern.flags <= FLAGS
    assert concern.kind in CHILD_KINDS | INTIMATE_KINDS  # whatever was left out, it is looked at under a clock that hides
    if answers.age == "under_18":
        assert concern.minor is True and concern.kind in CHILD_KINDS
    assert ("imminent" in concern.flags) == ("danger" in answers.what)
    if answers.what & {"posted", "spread"}:
        assert "threat_to_publish" not in concern.flags  # what is public is never taken for a threat alone


@pytest.mark.parametrize(
    ("age", "what", "kind", "flags"),
    [
        ("under_18", {"posted"}, "csam", set()),
        ("18_or_over", {"posted"}, "ncii", set()),
        ("unknown", {"posted"}, "ncii", set()),
        ("", set(), "ncii", set()),
        ("under_18", {"threat"}, "sextortion_child", {"threat_to_publish"}),
        ("18_or_over", {"threat", "posted"}, "sextortion_adult", set()),
        ("under_18", {"money", "posted"}, "sextortion_child", {"money_demanded"}),
        ("unknown", {"contact"}, "grooming", set()),
        ("under_18", {"contact", "posted"}, "csam", set()),
        ("under_18", {"fake", "spread", "danger"}, "csam", {"synthetic", "viral", "imminent"}),
    ],
)
def test_what_is_ticked_is_a_kind_and_flags(age: str, what: set[str], kind: str, flags: set[str]) -> None:
    concern = concern_of(answers=FormAnswers(age=age, what=frozenset(what)))
    assert concern.kind == kind and concern.flags == frozenset(flags)


HOSTS = frozenset({"kladka.example", "127.0.0.1:8401"})


@pytest.mark.parametrize(
    ("typed", "links"),
    [
        ("https://kladka.example/posts/1", ["https://kladka.example/posts/1"]),
        ("To jest tu: https://kladka.example/posts/1, i nie wiem gdzie jeszcze.", ["https://kladka.example/posts/1"]),
        ("(https://kladka.example/a_(b))", ["https://kladka.example/a_(b)"]),
        ("<https://x.example/1>\n\n„https://x.example/2”", ["https://x.example/1", "https://x.example/2"]),
        ("kladka.example/posts/1 www.x.example/2", ["kladka.example/posts/1", "www.x.example/2"]),
        ("https://x.example/1 https://x.example/1", ["https://x.example/1"]),
        ("http://127.0.0.1:8401/posts/1", ["http://127.0.0.1:8401/posts/1"]),
        ("https://żółw.example/łódź", ["https://żółw.example/łódź"]),
        # Words, accounts, and the bare address of a site are no item: two people who write the same mean two things.
        ("@ala", []),
        ("ala.kowalska/zdjecia", []),
        ("nie wiem", []),
        ("https://kladka.example", []),
        ("https://kladka.example/", []),
        ("https://kladka.example/?utm_source=x#top", []),
        ("kladka.example", []),
        ("javascript:alert(1)/x", []),
        ("https://user:pass@kladka.example/x", []),
        ("https://", []),
        ("http://[::1/x", []),
        ("", []),
    ],
)
def test_addresses_are_found_in_what_somebody_typed(typed: str, links: list[str]) -> None:
    assert links_in(text=typed, hosts=HOSTS) == links


@given(st.text(max_size=300))
def test_whatever_is_typed_is_kept(typed: str) -> None:
    links = links_in(text=typed, hosts=HOSTS)
    kept = text_of(answers=FormAnswers(where=typed), links=links)
    for word in typed.split():
        assert word in kept or any(link in word for link in links)


def test_a_part_of_a_host_is_of_it_and_a_longer_name_is_not() -> None:
    assert on_one_of(link="https://www.kladka.example/1", hosts=HOSTS)
    assert not on_one_of(link="https://notkladka.example/1", hosts=HOSTS)
    assert not on_one_of(link="https://kladka.example.evil.example/1", hosts=HOSTS)
