"""The record in a real database: nothing lost, no gap, the tree is the tree, old checkpoints hold, the database refuses changes."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from odzew.foundation.errors import Invalid, NotFound
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.ledger import api
from odzew.ledger.checkpoint import parse_checkpoint, verifier_key, verify_checkpoint
from odzew.ledger.events import keep_text, read_texts, record
from odzew.ledger.export import VERIFIER_SCRIPT, verify_export
from odzew.ledger.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion
from odzew.ledger.stored import stored_checkpoints, stored_events
from odzew.usecases.seal_record import seal_record
from odzew.usecases.sign_checkpoint import sign_checkpoint
from odzew.usecases.verify_record import Verified, verify_record
from tests.cast import START, Story
from tests.ledger.hands import act, acts, seal, sign, undone_by_hand

NOW = START


def proved(story: Story) -> Verified:
    return verify_record(desk=story.desk, now=story.now)


def test_acts_are_sealed_in_the_order_of_their_ids(story: Story) -> None:
    ids = acts(story, 700)
    assert api.event_count() == 700 and api.tree_state().waiting == 700
    assert seal(story) == 700
    rows = fetch_all("SELECT id FROM ledger_event ORDER BY seq", [])
    assert [row[0] for row in rows] == ids
    state = api.tree_state()
    assert (state.size, state.waiting) == (700, 0)
    assert state.root == Frontier().extend(leaf_hash(data=data) for _, data in stored_events()).root
    assert seal(story) == 0


def test_a_limit_is_kept_and_the_rest_waits(story: Story) -> None:
    acts(story, 50)
    assert seal_record(desk=story.desk, now=story.now, limit=20) == 20
    assert api.tree_state().waiting == 30
    assert seal(story) == 30


def test_what_commits_late_with_a_lower_id_is_numbered_later_not_lost(story: Story) -> None:
    early, ready, go = new_id(now=NOW), threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            act(story, now=NOW, event=early)
            ready.set()
            go.wait(30)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert ready.wait(30)
    acts(story, 10)
    assert seal(story) == 10
    go.set()
    thread.join()
    assert seal(story) == 1
    assert fetch_all("SELECT seq FROM ledger_event WHERE id = %s", [early]) == [(10,)]
    assert proved(story).ok


def test_writers_and_sequencers_at_once_with_random_rollbacks(story: Story) -> None:
    kept: list[uuid.UUID] = []
    stop, failures, notes = threading.Event(), list[BaseException](), list[str]()

    def writer(seed: int) -> None:
        rng = random.Random(seed)
        for n in range(60):
            mine: list[uuid.UUID] = []
            try:
                with transaction.atomic():
                    mine = [act(story, now=story.now + timedelta(milliseconds=rng.randrange(200))) for _ in range(1 + n % 4)]
                    if rng.random() < 0.3:
                        raise ZeroDivisionError
                kept.extend(mine)
            except ZeroDivisionError:
                pass

    def sequencer(seed: int) -> None:
        rng = random.Random(seed)
        while not stop.is_set():
            seal_record(desk=story.desk, now=story.now, limit=rng.choice((1, 7, 300)))
            if rng.random() < 0.2 and (note := sign(story)):
                notes.append(note)

    run_all([partial(writer, n) for n in range(4)], [partial(sequencer, 100 + n) for n in range(2)], stop, failures)
    assert not failures
    while seal(story):
        pass
    numbers = fetch_all("SELECT seq, id FROM ledger_event ORDER BY seq", [])
    assert [seq for seq, _ in numbers] == list(range(len(kept)))
    assert {event for _, event in numbers} == set(kept)
    newest = sign(story) or notes[-1]
    for note in [*notes, *stored_checkpoints()]:
        holds(note, newest)
    assert proved(story).ok


def run_all(
    workers: list[Callable[[], None]], servants: list[Callable[[], None]], stop: threading.Event, failures: list[BaseException]
) -> None:
    """Run workers to their end while servants run, each in a thread with a connection of its own."""

    def guarded(what: Callable[[], None]) -> None:
        try:
            what()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    busy = [threading.Thread(target=guarded, args=(w,)) for w in workers]
    beside = [threading.Thread(target=guarded, args=(s,)) for s in servants]
    for thread in [*busy, *beside]:
        thread.start()
    for thread in busy:
        thread.join()
    stop.set()
    for thread in beside:
        thread.join()


def holds(older: str, newer: str) -> None:
    """The newer checkpoint extends the older by the proof that the desk gives."""
    old, new = parse_checkpoint(text=older), parse_checkpoint(text=newer)
    shown = api.consistency(old_size=old.size, new_size=new.size)
    assert (shown.old_root, shown.new_root) == (old.root, new.root)
    assert verify_consistency(old=old.size, new=new.size, old_root=old.root, new_root=new.root, proof=shown.proof)


def test_checkpoints_are_signed_each_minute_if_the_tree_grew(story: Story) -> None:
    assert api.latest_checkpoint_note() is None
    assert sign_checkpoint(desk=story.desk, now=story.now) is None
    acts(story, 3)
    seal(story)
    first = sign_checkpoint(desk=story.desk, now=story.now)
    assert first and api.latest_checkpoint_note() == first
    found = verify_checkpoint(text=first, origin="odzew", public_key=story.desk.keys.ledger_signer.public_key())
    assert (found.size, found.at) == (3, story.now)
    acts(story, 1)
    seal(story)
    assert sign_checkpoint(desk=story.desk, now=story.now + timedelta(seconds=59)) is None
    assert sign_checkpoint(desk=story.desk, now=story.now + timedelta(seconds=60))
    assert sign_checkpoint(desk=story.desk, now=story.now + timedelta(hours=1)) is None
    newest = api.latest_checkpoint()
    assert newest and newest.size == 4


def test_a_clock_set_back_does_not_silence_the_signer(story: Story) -> None:
    acts(story, 1)
    seal(story)
    assert sign(story)
    acts(story, 1)
    seal(story)
    assert sign_checkpoint(desk=story.desk, now=story.now - timedelta(days=1))


def test_a_record_keeps_its_name_when_the_desk_moves(story: Story) -> None:
    from dataclasses import replace

    acts(story, 2)
    proved(story)
    story.desk = replace(story.desk, origin="elsewhere:8401")
    acts(story, 2)
    found = proved(story)
    assert found.ok and found.key.startswith("odzew+")


def test_proofs_of_every_act_and_between_all_checkpoints(story: Story) -> None:
    ids, notes = list[uuid.UUID](), list[str]()
    for more in (1, 5, 250, 300, 44):
        ids += acts(story, more)
        seal(story)
        notes.append(sign(story) or "")
    for event in [*ids[:3], *ids[254:259], *ids[-3:]]:
        shown = api.inclusion(event_id=event)
        assert shown.note == notes[-1] and shown.size == 600 and shown.leaf == leaf_hash(data=shown.data)
        assert verify_inclusion(index=shown.seq, size=shown.size, leaf=shown.leaf, proof=shown.proof, root=shown.root)
    for n, note in enumerate(notes):
        for newer in notes[n:]:
            holds(note, newer)
    fresh = acts(story, 1)[0]
    with pytest.raises(api.NotSealed):
        api.inclusion(event_id=fresh)
    with pytest.raises(NotFound):
        api.inclusion(event_id=uuid.uuid4())
    with pytest.raises(Invalid):
        api.consistency(old_size=5, new_size=10_000)


def test_the_acts_of_a_case_in_order(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    seal(story)
    entries = api.events_of(case=receipt.case)
    assert entries and entries == sorted(entries, key=lambda e: (e.at, e.id))
    assert all(e.seq is not None for e in entries) and "measure.done" in [e.kind for e in entries]
    assert api.unsealed_for(now=story.now + timedelta(hours=1), longer_than=timedelta(seconds=30)) == 0
    acts(story, 1)
    assert api.unsealed_for(now=story.now + timedelta(hours=1), longer_than=timedelta(seconds=30)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_event SET kind = 'x' WHERE seq = 1",
        "UPDATE ledger_event SET seq = 99 WHERE seq = 1",
        "UPDATE ledger_event SET seq = NULL WHERE seq = 1",
        "UPDATE ledger_event SET data = 'x' WHERE seq IS NULL",
        "UPDATE ledger_event SET seq = 99, kind = 'x' WHERE seq IS NULL",
        "DELETE FROM ledger_event WHERE seq = 1",
        "DELETE FROM ledger_event WHERE seq IS NULL",
        "UPDATE ledger_leaf SET hash = 'x' WHERE seq = 1",
        "DELETE FROM ledger_leaf",
        "UPDATE ledger_node SET hash = 'x'",
        "DELETE FROM ledger_node",
        "UPDATE ledger_checkpoint SET note = 'x'",
        "DELETE FROM ledger_checkpoint",
        "UPDATE ledger_tree SET size = 0",
        "DELETE FROM ledger_tree",
        "UPDATE notices_notice SET kind = 'other'",
        "DELETE FROM notices_notice",
        *(
            f"TRUNCATE {table} CASCADE"
            for table in ("ledger_event", "ledger_leaf", "ledger_node", "ledger_checkpoint", "ledger_tree", "notices_notice")
        ),
    ],
)
def test_the_database_refuses(story: Story, sql: str) -> None:
    story.post()
    story.report()
    acts(story, 300)
    seal(story)
    sign(story)
    acts(story, 1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        fetch_none("SET LOCAL odzew.may_empty = 'off'", [])
        fetch_none(sql, [])
    assert proved(story).ok


def test_erased_words_leave_everything_verifying(story: Story) -> None:
    with transaction.atomic():
        writes = Writes()
        text, digest = keep_text(writes, text="Proszę to sprawdzić.", now=story.now)
        record(writes, kind="test.words", actor="desk", now=story.now, facts={"text": str(text), "hash": digest})
        writes.send()
    assert proved(story).ok
    fetch_none("DELETE FROM ledger_personal_text WHERE id = %s", [text])
    assert read_texts(ids=[text]) == {}
    found = proved(story)
    assert found.ok and found.events == 1


def test_the_export_is_checked_by_the_standard_library_alone(story: Story, tmp_path: Path) -> None:
    acts(story, 300)
    old = (proved(story).note or "").encode()
    acts(story, 40)
    out = BytesIO()
    found = verify_record(desk=story.desk, now=story.now, out=out)
    assert found.ok and not found.witnessed
    (tmp_path / "old").write_bytes(old)
    (tmp_path / "export").write_bytes(out.getvalue())
    words = [sys.executable, "-I", "-S", str(VERIFIER_SCRIPT), str(tmp_path / "export"), "--checkpoint", str(tmp_path / "old")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0 and "GOOD: 340 events" in done.stdout and "extends your older" in done.stdout
    key = verifier_key(origin="odzew", key=story.desk.keys.ledger_signer)
    assert verify_export(lines=out.getvalue().splitlines(keepends=True), verifier=key).ok


def test_an_empty_record_is_good(story: Story) -> None:
    out = BytesIO()
    found = verify_record(desk=story.desk, now=story.now, out=out)
    assert found.ok and found.events == 0
    assert verify_export(lines=out.getvalue().splitlines(keepends=True)).ok


def test_nothing_is_signed_over_a_damaged_record(story: Story) -> None:
    acts(story, 20)
    seal(story)
    first = sign(story)
    with undone_by_hand():
        fetch_none("UPDATE ledger_tree SET frontier = %s", [Frontier().extend([bytes(32)] * 20).to_bytes()])
    acts(story, 1)
    assert seal(story) == 1
    assert sign(story) is None and api.latest_checkpoint_note() == first
    story.work()
    assert [alarm["code"] for alarm in story.alarms] == ["record_damaged"]
    assert sign(story) is None
    story.work()
    assert len(story.alarms) == 1


def test_a_place_that_is_taken_alarms_and_loses_nothing(story: Story) -> None:
    acts(story, 5)
    fetch_none("INSERT INTO ledger_leaf (seq, hash) VALUES (3, %s)", [bytes(32)])
    assert seal(story) == 0
    assert api.tree_state().size == 0 and api.event_count() == 6  # the alarm is an act too
    story.work()
    assert [alarm["code"] for alarm in story.alarms] == ["record_damaged"]
