"""How hard a text is to read: own counters, one measure for each language and LIX for any other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

MOST_WORDS = 14
_END = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-zà-ž]|[„\"'(])|\n+")
_WORD = re.compile(r"[^\W_]+(?:[.:'’-][^\W_]+)*")
_PL_VOWEL = re.compile(r"[aeouyąęó]|i(?![aeouyąęó])")
_EN_VOWELS = re.compile(r"[aeiouy]+")
_EN_SILENT = re.compile(r"(?<=[^aeiouy])(?:es|ed|e)$")


def sentences(*, text: str) -> list[str]:
    """Split at sentence ends and line ends; "godz. 18" does not end a sentence."""
    return [part for part in (piece.strip() for piece in _END.split(text)) if words(text=part)]


def words(*, text: str) -> list[str]:
    """The words; a number or a time is one word."""
    return _WORD.findall(text)


def syllables_en(*, word: str) -> int:
    """Count the vowel groups of an English word, without its silent ending; an address such as `example.org` counts as one."""
    if "." in word:
        return 1
    word = word.lower()
    if word.endswith(("ted", "ded", "ses", "ces", "ges", "xes", "zes", "shes", "ches")) or re.search(r"[^aeiouy]le$", word):
        return max(1, len(_EN_VOWELS.findall(word)))
    return max(1, len(_EN_VOWELS.findall(_EN_SILENT.sub("", word))))


def syllables_pl(*, word: str) -> int:
    """Count the vowels of a Polish word; an `i` before a vowel only softens; an address counts as one."""
    if "." in word:
        return 1
    return max(1, len(_PL_VOWEL.findall(word.lower())))


def flesch_kincaid(*, text: str) -> float:
    """Flesch-Kincaid grade level (English)."""
    found, parts = words(text=text), sentences(text=text)
    syllables = sum(syllables_en(word=word) for word in found)
    return 0.39 * len(found) / len(parts) + 11.8 * syllables / len(found) - 15.59


def fog_pl(*, text: str) -> float:
    """FOG for Polish: a word is hard from four syllables on."""
    found, parts = words(text=text), sentences(text=text)
    hard = sum(syllables_pl(word=word) >= 4 for word in found)
    return 0.4 * (len(found) / len(parts) + 100 * hard / len(found))


def lix(*, text: str) -> float:
    """LIX, for languages without a measure of their own: words in a sentence plus the share of words over six letters."""
    found, parts = words(text=text), sentences(text=text)
    return len(found) / len(parts) + 100 * sum(len(word) > 6 for word in found) / len(found)


Measure = Callable[..., float]
MEASURES: Mapping[str, tuple[Measure, float]] = {
    "flesch-kincaid": (flesch_kincaid, 5.0),
    "fog-pl": (fog_pl, 7.0),
    "lix": (lix, 30.0),
}
