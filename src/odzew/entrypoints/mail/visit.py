"""One visit to the mailbox: fetched, noted, and what nobody could read for an hour rings."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from odzew.entrypoints.mail import mailbox
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import Settings

if TYPE_CHECKING:
    from odzew.usecases.desk import Desk

log = logging.getLogger(__name__)


def visit(
    *, chosen: Settings, desk: Desk, clock: Callable[[], datetime] = utc_now, context: ssl.SSLContext | None = None
) -> mailbox.Fetched:
    """Make notices of all mail in the mailbox. Raises what `mailbox.fetch` raises; then nothing that was in it is lost."""
    from odzew.usecases.receive_mail import receive_mail
    from odzew.usecases.watch_mailbox import mailbox_read

    done = mailbox.fetch(chosen=chosen, keep=lambda letter: receive_mail(letter=letter, desk=desk, now=clock()), context=context)
    if done.whole:
        mailbox_read(mailbox=mailbox.place_of(url=chosen.mail_imap_url).name, desk=desk, now=clock())
    return done


def visit_and_watch(
    *, chosen: Settings, desk: Desk, clock: Callable[[], datetime] = utc_now, context: ssl.SSLContext | None = None
) -> bool:
    """Visit, whatever comes of it, then ring if the mailbox was not read whole for an hour; return whether more is waiting."""
    from odzew.usecases.watch_mailbox import watch_mailbox

    more = False
    try:
        done = visit(chosen=chosen, desk=desk, clock=clock, context=context)
        more = done.taken >= mailbox.MOST_AT_ONCE
        if done.failed:
            log.warning("mails could not be read and stay in the mailbox", extra={"mails": done.failed})
    except mailbox.Failure as error:
        log.warning("the mailbox could not be read: %s", type(error).__name__)
    watch_mailbox(mailbox=mailbox.place_of(url=chosen.mail_imap_url).name, desk=desk, now=clock())
    return more
