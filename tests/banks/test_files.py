"""Lists as files: what is written is read again, and every line that cannot be used says why."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.banks.data import SIZES, HashType, NewHash
from odzew.banks.files import COLUMNS, LONGEST_LINE, Line, ListFile, csv_lines, json_lines
from odzew.foundation.errors import Invalid
from tests.banks.build import NOW, pdq
from tests.banks.test_verdict import bank, hit

H = pdq(1).hex()
TYPES: tuple[HashType, ...] = ("pdq", "md5", "sha256")


def read(data: bytes | str) -> list[Line]:
    raw = data.encode() if isinstance(data, str) else data
    return list(ListFile(stream=io.BytesIO(raw), now=NOW))


def hashes(data: bytes | str) -> list[NewHash]:
    lines = read(data)
    assert [line.wrong for line in lines] == [""] * len(lines)
    return [line.given for line in lines if line.given]


WORD = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30).map(str.strip)


@st.composite
def entries(draw: st.DrawFn) -> Any:
    type_: HashType = draw(st.sampled_from(TYPES))
    size = SIZES[type_]
    return replace(
        hit(of=bank()).entry,
        type=type_,
        value=draw(st.binary(min_size=size, max_size=size)),
        member=draw(WORD),
        entry_id=draw(WORD),
        category=draw(WORD),
        opinion=draw(st.sampled_from(["confirmed", "seed", "negative"])),
        quality=draw(st.one_of(st.none(), st.integers(0, 100))),
        first_seen=draw(st.datetimes(min_value=NOW.replace(tzinfo=None) - timedelta(9999))).replace(tzinfo=NOW.tzinfo),
    )


@given(st.lists(entries(), min_size=1, max_size=4), st.sampled_from([csv_lines, json_lines]))
def test_what_is_written_is_read_again(held: list[Any], form: Any) -> None:
    again = hashes("".join(form(entries=held)))
    expected = [
        NewHash(
            type=e.type,
            value=e.value,
            member=e.member,
            entry_id=e.entry_id,
            category=e.category,
            opinion=e.opinion,
            quality=e.quality,
            first_seen=min(e.first_seen, NOW),
        )
        for e in held
    ]
    assert again == expected


@pytest.mark.parametrize(
    "text",
    [
        f"hash,hash_type\n{H},pdq\n",
        f"\ufeffhash,hash_type\r\n{H},pdq\r\n",
        f"\n\nhash_type;extra;HASH\n\nPDQ;x;{H.upper()}",
        f'"hash"\t"hash_type"\n"{H}"\t"Pdq"\n\n',
        f'\n{{"hash": "{H}", "hash_type": "pdq", "category": null, "other": [1]}}\n',
        f"hash,hash_type,category,list\n {H} , pdq \n",
    ],
    ids=["plain", "windows", "blank-lines", "tabs", "json", "short-line"],
)
def test_the_forms_that_lists_come_in(text: str) -> None:
    assert hashes(text) == [NewHash(type="pdq", value=pdq(1))]


def test_polish_letters_and_quotes() -> None:
    (found,) = hashes(f'hash,hash_type,category,list\n{H},pdq,"zażółć, ""gęślą""",jaźń\n')
    assert (found.category, found.member) == ('zażółć, "gęślą"', "jaźń")


LINES = {
    "xyz,pdq,,": "has no hash of 64 hexadecimal digits",
    f"{H[:-1]},pdq,,": "has no hash of 64 hexadecimal digits",
    f"{H}0,pdq,,": "has no hash of 64 hexadecimal digits",
    f"{H[:-1]}٣,pdq,,": "has no hash of 64 hexadecimal digits",
    f"{H},md5,,": "has no hash of 32 hexadecimal digits",
    f"{H},sha1,,": "has the hash type 'sha1'; there are pdq, md5, sha256",
    f"{H},,,": "has the hash type ''; there are pdq, md5, sha256",
    f"{H},pdq,101,": "has a quality that is not a whole number from 0 to 100",
    f"{H},pdq,-1,": "has a quality that is not a whole number from 0 to 100",
    f"{H},pdq,00007,": "has a quality that is not a whole number from 0 to 100",
    f"{H},pdq,,yesterday": "has no date (ISO 8601, for example 2026-03-02) in withdrawn",
    f"{H},pdq,,2999-01-01": "is to be withdrawn at a time that has not come",
    f"{H},pdq,,0001-01-01T00:00+14:00": "has a date before 1971 in withdrawn",
    f"{H},pdq,,,": "has 5 fields, the first line 4",
    f'{H},pdq,,"yes': "has quotes that do not close",
}


@pytest.mark.parametrize(("line", "why"), LINES.items())
def test_a_line_that_cannot_be_used_says_why_and_harms_no_other(line: str, why: str) -> None:
    before, bad, after = read(f"hash,hash_type,quality,withdrawn\n{H},pdq,,\n{line}\n{H},pdq,,\n")
    assert (bad.number, bad.wrong, bad.given) == (3, why, None)
    assert before.given and after.given and (before.number, after.number) == (2, 4)


def test_bytes_that_are_no_text_and_lines_without_end() -> None:
    head = b"hash,hash_type,category\n"
    polish = f"{H},pdq,za\u017c\u00f3\u0142\u0107\n".encode("cp1250")
    endless = b"x" * (3 * LONGEST_LINE) + b"\n"
    control = f"{H},pdq,a\x00b\n".encode()
    last = f"{H},pdq,"
    found = read(head + polish + endless + control + last.encode())
    assert [(line.number, line.wrong) for line in found] == [
        (2, "is not UTF-8 text"),
        (3, f"is longer than {LONGEST_LINE} bytes"),
        (4, "has more than 255 characters or a control character in category"),
        (5, ""),
    ]
    assert found[-1].bytes_read == len(head + polish + endless + control + last.encode())


@pytest.mark.parametrize(
    "line", ["[1]", '{"hash": 1, "hash_type": "pdq"}', '{"hash": {}}', '{"hash": "' + H, "[" * 2000, '{"a": 1e999}']
)
def test_json_lines_that_cannot_be_used(line: str) -> None:
    good = f'{{"hash": "{H}", "hash_type": "pdq"}}'
    assert [bool(found.wrong) for found in read("\n".join((good, line, good)))] == [False, True, False]


@pytest.mark.parametrize(
    ("value", "withdrawn"),
    [("", False), ("0", False), ("No", False), ("null", False), ("1", True), ("TRUE", True), ("2026-03-01", True)],
)
def test_what_counts_as_withdrawn(value: str, withdrawn: bool) -> None:
    (line,) = read(f"hash,hash_type,withdrawn\n{H},pdq,{value}\n")
    assert line.withdrawn is withdrawn


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (f"{H}\n".encode(), "hash and hash_type"),
        (b"hash,type\n", "hash_type"),
        (b"hash,hash,hash_type\n", "twice"),
        ("hash,hash_type\n".encode("utf-16"), "UTF-16"),
        (b"\x80\x81\n", "UTF-8"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(data: bytes, word: str) -> None:
    with pytest.raises(Invalid, match=word):
        read(data)


def test_the_columns_are_those_that_the_page_names() -> None:
    from tests.docs.tables import DOCS

    page = (DOCS / "banks.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"| `{name}` |" not in page] == []
