"""What was left for the outside is sent; what was ordered is looked at until it is seen."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import InterfaceError, OperationalError, transaction
from standardwebhooks import Webhook

from odzew.alarms.api import ring, ring_once
from odzew.answers.api import answer as answer_by_id
from odzew.answers.api import delivered as answer_delivered
from odzew.cases.clocks import armed_about, stop
from odzew.cases.data import ItemView
from odzew.cases.items import item as item_by_id
from odzew.cases.items import set_baseline
from odzew.cases.rows import CaseRow, lock_case
from odzew.decisions.api import statement_delivered
from odzew.enforcement.api import (
    HIDING,
    REFUSED,
    claim_probes,
    keep_probes,
    lock_measure,
    measure_of,
    order,
    probe_later,
    set_state,
)
from odzew.enforcement.data import MeasureView, Seen
from odzew.foundation.outgoing import Outgoing, Reply
from odzew.foundation.writes import Writes
from odzew.ledger.api import WITNESS
from odzew.ledger.events import record
from odzew.ledger.outbox import Due, again, claim_due, exhausted, finish, hold
from odzew.ledger.people import PlatformView, platforms
from odzew.notices.api import open_handling
from odzew.policy.clocks import probe_schedule
from odzew.usecases._answering import CLOSING, MAIL, closing_of
from odzew.usecases._hiding import order_again
from odzew.usecases._mailing import MailSender, give_up_address, mail_taken, send_mail
from odzew.usecases._statement_codes import way_to_page
from odzew.usecases._telling import tell_changes
from odzew.usecases.desk import Desk

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
AlarmSender = Callable[[dict[str, Any], datetime], bool]

# How soon an address that still answers is looked at again, in seconds, until the first scheduled look.
_SOON: Final = (1, 2, 3, 5, 10, 20, 40, 60, 120, 180, 240)
_ORDERS_QUICKLY: Final = 4  # how often an order is given again at the pace of the first scheduled look
_HOUR: Final = timedelta(hours=1)
_FIRST_LOOK: Final = timedelta(seconds=20)
_LOOK_AGAIN: Final = timedelta(minutes=5)
FAULT: Final = "fault"
_EVENTS: Final = {"measure": "measure.ordered", "answer": "answer.ready", "statement": "statement.ready"}


def enforce(
    *,
    desk: Desk,
    out: Outgoing,
    alarm: AlarmSender,
    clock: Clock,
    limit: int = 50,
    at_once: int = 1_000_000,
    mail: MailSender | None = None,
) -> int:
    """Send what is due and look at what was ordered; return how much was done.

    Each try is written down before it is made and its outcome after; a try whose process dies is made again (at least once, the
    platform tells by `measure_id`). `clock` gives the moment, since a reply may take seconds. No transaction is open while anything
    outside is asked. To one platform at most `at_once` deliveries are on their way at a time.
    """
    known = platforms(keys=desk.keys)
    with transaction.atomic():
        due = claim_due(now=clock(), limit=limit, at_once=at_once)
    for d in due:
        with _kept_as_fault(partial(_failed, d, clock)):
            _deliver(d, known, desk, out, alarm, clock, mail)
    with transaction.atomic():
        looks = claim_probes(now=clock(), limit=limit)
    for m in looks:
        with _kept_as_fault(partial(_unseen, m, clock)):
            _look_at(m, known, desk, out, clock)
    return len(due) + len(looks)


@contextmanager
def _kept_as_fault(keep: Callable[[], None]) -> Iterator[None]:
    """What fails inside is our fault, not the platform's: it is logged and kept, and the others go on. A database that is away is
    nobody's fault; the caller tries again."""
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a delivery failed inside; it is tried again")
        keep()


def _failed(d: Due, clock: Clock) -> None:
    """Keep the fault on the try, ring, and try again later and later. An alarm that cannot ring does not ring for that."""
    now = clock()
    with transaction.atomic():
        writes = Writes()
        finish(delivery=d.id, state="waiting", status=None, error=FAULT, now=now, attempts=d.attempts)
        if d.kind != "alarm":
            _ring_fault(writes, d.kind, d.case, now)
        writes.send()


