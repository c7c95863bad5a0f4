"""The backend that Django loads by this name."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A kept connection is looked at before each request without asking the server: nothing may wait to be read on its socket."""

    def is_usable(self) -> bool:
        """Say whether the connection lives. A server that ended has closed the socket, which then can be read; then it is asked."""
        connection = self.connection
        if connection is None or connection.closed or connection.pgconn.socket < 0:
            return False
        poll = select.poll()
        poll.register(connection.pgconn.socket, select.POLLIN | select.POLLHUP | select.POLLERR)
        return True if not poll.poll(0) else super().is_usable()
