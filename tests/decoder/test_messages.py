"""What a child says is believed only as far as it can be true."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.hashing.data import Frame, Mode, Pdq, Picture
from odzew.hashing.video_data import TIERS
from odzew.matching.decoder.data import FROM_A_CHILD, VERDICTS, Verdict
from odzew.matching.decoder.messages import (
    HEAD_BYTES,
    LONGEST_SECONDS,
    MOST_BODY,
    MOST_FRAMES,
    MOST_NOTE,
    BadAnswer,
    Request,
    Said,
    pack_answer,
    pack_request,
    pack_said,
    read_head,
    read_request,
    read_said,
)

TOKEN = bytes(range(16))
bits = st.binary(min_size=32, max_size=32)
pdqs = st.builds(Pdq, bits=bits, quality=st.integers(0, 100))
frames = st.builds(Frame, at=st.floats(-LONGEST_SECONDS, LONGEST_SECONDS), pdq=pdqs)
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60).map(lambda t: " ".join(t.split()))
requests = st.builds(
    Request,
    task=st.just("hashes"),
    token=st.just(TOKEN),
    mode=st.sampled_from(["exact", "fast"]),
    turned=st.booleans(),
    tier=st.sampled_from([None, *TIERS]),
)


@st.composite
def honest(draw: st.DrawFn) -> tuple[Request, Verdict, Said]:
    request = draw(requests)
    verdict: Verdict = draw(st.sampled_from(sorted(FROM_A_CHILD)))
    if verdict != "ok":
        return request, verdict, Said(note=draw(texts))
    pdq = draw(pdqs)
    turned = (pdq.bits, *draw(st.lists(bits, min_size=7, max_size=7))) if request.turned else ()
    mode: Mode = "exact" if request.mode == "exact" else draw(st.sampled_from(["exact", "fast"]))
    picture = draw(st.sampled_from([None, Picture(pdq=pdq, turned=turned, mode=mode)]))
    found = tuple(draw(st.lists(frames, min_size=0 if picture else 1, max_size=5)))
    return request, verdict, Said(picture=picture, frames=found, note=draw(texts))


@given(requests)
def test_a_request_arrives_as_it_was_sent(request_: Request) -> None:
    assert read_request(data=pack_request(request=request_)) == request_


@given(requests, st.integers(0, 31), st.integers(0, 255))
def test_a_changed_request_is_another_request_or_none(request_: Request, place: int, value: int) -> None:
    data = bytearray(pack_request(request=request_))
    data[place] = value
    try:
        found = read_request(data=bytes(data))
    except ValueError:
        return
    again = pack_request(request=found)
    assert again == bytes(data[:9]) + bytes(7) + bytes(data[16:])


@given(honest())
def test_what_an_honest_child_says_arrives(case: tuple[Request, Verdict, Said]) -> None:
    request, verdict, said = case
    answer = pack_answer(task="hashes", token=TOKEN, verdict=verdict, body=pack_said(said=said))
    assert read_head(data=answer[:HEAD_BYTES], request=request) == (verdict, len(answer) - HEAD_BYTES)
    assert read_said(body=answer[HEAD_BYTES:], request=request, verdict=verdict) == said


@given(requests, st.sampled_from(sorted(FROM_A_CHILD)), st.binary(max_size=400))
def test_any_bytes_are_a_sound_answer_or_a_bad_one(request_: Request, verdict: Verdict, body: bytes) -> None:
    try:
        said = read_said(body=body, request=request_, verdict=verdict)
    except BadAnswer:
        return
    _sound(said, request_, verdict)


@given(honest(), st.data())
def test_a_changed_answer_is_a_sound_answer_or_a_bad_one(case: tuple[Request, Verdict, Said], data: st.DataObject) -> None:
    request, verdict, said = case
    body = bytearray(pack_said(said=said))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    for changed in (bytes(body), bytes(body[:cut]), bytes(body) + b"\0"):
        try:
            _sound(read_said(body=changed, request=request, verdict=verdict), request, verdict)
        except BadAnswer:
            continue


def _sound(said: Said, request: Request, verdict: Verdict) -> None:
    assert (verdict == "ok") == bool(said.picture or said.frames)
    assert len(said.note) <= MOST_NOTE and said.note.isascii() and (said.note.isprintable() or not said.note)
    for frame in said.frames:
        assert math.isfinite(frame.at) and abs(frame.at) <= LONGEST_SECONDS and 0 <= frame.pdq.quality <= 100
    if said.picture:
        assert len(said.picture.turned) == (8 if request.turned else 0)
        assert said.picture.turned[:1] in ((), (said.picture.pdq.bits,))
        assert said.picture.mode == "exact" or request.mode == "fast"
        assert 0 <= said.picture.pdq.quality <= 100


@pytest.mark.parametrize(
    "head",
    [
        pack_answer(task="hashes", token=bytes(16), verdict="ok", body=b""),
        pack_answer(task="probe", token=TOKEN, verdict="ok", body=b""),
        *(pack_answer(task="hashes", token=TOKEN, verdict=v, body=b"") for v in set(VERDICTS) - FROM_A_CHILD),
        pack_answer(task="hashes", token=TOKEN, verdict="ok", body=b"")[:-4] + (MOST_BODY + 1).to_bytes(4, "little"),
        pack_answer(task="hashes", token=TOKEN, verdict="ok", body=b"")[:-4] + b"\xff\xff\xff\xff",
        b"OZAN" + bytes(10),
        b"",
    ],
)
def test_a_head_that_answers_something_else_is_refused(head: bytes) -> None:
    with pytest.raises(BadAnswer):
        read_head(data=head, request=Request(task="hashes", token=TOKEN))


def test_the_most_that_may_be_said_fits() -> None:
    pdq = Pdq(bits=bytes(32), quality=100)
    said = Said(
        picture=Picture(pdq=pdq, turned=(bytes(32),) * 8, mode="exact"),
        frames=(Frame(at=1.0, pdq=pdq),) * MOST_FRAMES,
        note="x" * MOST_NOTE,
    )
    assert len(pack_said(said=said)) <= MOST_BODY


@given(st.text(max_size=2000))
def test_a_note_leaves_a_child_as_one_plain_line(note: str) -> None:
    body = pack_said(said=Said(note=note))
    said = read_said(body=body, request=Request(task="hashes", token=TOKEN), verdict="unreadable")
    assert len(said.note) <= MOST_NOTE and all(32 <= ord(c) < 127 for c in said.note)