def _unseen(m: MeasureView, clock: Clock) -> None:
    now = clock()
    with transaction.atomic():
        writes = Writes()
        probe_later(measure=m.id, at=now + _LOOK_AGAIN)
        _ring_fault(writes, "look", m.case, now)
        writes.send()


def _ring_fault(writes: Writes, what: str, case: uuid.UUID | None, now: datetime) -> None:
    ring_once(writes, code="delivery_failed", every=_HOUR, now=now, case=case, facts={"what": what})


# Sending


def _deliver(
    d: Due,
    known: Mapping[uuid.UUID, PlatformView],
    desk: Desk,
    out: Outgoing,
    alarm: AlarmSender,
    clock: Clock,
    mail: MailSender | None = None,
) -> None:
    if d.kind == "alarm":
        sent = alarm(d.payload, d.created_at)
        with transaction.atomic():
            finish(
                delivery=d.id,
                state="delivered" if sent else "waiting",
                status=None,
                error="" if sent else "no channel took it",
                now=clock(),
                attempts=d.attempts,
            )
        return
    if d.kind == MAIL:
        _deliver_mail(d, desk, mail, clock)
        return
    platform = known.get(d.platform) if d.platform else None
    if platform is None and d.kind != WITNESS:
        _refused(d, Reply(status=0, error="no-platform"), desk, clock())
        return
    if platform is not None and d.kind == "measure":
        _first_look(d, platform, out, clock)
    if not hold(delivery=d.id, attempts=d.attempts, now=clock()):
        return
    reply = _send(d, platform, desk, out, clock()) if platform is not None else _send_witness(d, desk, out)
    now = clock()
    if 200 <= reply.status < 300:
        _accepted(d, reply, desk, now)
    elif (400 <= reply.status < 500 and reply.status not in (408, 425, 429)) or exhausted(attempts=d.attempts):
        _refused(d, reply, desk, now)
    else:
        with transaction.atomic():
            finish(delivery=d.id, state="waiting", status=reply.status or None, error=reply.error, now=now, attempts=d.attempts)


def _deliver_mail(d: Due, desk: Desk, mail: MailSender | None, clock: Clock) -> None:
    """Delivered is what a mail server took with 2xx; what it refuses for good (5xx) is not sent to that address again."""
    if not hold(delivery=d.id, attempts=d.attempts, now=clock()):
        return
    reply = send_mail(due=d, desk=desk, mail=mail)
    now = clock()
    if 200 <= reply.status < 300:
        _accepted(d, reply, desk, now)
    elif reply.status >= 500 or exhausted(attempts=d.attempts):
        _refused(d, reply, desk, now)
    else:
        with transaction.atomic():
            finish(delivery=d.id, state="waiting", status=reply.status or None, error=reply.error, now=now, attempts=d.attempts)


def _send(d: Due, platform: PlatformView, desk: Desk, out: Outgoing, now: datetime) -> Reply:
    data = {**d.payload, **way_to_page(statement=d.subject, desk=desk, now=now)} if d.kind == "statement" else d.payload
    body = json.dumps({"type": _EVENTS[d.kind], "timestamp": d.created_at.isoformat(), "data": data}, ensure_ascii=False).encode()
    headers = sign(secret=platform.secret, message=str(d.id), body=body, now=now)
    webhook_hosts = [_host(platform.webhook)]
    private = [h for h in webhook_hosts if h in platform.private_hosts]
    return out.post(url=platform.webhook, body=body, headers=headers, hosts=webhook_hosts, private=private)


def _send_witness(d: Due, desk: Desk, out: Outgoing) -> Reply:
    """Give the signed note, as it is, to the outsider that the operator named; no platform has a say in that."""
    if not desk.witness_url:
        return Reply(status=0, error="no-witness")
    host = [_host(desk.witness_url)]
    headers = {"content-type": "text/plain; charset=utf-8"}
    return out.post(url=desk.witness_url, body=d.payload["note"].encode(), headers=headers, hosts=host, private=host)


def _host(url: str) -> str:
    from odzew.cases.addresses import host_of

    return host_of(url=url)


