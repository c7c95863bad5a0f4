"""The worker: what happens with nobody there. Any number may run at once, on any machine.

`python -m odzew.entrypoints.worker`; the settings and the database's address come from the environment.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Final

from odzew.entrypoints import alarm_channels, logs, runtime
from odzew.entrypoints.index import tending
from odzew.entrypoints.mail import sending
from odzew.foundation.errors import Conflict, Unavailable
from odzew.foundation.moments import utc_now
from odzew.foundation.outgoing import Asker, Fetching, Http, Outgoing

if TYPE_CHECKING:
    from odzew.foundation.settings import Settings
    from odzew.usecases._mailing import MailSender
    from odzew.usecases.desk import Desk
    from odzew.usecases.enforce import AlarmSender

log = logging.getLogger(__name__)

POLL: Final = 0.25
MINUTE: Final = 60.0
HOUR: Final = 3600.0
DELIVERERS: Final = 6
HASHERS: Final = 2
AT_ONCE: Final = 3  # of the deliverers may be busy with one platform, so that a slow one stalls nobody else
PATIENCE: Final = 5.0  # seconds that a delivery waits for clocks, never longer
LONGEST_PAUSE: Final = 10.0
STOP_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Something done again and again in a thread of its own; `deed` returns how many seconds to wait until the next time."""

    name: str
    deed: Callable[[], float]


class Worker:
    """The loops and their threads. `start` begins, `mind` keeps them alive, `stop` ends them and waits."""

    def __init__(self, *, loops: list[Loop]) -> None:
        self._loops = loops
        self._threads: dict[str, threading.Thread] = {}
        self.stopping = threading.Event()

    def mind(self) -> None:
        """Start every loop that does not run: at first all of them, later one that died."""
        for loop in self._loops:
            known = self._threads.get(loop.name)
            if known is not None and known.is_alive():
                continue
            if known is not None:
                log.error("a loop had died and is started again", extra={"loop": loop.name})
            self._threads[loop.name] = threading.Thread(target=self._run, args=(loop,), name=loop.name, daemon=True)
            self._threads[loop.name].start()

    def stop(self, *, within: float = STOP_SECONDS) -> bool:
        """Let every loop finish what it is doing; False if one does not within that time."""
        self.stopping.set()
        deadline = time.monotonic() + within
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(t.is_alive() for t in self._threads.values())

    def _run(self, loop: Loop) -> None:
        pause = POLL
        try:
            while not self.stopping.is_set():
                try:
                    wait, pause = loop.deed(), POLL
                except Exception as error:
                    _say(loop, error)
                    runtime.close_connections()
                    wait, pause = pause, min(pause * 2, LONGEST_PAUSE)
                self.stopping.wait(wait)
        except BaseException as error:
            log.error("a loop died", extra={"loop": loop.name}, exc_info=error)
        finally:
            runtime.close_connections()


def _say(loop: Loop, error: Exception) -> None:
    from django.db import InterfaceError, OperationalError

    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database is away; tried again", extra={"loop": loop.name})
    else:
        log.error("a loop failed; tried again", extra={"loop": loop.name}, exc_info=error)


