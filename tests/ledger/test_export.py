"""Whatever is done to an export or to the stored rows is found and named, and nothing is found where nothing was done.

Every tampered export is judged twice, by `verify_export` and by the standalone script: they share no code and must agree.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from odzew.ledger import verify_export as script
from odzew.ledger.audit import Finding, Kind
from odzew.ledger.checkpoint import sign_checkpoint, verifier_key
from odzew.ledger.export import VERIFIER_SCRIPT, Header, Verdict, find_tampering, verify_export, write_export
from odzew.ledger.merkle import Frontier, leaf_hash

ORIGIN = "desk.example/record"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
VERIFIER = verifier_key(origin=ORIGIN, key=KEY)
Row = tuple[int, bytes, bytes]


def note_of(data: list[bytes], size: int, key: Ed25519PrivateKey = KEY) -> str:
    root = Frontier().extend(leaf_hash(data=one) for one in data[:size]).root
    return sign_checkpoint(origin=ORIGIN, size=size, root=root, key=key)


@dataclass(frozen=True)
class Record:
    """An honest record: the bytes of its events and the sizes at which it was signed."""

    data: list[bytes]
    sizes: list[int]

    @property
    def rows(self) -> list[Row]:
        return [(seq, data, leaf_hash(data=data)) for seq, data in enumerate(self.data)]

    @property
    def notes(self) -> list[str]:
        return [note_of(self.data, size) for size in self.sizes]

    def lines(self, key: Ed25519PrivateKey = KEY) -> list[bytes]:
        notes = [note_of(self.data, size, key) for size in self.sizes]
        return exported(enumerate(self.data), notes, key)


def exported(events: Iterable[tuple[int, bytes]], notes: Iterable[str], key: Ed25519PrivateKey = KEY) -> list[bytes]:
    out = io.BytesIO()
    header = Header(origin=ORIGIN, public_key=str(verifier_key(origin=ORIGIN, key=key)))
    write_export(header=header, events=events, checkpoints=notes, out=out)
    return out.getvalue().splitlines(keepends=True)


def record(events: int, *sizes: int) -> Record:
    return Record(data=[b'{"event":%d}' % n for n in range(events)], sizes=sorted({*sizes, events}))


@st.composite
def records(draw: st.DrawFn) -> Record:
    events = draw(st.integers(1, 24))
    return record(events, *draw(st.lists(st.integers(0, events), max_size=5)))


def kinds(findings: Iterable[Finding]) -> set[Kind]:
    return {finding.kind for finding in findings}


def script_says(lines: list[bytes], *, older: Iterable[str] = (), known: str | None = None) -> int:
    """How many findings the standalone script has, without starting a process."""
    check = script.Check(list(older), known)
    try:
        check.lines(iter(lines))
    except script.Wrong:
        return 1
    return check.findings


def caught(lines: list[bytes], *, older: tuple[str, ...] = ()) -> Verdict:
    """The verdict on a bad export, in which both verifiers have found something."""
    verdict = verify_export(lines=lines, older=older)
    assert not verdict.ok
    assert script_says(lines, older=older), "the standalone script finds it too"
    return verdict


def first_over(record: Record, seq: int) -> int:
    """The first signed size that covers an event."""
    return next(size for size in record.sizes if size > seq)


@given(records(), st.data())
@settings(deadline=None)
def test_no_false_alarm(record: Record, data: st.DataObject) -> None:
    older = (note_of(record.data, data.draw(st.integers(0, len(record.data)))),)
    lines, leaves = record.lines(), [leaf for _, _, leaf in record.rows]
    verdict = verify_export(lines=lines, verifier=VERIFIER, trusted=leaves, older=older)
    assert verdict.findings == ()
    assert (verdict.events, verdict.checkpoints) == (len(record.data), len(record.sizes))
    assert verdict.covered == len(record.data)
    assert verdict.root == Frontier().extend(leaves).root
    assert script_says(lines, older=older, known=str(VERIFIER)) == 0
    assert find_tampering(stored=record.rows, checkpoints=record.notes, verifier=VERIFIER) == []


@given(records(), st.data())
@settings(deadline=None)
def test_a_changed_event_is_named_or_the_first_checkpoint_over_it(record: Record, data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, len(record.data) - 1))
    leaves = [leaf for _, _, leaf in record.rows]
    changed = list(enumerate(record.data))
    changed[seq] = (seq, data.draw(st.binary(max_size=20)))
    lines = exported(changed, record.notes)
    finding = caught(lines).findings
    assert [(f.kind, f.size) for f in finding] == [(Kind.ROOT_DIFFERS, first_over(record, seq))]
    named = verify_export(lines=lines, trusted=leaves).findings
    assert (Kind.CHANGED, seq) in {(f.kind, f.seq) for f in named}

    rows = record.rows
    rows[seq] = (seq, changed[seq][1], rows[seq][2])
    found = find_tampering(stored=rows, checkpoints=record.notes, verifier=VERIFIER)
    assert [(f.kind, f.seq) for f in found] == [(Kind.CHANGED, seq)]
    rows[seq] = (seq, changed[seq][1], leaf_hash(data=changed[seq][1]))
    found = find_tampering(stored=rows, checkpoints=record.notes, verifier=VERIFIER)
    assert [(f.kind, f.size) for f in found] == [(Kind.ROOT_DIFFERS, first_over(record, seq))]
    rows[seq] = (seq, record.data[seq], leaf_hash(data=b"only the hash"))
    found = find_tampering(stored=rows, checkpoints=record.notes, verifier=VERIFIER)
    assert [(f.kind, f.seq or f.size) for f in found] == [
        (Kind.CHANGED, seq or None),
        (Kind.ROOT_DIFFERS, first_over(record, seq)),
    ]


@given(records(), st.data())
@settings(deadline=None)
def test_a_deleted_event_is_named_and_renumbering_does_not_hide_it(record: Record, data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, len(record.data) - 1))
    kept = [row for row in record.rows if row[0] != seq]
    closed = [(n, *row[1:]) for n, row in enumerate(kept)]
    last = seq == len(record.data) - 1
    for rows, named in ((kept, not last), (closed, False)):
        lines = exported([row[:2] for row in rows], record.notes)
        for findings in (caught(lines).findings, find_tampering(stored=rows, checkpoints=record.notes, verifier=VERIFIER)):
            if named:
                assert {(f.kind, f.seq) for f in findings} == {(Kind.MISSING, seq)}
            else:
                assert kinds(findings) <= {Kind.ROOT_DIFFERS, Kind.ROLLED_BACK}
                assert findings[0].size == first_over(record, seq)


@given(records(), st.data())
@settings(deadline=None, max_examples=50)
def test_an_inserted_event_is_caught(record: Record, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(record.data) - 1))
    forged = (at, b"forged", leaf_hash(data=b"forged"))
    twice = [*record.rows[:at], forged, *record.rows[at:]]
    moved = [(n, *row[1:]) for n, row in enumerate(twice)]
    for rows, kind in ((twice, Kind.DUPLICATE), (moved, Kind.ROOT_DIFFERS)):
        found = find_tampering(stored=rows, checkpoints=record.notes, verifier=VERIFIER)
        assert kind in kinds(found)
        assert found[0].seq == at or found[-1].size == first_over(record, at)
        caught(exported([row[:2] for row in rows], record.notes))


@given(records().filter(lambda r: len(r.data) > 1), st.data())
@settings(deadline=None)
def test_two_swapped_events_are_caught(record: Record, data: st.DataObject) -> None:
    a = data.draw(st.integers(0, len(record.data) - 2))
    b = data.draw(st.integers(a + 1, len(record.data) - 1))
    rows = record.rows
    rows[a], rows[b] = rows[b], rows[a]
    for findings in (
        find_tampering(stored=rows, checkpoints=record.notes, verifier=VERIFIER),
        caught(exported([row[:2] for row in rows], record.notes)).findings,
    ):
        assert Kind.OUT_OF_ORDER in kinds(findings) <= {Kind.OUT_OF_ORDER, Kind.RENUMBERED, Kind.ROOT_DIFFERS}
        assert all(f.seq is not None and a <= f.seq <= b for f in findings if f.kind is not Kind.ROOT_DIFFERS)
    contents = [(n, *row[1:]) for n, row in enumerate(rows)]
    found = find_tampering(stored=contents, checkpoints=record.notes, verifier=VERIFIER)
    assert [(f.kind, f.size) for f in found] == [(Kind.ROOT_DIFFERS, first_over(record, a))]


@given(records(), st.data())
@settings(deadline=None)
def test_a_number_that_was_overwritten_is_named(record: Record, data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, len(record.data) - 1))
    wrong = data.draw(st.integers(len(record.data), 10**12))
    rows = record.rows
    rows[seq] = (wrong, *rows[seq][1:])
    found = find_tampering(stored=rows, checkpoints=record.notes, verifier=VERIFIER)
    assert [(f.kind, f.seq) for f in found] == [(Kind.RENUMBERED, seq)]
    assert [f.seq for f in caught(exported([row[:2] for row in rows], record.notes)).findings] == [seq]


@given(records(), st.data())
@settings(deadline=None)
def test_a_roll_back_shows_against_later_checkpoints_and_older_notes(record: Record, data: st.DataObject) -> None:
    keep = data.draw(st.integers(0, len(record.data) - 1))
    rows = record.rows[:keep]
    found = find_tampering(stored=rows, checkpoints=record.notes, verifier=VERIFIER)
    assert [(f.kind, f.size) for f in found] == [(Kind.ROLLED_BACK, first_over(record, keep))]
    cut = Record(data=record.data[:keep], sizes=[*[s for s in record.sizes if s < keep], keep])
    assert verify_export(lines=cut.lines()).ok, "a file that was cut and signed again agrees with itself"
    verdict = caught(cut.lines(), older=(record.notes[-1],))
    assert [(f.kind, f.size) for f in verdict.findings] == [(Kind.ROLLED_BACK, len(record.data))]


@given(records(), st.data())
@settings(deadline=None)
def test_a_fork_signed_with_the_right_key_shows_against_an_older_note(record: Record, data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, len(record.data) - 1))
    older = data.draw(st.integers(seq + 1, len(record.data)))
    fork = Record(
        data=[*record.data[:seq], b"rewritten", *record.data[seq + 1 :], b"and on"], sizes=[*record.sizes, len(record.data) + 1]
    )
    assert verify_export(lines=fork.lines(), verifier=VERIFIER).ok
    verdict = caught(fork.lines(), older=(note_of(record.data, older),))
    assert [(f.kind, f.size) for f in verdict.findings] == [(Kind.FORKED, older)]
    both = sorted([*record.notes, *fork.notes], key=lambda text: int(text.split("\n")[1]))
    found = find_tampering(stored=record.rows, checkpoints=both, verifier=VERIFIER)
    assert found
    assert min(f.size or 0 for f in found) == first_over(record, seq)


@given(records(), st.data())
@settings(deadline=None, max_examples=300)
def test_no_bit_of_an_export_can_be_flipped(record: Record, data: st.DataObject) -> None:
    raw = bytearray(b"".join(record.lines()))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    lines = list(io.BytesIO(bytes(raw)))
    verdict = verify_export(lines=lines, verifier=VERIFIER)
    found = script_says(lines, known=str(VERIFIER))
    assert bool(found) is not verdict.ok
    if verdict.ok:
        assert b"".join(lines).translate(None, b" \t\r") == b"".join(record.lines()).translate(None, b" \t\r"), "only white space"


@given(records().filter(lambda r: len(r.data) + len(r.sizes) > 2), st.data())
@settings(deadline=None, max_examples=40)
def test_lines_dropped_doubled_or_moved_are_caught(record: Record, data: st.DataObject) -> None:
    lines = record.lines()
    at = data.draw(st.integers(1, len(lines) - 1))
    if lines[at].startswith(b'{"seq"') or at == len(lines) - 1:
        caught([*lines[:at], *lines[at + 1 :]])
    if lines[at].startswith(b'{"seq"'):
        caught([*lines[: at + 1], *lines[at:]])
        to = data.draw(st.integers(1, len(lines) - 1).filter(lambda n: n != at))
        moved = [*lines[:at], *lines[at + 1 :]]
        caught([*moved[:to], lines[at], *moved[to:]])
    caught([b"".join(lines)[: data.draw(st.integers(0, len(b"".join(lines)) - 1))]])


def test_a_file_cut_anywhere_is_caught() -> None:
    whole = b"".join(record(5, 2, 4).lines())
    ends = {len(b"".join(record(5, 2, 4).lines()[:n])) for n in (4, 7, 9)}
    for length in range(len(whole)):
        assert length in ends or not verify_export(lines=io.BytesIO(whole[:length])).ok or whole[:length].endswith(b"}\n")
        lines = list(io.BytesIO(whole[:length]))
        assert (script_says(lines) == 0) is verify_export(lines=lines).ok


def test_a_record_signed_by_a_stranger_needs_something_to_compare_with() -> None:
    honest = record(6, 3)
    lines = honest.lines(STRANGER)
    assert verify_export(lines=lines).ok, "it agrees with itself"
    assert {Kind.OTHER_KEY, Kind.BAD_CHECKPOINT} == kinds(verify_export(lines=lines, verifier=VERIFIER).findings)
    assert script_says(lines, known=str(VERIFIER))
    assert Kind.BAD_CHECKPOINT in kinds(caught(lines, older=(honest.notes[0],)).findings)


def test_stored_notes_that_are_forged_moved_or_no_notes_are_named() -> None:
    honest = record(9, 3, 6)
    notes = honest.notes
    for bad in ("", "no note", notes[1].replace("\n6\n", "\n5\n"), note_of(honest.data, 6, STRANGER)):
        found = find_tampering(stored=honest.rows, checkpoints=[notes[0], bad, notes[2]], verifier=VERIFIER)
        assert kinds(found) == {Kind.BAD_CHECKPOINT}
    found = find_tampering(stored=honest.rows, checkpoints=[notes[1], notes[0], notes[2]], verifier=VERIFIER)
    assert [(f.kind, f.size) for f in found] == [(Kind.OUT_OF_ORDER, 3)]


def test_of_many_failing_checkpoints_only_the_first_is_named() -> None:
    honest = record(40, *range(1, 40))
    rows = [(seq, b"x" if seq == 7 else data, leaf_hash(data=b"x" if seq == 7 else data)) for seq, data, _ in honest.rows]
    found = find_tampering(stored=rows, checkpoints=honest.notes, verifier=VERIFIER)
    assert [(f.kind, f.size) for f in found] == [(Kind.ROOT_DIFFERS, 8)]
    assert found[0].sentence == (
        "The first checkpoint that fails is that of 8 events: something in events 7 to 7 was changed, added or taken out."
    )


def test_events_after_the_last_checkpoint_are_fine_in_the_store_and_told_in_an_export() -> None:
    honest = record(5)
    assert find_tampering(stored=honest.rows, checkpoints=[note_of(honest.data, 3)], verifier=VERIFIER) == []
    verdict = caught(exported(enumerate(honest.data), [note_of(honest.data, 3)]))
    assert [(f.kind, f.seq) for f in verdict.findings] == [(Kind.UNSIGNED, 3)]
    assert kinds(caught(exported([], [])).findings) == {Kind.UNSIGNED}
    assert verify_export(lines=exported([], [note_of([], 0)])).ok


def test_findings_are_capped_and_gaps_in_plenty_stay_cheap() -> None:
    rows = [(seq, b"", leaf_hash(data=b"")) for seq in [*range(0, 40_000, 2), *range(39_999, 0, -2)]]
    started = time.perf_counter()
    found = find_tampering(stored=rows, checkpoints=[], verifier=VERIFIER)
    assert len(found) == 100
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[]\n",
        b"null\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
        b'{"seq":-1,"leaf":""}\n',
        b'{"seq":01,"leaf":""}\n',
    ],
)
def test_lines_that_are_nothing_are_named_wherever_they_stand(line: bytes) -> None:
    lines = record(3, 1).lines()
    assert Kind.BAD_HEADER in kinds(caught([line, *lines[1:]]).findings)
    assert Kind.BAD_LINE in kinds(caught([*lines[:2], line, *lines[2:]]).findings)


def test_an_object_that_says_a_thing_twice_is_refused() -> None:
    lines = record(2).lines()
    caught([lines[0], b'{"seq":0,' + lines[1][1:], *lines[2:]])


def test_white_space_of_another_json_writer_is_no_alarm() -> None:
    lines = [json.dumps(json.loads(line)).encode() + b"\n" for line in record(4, 2).lines()]
    assert verify_export(lines=lines).ok
    assert script_says(lines) == 0


# ------------------------------------------------------------------------------------------------------ the standalone script


def run(tmp_path: Path, lines: list[bytes], *options: str) -> tuple[int, str]:
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(lines))
    command = [sys.executable, "-I", "-S", str(VERIFIER_SCRIPT), str(file), *options]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_the_script_says_good_and_what_that_is_worth(tmp_path: Path) -> None:
    honest = record(12, 4, 8)
    note = tmp_path / "older.note"
    note.write_bytes(honest.notes[0].encode().replace(b"\n", b"\r\n"))
    code, said = run(tmp_path, honest.lines())
    assert (code, said.splitlines()[0]) == (0, "GOOD: 12 events and 3 signed checkpoints agree.")
    assert "taken from the file itself" in said
    code, said = run(tmp_path, honest.lines(), "--checkpoint", str(note), "--key", str(VERIFIER))
    assert code == 0
    assert said.startswith("Proved: the record extends your older checkpoint of 4 events.\n")
    assert "taken from the file itself" not in said


def test_the_script_says_one_sentence_per_finding(tmp_path: Path) -> None:
    honest = record(12, 4, 8)
    note = tmp_path / "older.note"
    note.write_text(honest.notes[1], encoding="utf-8")
    lines = honest.lines()
    code, said = run(tmp_path, [*lines[:3], *lines[4:]])
    assert (code, said.splitlines()[0]) == (
        1,
        "FOUND: Where event 2 should stand there is event 3: events are missing, repeated or out of order.",
    )
    forged = [b'{"seq":6,"leaf":"%s"}\n' % base64.b64encode(b"no") if line.startswith(b'{"seq":6,') else line for line in lines]
    code, said = run(tmp_path, forged)
    assert (code, said.splitlines()[0]) == (
        1,
        "FOUND: The checkpoint after 8 events is the first that fails: "
        "something in events 4 to 7 was changed, or the checkpoint was.",
    )
    code, said = run(tmp_path, record(6).lines(), "--checkpoint", str(note))
    assert code == 1
    assert "it was rolled back" in said
    assert run(tmp_path, lines, "--checkpoint", str(tmp_path / "none"))[0] == 1
    assert run(tmp_path, lines, "--checkpoint", str(tmp_path / "export.jsonl"))[0] == 1
    assert run(tmp_path, lines, "--key", "nonsense")[0] == 1
    assert run(tmp_path, [b"\x00\xff"])[0] == 1


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
@settings(max_examples=40, deadline=None)
def test_the_scripts_ed25519_agrees_with_the_library(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = script.PublicKey(key.public_key().public_bytes_raw()), key.sign(message)
    assert public.verify(message, signature)
    assert not public.verify(message + b".", signature)
    flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not public.verify(message, flipped)
    s = int.from_bytes(signature[32:], "little") + script.L
    assert not public.verify(message, signature[:32] + s.to_bytes(32, "little")), "a signature has one form (RFC 8032 5.1.7)"
    assert not public.verify(message, signature[:63])


def test_the_vector_of_rfc_8032_and_points_that_are_none() -> None:
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert script.PublicKey(public).verify(b"", signature)
    for raw in (b"", bytes(31), b"\xff" * 32, (2).to_bytes(32, "little"), (1 | 1 << 255).to_bytes(32, "little")):
        assert script.decode_point(raw) is None


def test_a_signature_takes_the_script_less_than_ten_milliseconds() -> None:
    public, signature = script.PublicKey(KEY.public_key().public_bytes_raw()), KEY.sign(b"note")
    best = min(_seconds(lambda: public.verify(b"note", signature)) for _ in range(20))
    assert best < 0.010


def test_a_long_record_is_checked_at_a_rate_of_a_million_in_half_a_minute() -> None:
    honest = record(50_000, *range(500, 50_000, 500))
    frontier, notes = Frontier(), list[str]()
    for chunk in _batched(honest.rows, 500):
        frontier = frontier.extend(leaf for _, _, leaf in chunk)
        notes.append(sign_checkpoint(origin=ORIGIN, size=frontier.size, root=frontier.root, key=KEY))
    rows = honest.rows
    assert _seconds(lambda: find_tampering(stored=rows, checkpoints=notes, verifier=VERIFIER)) < 1.5
    lines = exported(enumerate(honest.data), notes)
    assert _seconds(lambda: verify_export(lines=lines)) < 1.5


def _batched(rows: list[Row], size: int) -> Iterable[list[Row]]:
    return (rows[at : at + size] for at in range(0, len(rows), size))


def _seconds(call: object) -> float:
    assert callable(call)
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
