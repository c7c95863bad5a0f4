"""The check of a language file: complete, true to the other languages, gentle, and easy to read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from string import Formatter

from odzew.answers.reading import MEASURES, MOST_WORDS, sentences, words
from odzew.answers.reports import ANSWER_RULES
from odzew.answers.statements import STATEMENT_RULES
from odzew.answers.times import Moment
from odzew.answers.wordbook import REFERENCE, SECTIONS, STAFF, Book, book, codes

TIMED = frozenset(
    {"next_promise", "hide_by", "decide_by", "until", "appeal_until", "answer_by"}
    | {"hidden_since", "hide_told_since", "imposed_at", "posted_at", "restored_at"}
)
# A sentence may never have room for who, where or what was reported.
NEVER_NAMED = frozenset(
    {
        "account",
        "address",
        "bank",
        "code",
        "email",
        "handle",
        "item",
        "link",
        "match",
        "name",
        "reporter",
        "source",
        "uploader",
        "url",
    }
)
_SAMPLES = {
    "helplines": "Help line: 116 111",
    "emergency": "112",
    "zone": "Warsaw",
    "territory": "PL, DE",
    "steps": "3",
    "step": "1",
}
_PROBLEMS = (
    "invalid", "unauthorised", "forbidden", "not-found", "conflict", "too-many", "unavailable", "bad-request",
    "wrong-method", "no-length", "too-large", "too-slow", "wrong-type", "internal",
)  # fmt: skip
_FREE = ("page", "reply", "reason", "rule", "refusal", "console")


def check_language(*, code: str) -> list[str]:
    """Say all that is wrong with a shipped language, one sentence each; an empty list means that it may be shown to people."""
    if code not in codes():
        return [f"{code}: there is no such language file"]
    try:
        return check_book(found=book(language=code), reference=book(language=REFERENCE))
    except (KeyError, tomllib.TOMLDecodeError) as error:
        return [f"{code}: the file can not be read: {error!r}"]


def check_book(*, found: Book, reference: Book) -> list[str]:
    """Check one language against the clauses of the code and, for pages, reasons and rules, against the reference language."""
    return [
        f"{found.code}: {complaint}"
        for check in (_times(found), _keys(found, reference), _sentences(found), _readability(found))
        for complaint in check
    ]


def check_text(*, text: str, code: str) -> list[str]:
    """Check words that a person wrote for a reporter (a reason): advice for the writer, never a bar to sending."""
    found = book(language=code)
    return [*_forbidden("text", text, found, reveals=True), *_long("text", text)]


def placeholders(*, template: str) -> dict[str, str]:
    """The names in braces, each with its grammatical form ("" if none)."""
    return {name: form or "" for _, name, form, _ in Formatter().parse(template) if name is not None}


def _expected(reference: Book) -> Mapping[str, frozenset[str]]:
    """Every key that a language must have, with the placeholders it must use."""
    expected: dict[str, frozenset[str]] = {f"answer.{rule.key}": frozenset(rule.values) for rule in ANSWER_RULES}
    expected |= {f"statement.{rule.key}": frozenset(rule.values) for rule in STATEMENT_RULES}
    expected |= {f"{section}.zone": frozenset({"zone"}) for section in ("answer", "statement")}
    expected |= {f"problem.{code}": frozenset() for code in _PROBLEMS}
    for key, template in reference.sentences.items():
        if key.partition(".")[0] in _FREE:
            expected[key] = frozenset(placeholders(template=template))
    return expected


def _times(found: Book) -> Iterator[str]:
    if len(found.times.months) != 12:
        yield "times: there are not 12 months"
    if "plain" not in found.times.weekdays:
        yield "times: the plain weekdays are missing"
    for form, days in found.times.weekdays.items():
        if len(days) != 7:
            yield f"times: there are not 7 weekdays in {form}"


def _keys(found: Book, reference: Book) -> Iterator[str]:
    expected = _expected(reference)
    yield from (f"{key}: missing" for key in sorted(expected.keys() - found.sentences.keys()))
    yield from (f"{key}: unknown key" for key in sorted(found.sentences.keys() - expected.keys()))
    for key, template in found.sentences.items():
        used = placeholders(template=template)
        for name in sorted(used.keys() & NEVER_NAMED | {name for name in used if not name.isidentifier()}):
            yield f"{key}: {{{name}}} may never be in a text for people"
        if key in expected and used.keys() != expected[key]:
            yield f"{key}: placeholders are {sorted(used)}, must be {sorted(expected[key])}"
        for name, form in used.items():
            if form and (name not in TIMED or form not in found.times.weekdays):
                yield f"{key}: {{{name}:{form}}} asks for a form that is not there"


def _sentences(found: Book) -> Iterator[str]:
    for key, template in found.sentences.items():
        if not template.strip():
            yield f"{key}: empty"
        yield from _forbidden(key, template, found, reveals=key.startswith(("answer.", "statement.", "reply.")))
        for label in _labels(found) if "{rule}" in template else ("",):
            yield from _long(key, _filled(found, template, label))


def _forbidden(key: str, text: str, found: Book, *, reveals: bool) -> Iterator[str]:
    for pattern in (*found.lint.forbidden, *(found.lint.reveals if reveals else ())):
        if hit := re.search(pattern, text, re.IGNORECASE):
            yield f"{key}: {hit.group()!r} is never said"
    for pattern in found.lint.gendered:
        for hit in re.finditer(pattern, text, re.IGNORECASE):
            if hit.group().lower() not in found.lint.gendered_not:
                yield f"{key}: {hit.group()!r} supposes the reader's gender"


def _long(key: str, text: str) -> Iterator[str]:
    for sentence in sentences(text=text):
        if (count := len(words(text=sentence))) > MOST_WORDS:
            yield f"{key}: {count} words in one sentence: {sentence!r}"


def _readability(found: Book) -> Iterator[str]:
    if found.lint.readability not in MEASURES:
        yield f"readability: {found.lint.readability!r} is not one of {', '.join(MEASURES)}"
        return
    measure, most = MEASURES[found.lint.readability]
    for section in SECTIONS:
        lines = [_filled(found, text, "") for key, text in found.sentences.items() if key.startswith(f"{section}.")]
        text = "\n".join(lines)
        if section not in STAFF and words(text=text) and (grade := measure(text=text)) > most:
            yield f"{section}: too hard, {grade:.1f} where {most:.1f} is the most"


def _labels(found: Book) -> list[str]:
    return [label for key, label in found.sentences.items() if key.startswith("rule.")] or [""]


def _filled(found: Book, template: str, rule: str) -> str:
    """The sentence as it may be read at its longest."""
    at, now = datetime(2027, 9, 22, 18, 30, tzinfo=UTC), datetime(2026, 9, 22, tzinfo=UTC)
    values: dict[str, object] = dict.fromkeys(placeholders(template=template), "word")
    values |= {name: sample for name, sample in _SAMPLES.items() if name in values}
    values |= {"rule": rule or _labels(found)[0]} if "rule" in values else {}
    if "plain" in found.times.weekdays:
        values |= {name: Moment(at=at, now=now, zone="UTC", words=found.times) for name in values if name in TIMED}
    try:
        return template.format(**values)
    except (KeyError, IndexError, ValueError, AttributeError):
        return template
