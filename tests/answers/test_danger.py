"""Words that may mean danger now are known in every language, however they are typed; everyday words are not."""

from __future__ import annotations

import pytest

from odzew.answers.danger import speaks_of_danger


@pytest.mark.parametrize(
    "text",
    [
        "he will be home soon",
        "He’s   on his way\nhere",
        "HE'LL BE BACK ANY MINUTE",
        "she is in danger",
        "I want to die",
        "zaraz wróci",
        "Ona MÓWI, że chce się zabić. Chcę umrzeć.",
        "on mnie bije",
        "boję się, wróci za chwilę",
    ],
)
def test_danger_is_heard(text: str) -> None:
    assert speaks_of_danger(text=text)


@pytest.mark.parametrize(
    "text",
    ["", "a bridge at night", "It was posted again just now.", "Zaraz wrócę do tego wpisu.", "killer whale", "diet", "x" * 20_000],
)
def test_everyday_words_ring_nothing(text: str) -> None:
    assert not speaks_of_danger(text=text)
