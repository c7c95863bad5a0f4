"""A kept connection that the server has ended is found out before it is used."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from odzew.foundation.writes import fetch_all


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_ended_is_not_usable_and_the_next_request_has_a_new_one() -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    pid = fetch_all("SELECT pg_backend_pid()", [])[0][0]
    with psycopg.connect(**{k: v for k, v in connection.get_connection_params().items() if k in _ADDRESS}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        other.execute("SELECT pg_sleep(0.2)")
    assert not connection.is_usable()
    connection.close_if_unusable_or_obsolete()
    connection.close()
    assert fetch_all("SELECT pg_backend_pid()", [])[0][0] != pid


_ADDRESS = {"host", "port", "user", "password", "dbname"}