def loops(
    *,
    desk: Desk,
    out: Outgoing,
    alarm: AlarmSender,
    clock: Callable[[], datetime] = utc_now,
    asker: Asker | None = None,
    mail: MailSender | None = None,
) -> list[Loop]:
    """Return everything that a worker does."""
    from odzew.banks.quarantine import forget as forget_sightings
    from odzew.cases.clocks import next_wake
    from odzew.entrypoints.hashes import the_index
    from odzew.notices.api import forget_sealed
    from odzew.usecases.ask_exchange import ask_exchange
    from odzew.usecases.clock_ran_out import clock_ran_out
    from odzew.usecases.enforce import enforce
    from odzew.usecases.erase_words import erase_words
    from odzew.usecases.fetch_exchange import fetch_exchange
    from odzew.usecases.find_copies import find_copies
    from odzew.usecases.seal_record import seal_record
    from odzew.usecases.sign_checkpoint import sign_checkpoint
    from odzew.usecases.tell_exchanges import tell_exchanges
    from odzew.usecases.watch_exchanges import watch_exchanges

    lists: Asker = asker or Http()
    quiet = threading.Event()  # not set while clocks are ringing: what hides goes before what is sent

    def here() -> Desk:
        return desk.current(now=clock())

    def clocks() -> float:
        wake = next_wake()
        left = (wake - clock()).total_seconds() if wake else POLL
        if left > 0:
            quiet.set()
            return min(max(left, POLL / 5), POLL)
        quiet.clear()
        return 0.0 if clock_ran_out(desk=here(), now=clock()).total else POLL / 5

    def deliveries() -> float:
        quiet.wait(timeout=PATIENCE)
        return 0.0 if enforce(desk=here(), out=out, alarm=alarm, clock=clock, limit=1, at_once=AT_ONCE, mail=mail) else POLL

    def sequencer() -> float:
        seal_record(desk=desk, now=clock())
        return POLL

    def checkpoints() -> float:
        note = sign_checkpoint(desk=desk, now=clock())
        return MINUTE if note else MINUTE / 6

    def copies() -> float:
        index = the_index()
        try:
            return 0.0 if find_copies(desk=here(), index=index, now=clock()).more else POLL
        except Unavailable as error:
            log.warning("the search for copies waits: %s", error.sentence)
            return POLL * 4

    def exchanges() -> float:
        try:
            if fetch_exchange(desk=here(), out=lists, clock=clock) or ask_exchange(desk=here(), out=lists, clock=clock):
                return 0.0
            return MINUTE / 12
        except Conflict as error:
            log.warning("a fetch stops: %s", error.sentence)
            return POLL

    def stale_lists() -> float:
        watch_exchanges(now=clock())
        return MINUTE

    def feedback() -> float:
        try:
            tell_exchanges(desk=here(), out=lists, clock=clock)
        except Conflict as error:
            log.warning("telling a source stops: %s", error.sentence)
        return MINUTE

    def housekeeping() -> float:
        forget_sealed(now=clock())
        forget_sightings(now=clock())
        return 0.0 if erase_words(desk=here(), now=clock()) else HOUR

    return [
        Loop(name="clocks", deed=clocks),
        *(Loop(name=f"deliveries-{n}", deed=deliveries) for n in range(1, DELIVERERS + 1)),
        Loop(name="copies", deed=copies),
        Loop(name="exchanges", deed=exchanges),
        Loop(name="stale-lists", deed=stale_lists),
        Loop(name="feedback", deed=feedback),
        Loop(name="sequencer", deed=sequencer),
        Loop(name="checkpoints", deed=checkpoints),
        Loop(name="housekeeping", deed=housekeeping),
    ]


def hosted_loops(*, desk: Desk, out: Fetching, chosen: Settings, clock: Callable[[], datetime] = utc_now) -> list[Loop]:
    """Return what hashes hosted files that their platform gave no PDQ for."""
    from odzew.entrypoints.hashes import the_decoder
    from odzew.usecases.hash_hosted import Pace, hash_hosted

    pace = Pace(per_second=chosen.hosted_per_second, most_bytes=chosen.hosted_megabytes << 20)

    def hosted() -> float:
        return (
            0.0 if hash_hosted(desk=desk.current(now=clock()), out=out, decoder=the_decoder(), clock=clock, pace=pace) else POLL * 2
        )

    return [Loop(name=f"hosted-{n}", deed=hosted) for n in range(1, HASHERS + 1)]


def mail_loops(*, desk: Desk, chosen: Settings) -> list[Loop]:
    """Return what fetches the mailbox of the settings, if there is one."""
    from odzew.entrypoints.mail.visit import visit_and_watch

    def fetched() -> float:
        return 0.0 if visit_and_watch(chosen=chosen, desk=desk.current(now=utc_now())) else MINUTE

    return [Loop(name="mailbox", deed=fetched)] if chosen.mail_imap_url else []


def in_force(*, chosen: Settings, desk: Desk, clock: Callable[[], datetime] = utc_now) -> Loop:
    """Return what looks after the policy: the first one is kept as soon as the database answers; then changes that are due or new."""
    from odzew.usecases.policy_waited import policy_waited
    from odzew.usecases.preview_policy import preview_policy
    from odzew.usecases.put_policy_in_force import put_policy_in_force

    text, kept = runtime.policy_text(chosen=chosen), threading.Event()

    def policy() -> float:
        if not kept.is_set():
            put_policy_in_force(policy=desk.policy, text=text, now=clock())
            kept.set()
        policy_waited(desk=desk.current(now=clock()), now=clock())
        preview_policy(desk=desk.current(now=clock()), clock=clock)
        return POLL * 4

    return Loop(name="policy", deed=policy)


def main() -> None:
    """Work with the settings of the environment until asked to stop."""
    chosen = runtime.adopt()
    logs.configure(level=chosen.log_level)
    runtime.start_django()
    desk = runtime.make_desk(chosen=chosen)
    mail = sending.sender(chosen=chosen)
    deeds = loops(desk=desk, out=Http(), alarm=alarm_channels.sender(chosen=chosen), mail=mail)
    index = [Loop(name=n, deed=d) for n, d in tending(folder=chosen.index_folder, clock=utc_now).items()]
    hosted = hosted_loops(desk=desk, out=Http(), chosen=chosen)
    worker = Worker(loops=[in_force(chosen=chosen, desk=desk), *deeds, *index, *hosted, *mail_loops(desk=desk, chosen=chosen)])

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not worker.stopping.is_set():
        worker.mind()
        worker.stopping.wait(1.0)
    if not worker.stop():
        log.warning("a loop was still busy at the end; what it was doing is done again by the next worker")


if __name__ == "__main__":
    main()