def sign(*, secret: str, message: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a signed webhook (Standard Webhooks 1.0: HMAC-SHA256 over id, seconds and body)."""
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, now, body.decode()),
    }


def _first_look(d: Due, platform: PlatformView, out: Outgoing, clock: Clock) -> None:
    """Before the first order on an item: what does a stranger see? Without it, "gone" would prove nothing.

    Addresses that hang keep the order waiting for some seconds only, never the child: what was not looked at by then is unsure.
    """
    with transaction.atomic():
        measure = lock_measure(measure=d.subject)
        view = item_by_id(item=measure.item) if measure and measure.item else None
    if measure is None or view is None or view.baseline:
        return
    until = clock() + _FIRST_LOOK
    urls = _urls(view)
    seen: list[Seen] = []
    while len(seen) < len(urls) and clock() < until and hold(delivery=d.id, attempts=d.attempts, now=clock()):
        seen.append(_ask(urls[len(seen)], platform, out))
    unsure = len(seen) < len(urls) or any(s.status == 0 or s.status >= 500 for s in seen)
    if unsure and not any(0 < s.status < 400 for s in seen):
        return
    baseline = "none" if not seen else "open" if any(s.status not in REFUSED for s in seen) else "refused"
    with transaction.atomic():
        writes = Writes()
        set_baseline(writes, item=view.id, baseline=baseline)
        keep_probes(writes, measure=measure.id, seen=seen, purpose="before", now=clock())
        record(
            writes,
            kind="item.first_look",
            actor="desk",
            now=clock(),
            case=measure.case,
            facts={"item": str(view.id), "baseline": baseline, "statuses": [s.status for s in seen]},
        )
        writes.send()


def _ask_all(view: ItemView, platform: PlatformView, out: Outgoing) -> list[Seen]:
    return [_ask(url, platform, out) for url in _urls(view)]


def _urls(view: ItemView) -> list[str]:
    return [u for u in dict.fromkeys([view.url, *(u for _, u in view.media)]) if u]


def _ask(url: str, platform: PlatformView, out: Outgoing) -> Seen:
    return Seen(url=url, status=out.look(url=url, hosts=platform.hosts, private=platform.private_hosts).status)


def _accepted(d: Due, reply: Reply, desk: Desk, now: datetime) -> None:
    with transaction.atomic():
        writes = Writes()
        row = lock_case(case=d.case) if d.case else None
        finish(delivery=d.id, state="delivered", status=reply.status, error="", now=now, attempts=d.attempts)
        if d.kind == "measure":
            measure = lock_measure(measure=d.subject)
            if measure is not None and measure.state in ("ordered", "failed", "accepted", "returned"):
                _measure_accepted(writes, measure, now)
        elif d.kind == "statement":
            statement_delivered(writes, statement=d.subject, now=now)
            _stop_subject(writes, d, row, now)
        elif d.kind in ("answer", MAIL) and row is not None:
            _answer_taken(writes, d, row, desk, now)
            if d.kind == MAIL:
                mail_taken(due=d, desk=desk)
        record(writes, kind=f"{d.kind}.accepted", actor=_taker(d), now=now, case=d.case, facts={"subject": str(d.subject)})
        writes.send()
        if d.kind == "measure" and row is not None:
            tell_changes(case=row, desk=desk, now=now)


def _taker(d: Due) -> str:
    """What the record calls the one that a delivery goes to."""
    return {WITNESS: WITNESS, MAIL: "mail_server"}.get(d.kind, "platform")


def _stop_subject(writes: Writes, d: Due, row: CaseRow | None, now: datetime) -> None:
    if row is not None:
        running = armed_about(case=row.id, subject=d.subject, names=())
        stop(writes, clocks=[c for (_, s), c in running.items() if s == d.subject], now=now)


def _measure_accepted(writes: Writes, measure: MeasureView, now: datetime) -> None:
    view = item_by_id(item=measure.item) if measure.item else None
    unseen = view is None or (view.baseline in ("none", "refused") and measure.measure in HIDING)
    if view is not None and view.baseline in ("none", "refused") and measure.measure == "restore":
        unseen = True
    if unseen:
        set_state(writes, measure=measure, state="told", now=now)
        return
    if view is not None and not view.baseline:
        # Nothing was seen before the order: until it is once seen open, a refusal proves nothing.
        set_baseline(writes, item=view.id, baseline="unsure")
    set_state(writes, measure=measure, state="accepted", now=now, probe_at=now if measure.in_force else None)


def _answer_taken(writes: Writes, d: Due, row: CaseRow, desk: Desk, now: datetime, *, reached: bool = True) -> None:
    if reached:
        answer_delivered(writes, answer=d.subject, now=now)
    _stop_subject(writes, d, row, now)
    given = answer_by_id(answer=d.subject)
    if given is None or given.kind not in CLOSING:
        return
    if row.undecided or row.decided_at is None or given.at < row.decided_at:
        return  # The case was opened again since: this was not the last word.
    running = armed_about(case=row.id, subject=given.notice, names=())
    for h in open_handling(case=row.id, notice=given.notice):
        closing_of(writes, case=row, handling=h, running=running, desk=desk, now=now)


def _pause(step: int, desk: Desk) -> timedelta:
    """How long after it was found undone an order is given again: the first scheduled look, later an hour."""
    return _second_look(desk) if step < len(_SOON) + _ORDERS_QUICKLY else _HOUR


def _second_look(desk: Desk) -> timedelta:
    schedule = probe_schedule(desk.policy)
    return schedule[1] if len(schedule) > 1 else timedelta(minutes=15)


def _refused(d: Due, reply: Reply, desk: Desk, now: datetime) -> None:
    """The other side says no: kept, shown on the case, and an alarm; a person must act. An order is given again all the same."""
    with transaction.atomic():
        writes = Writes()
        finish(delivery=d.id, state="refused", status=reply.status or None, error=reply.error, now=now, attempts=d.attempts)
        if d.kind == "measure" and (measure := lock_measure(measure=d.subject)) is not None:
            at = now + _pause(measure.probe_step, desk) if measure.in_force and measure.item else None
            set_state(writes, measure=measure, state="failed", now=now, probe_at=at, probe_step=measure.probe_step)
        if d.kind == MAIL:
            _mail_refused(writes, d, reply, desk, now)
        else:
            ring_once(writes, code="refused", every=_HOUR, now=now, case=d.case, facts={"what": d.kind, "status": reply.status})
        record(
            writes,
            kind=f"{d.kind}.refused",
            actor=_taker(d),
            now=now,
            case=d.case,
            facts={"subject": str(d.subject), "status": reply.status},
        )
        writes.send()


def _mail_refused(writes: Writes, d: Due, reply: Reply, desk: Desk, now: datetime) -> None:
    """Nobody is at that address: it is written to no more, and what was said there waits at `/status` for whoever has the code.

    A server that could not be spoken to for days says nothing about the address; that stays, and the clocks of the answer run on.
    """
    ring_once(writes, code="mail_refused", every=_HOUR, now=now, case=d.case, facts={"status": reply.status})
    if reply.status < 500:
        return
    give_up_address(due=d, now=now)
    row = lock_case(case=d.case) if d.case else None
    if row is not None:
        _answer_taken(writes, d, row, desk, now, reached=False)


# Looking


def _look_at(m: MeasureView, known: Mapping[uuid.UUID, PlatformView], desk: Desk, out: Outgoing, clock: Clock) -> None:
    view = item_by_id(item=m.item) if m.item else None
    platform = known.get(view.platform_id) if view and view.platform_id else None
    if view is None or platform is None:
        probe_later(measure=m.id, at=clock() + timedelta(hours=1))
        return
    saw(measure=m.id, seen=_ask_all(view, platform, out), desk=desk, now=clock())


def saw(*, measure: uuid.UUID, seen: list[Seen], desk: Desk, now: datetime) -> None:
    """Record what the addresses of a measure's item answered, and do what follows.

    Hiding is done when every address refuses (403, 404, 410, 451), restoring when every address answers 200. Seen open again without
    our order: ordered again, and an alarm. No answer and 5xx prove nothing.
    """
    with transaction.atomic():
        writes = Writes()
        # 1. The case first, as everybody holds them.
        asked = measure_of(measure=measure)
        row = lock_case(case=asked.case) if asked else None
        known = lock_measure(measure=measure) if row else None
        if row is None or known is None or not known.in_force:
            return
        keep_probes(writes, measure=measure, seen=seen, purpose="verify", now=now)
        unsure = not seen or any(s.status == 0 or s.status >= 500 for s in seen)
        as_wanted = bool(seen) and all((s.status in REFUSED) if known.measure in HIDING else s.status == 200 for s in seen)
        open_again = known.measure in HIDING and any(200 <= s.status < 400 for s in seen)
        view = item_by_id(item=known.item) if known.item else None
        # Nobody may have seen these addresses before the order: none could be looked at, or the item has moved to others since.
        unproven = view is not None and view.baseline in ("", "unsure")
        if view is not None and unproven and any(200 <= s.status < 400 for s in seen):
            set_baseline(writes, item=view.id, baseline="open")
        known_before = known.state == "done" and not unproven
        proves = known.measure not in HIDING or known_before or (view is not None and view.baseline == "open")
        if as_wanted and not proves and known.state not in ("ordered", "failed"):
            set_state(writes, measure=known, state="told", now=now)
        elif as_wanted and proves:
            _seen_done(writes, known, seen, desk, now)
        elif known.state == "done" and open_again:
            _returned(writes, known, row, now)
        else:
            _not_yet(writes, known, unsure=unsure, desk=desk, now=now)
        writes.send()
        if not (row.undecided and known.state == "done" and as_wanted):  # still gone: nobody has more to hear
            tell_changes(case=row, desk=desk, now=now)


def _seen_done(writes: Writes, m: MeasureView, seen: list[Seen], desk: Desk, now: datetime) -> None:
    begin = m.accepted_at or m.ordered_at
    later = [begin + after for after in probe_schedule(desk.policy) if begin + after > now]
    at = min(later, default=now + desk.policy.probe_every) if m.measure in HIDING else None
    set_state(writes, measure=m, state="done", now=now, probe_at=at)
    if m.state != "done":
        record(
            writes,
            kind="measure.done",
            actor="desk",
            now=now,
            case=m.case,
            facts={"measure": str(m.id), "what": m.measure, "statuses": [s.status for s in seen]},
        )


def _returned(writes: Writes, m: MeasureView, row: CaseRow, now: datetime) -> None:
    """It was gone and is open again: hidden again, and everybody who must know is told."""
    view = item_by_id(item=m.item) if m.item else None
    set_state(writes, measure=m, state="returned", now=now)
    ring(writes, code="returned", now=now, case=row.id)
    record(writes, kind="measure.returned", actor="desk", now=now, case=row.id, facts={"measure": str(m.id), "what": m.measure})
    writes.send()
    if view is not None and view.registered and view.platform_id:
        order(writes, case=row.id, orders=[order_again(item=view, standing=m, now=now)], actor="desk", now=now, why="returned")


def _not_yet(writes: Writes, m: MeasureView, *, unsure: bool, desk: Desk, now: datetime) -> None:
    """Still as before, or nothing sure: look again soon; at the first scheduled look order it again and ring."""
    if m.state == "done":
        pause = timedelta(minutes=5) if unsure else timedelta(minutes=1)
        set_state(writes, measure=m, state="done", now=now, probe_at=now + pause)
        return
    begin = m.accepted_at or m.ordered_at
    step = m.probe_step + 1
    if step <= len(_SOON) and now - begin < _second_look(desk):
        pause = timedelta(seconds=_SOON[step - 1])
    else:
        pause = _pause(step - 1, desk)
        pause = pause if m.measure in HIDING or pause < _HOUR else timedelta(hours=24)
        ring_once(writes, code="not_gone" if m.measure in HIDING else "not_restored", every=_HOUR, now=now, case=m.case)
        record(writes, kind="measure.ordered_again", actor="desk", now=now, case=m.case, facts={"measure": str(m.id)})
        again(subject=m.id, now=now)
    set_state(writes, measure=m, state=m.state, now=now, probe_at=now + pause, probe_step=step)
