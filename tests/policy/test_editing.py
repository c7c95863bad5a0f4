"""Single values of a policy file are changed; nothing else of it moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.foundation.errors import Invalid
from odzew.policy.editing import Difference, differences, values_of, with_values
from odzew.policy.load import load_policy
from odzew.policy.shipped import shipped_policy_text

SHIPPED = shipped_policy_text()
VALUES = values_of(text=SHIPPED)
PLAIN = sorted(key for key, value in VALUES.items() if isinstance(value, str | int | float))


def test_a_value_changes_and_its_comment_stays() -> None:
    made = with_values(text=SHIPPED, values={"clocks.repeat.length": "3 h", "version": 2})
    changed = [(a, b) for a, b in zip(SHIPPED.split("\n"), made.split("\n"), strict=True) if a != b]
    assert [b.split("#")[0].strip() for _, b in changed] == ["version = 2", 'length = "3 h"']
    assert "hidden if nobody looked" in changed[1][1]
    assert differences(before=SHIPPED, after=made) == [
        Difference(key="version", before=1, after=2),
        Difference(key="clocks.repeat.length", before="4 h", after="3 h"),
    ]


@given(st.sampled_from(PLAIN), st.text(max_size=40), st.integers(0, 10**6), st.floats(0, 1e6), st.booleans())
def test_any_value_of_the_shipped_file_can_be_changed_to_anything(
    key: str, text: str, whole: int, part: float, truth: bool
) -> None:
    for value in (text.encode("utf-8", "ignore").decode(), whole, part, truth):
        made = with_values(text=SHIPPED, values={key: value})
        assert values_of(text=made) == {**VALUES, key: value}
        assert made.count("\n") == SHIPPED.count("\n")
        assert made.count("#") - str(value).count("#") in range(SHIPPED.count("#") - 60, SHIPPED.count("#") + 1)


def test_a_new_ground_stands_behind_the_others_and_its_text_is_read() -> None:
    words = {"grounds.house_rule.en": 'A "bridge" \\ rule # here', "grounds.house_rule.pl": "Zasada żółtej łodzi"}
    made = with_values(text=SHIPPED, values=words)
    policy = load_policy(text=made)
    assert list(policy.grounds)[-1] == "house_rule" and dict(policy.grounds["house_rule"]) == {
        "en": words["grounds.house_rule.en"],
        "pl": words["grounds.house_rule.pl"],
    }
    assert with_values(text=made, values=words) == made
    assert made.index("[grounds.house_rule]") < made.index("# The place in the queue")


@pytest.mark.parametrize(
    "text",
    [
        'a = """\nb = 1\n"""\nb = 2',  # a line of a text looks like a value
        "[[x]]\nb = 1\n[[x]]\nb = 2\n[y]\nb = 1",
        "b = 1\n[a]\nc = {b = 2}",
    ],
)
def test_what_cannot_be_changed_line_by_line_is_refused_or_right(text: str) -> None:
    for key in ("b", "y.b", "a.c.b"):
        try:
            made = with_values(text=text, values={key: 7})
        except Invalid as refused:
            assert refused.detail["why"] == "policy_by_hand"
        else:
            assert values_of(text=made) == {**values_of(text=text), key: 7}
