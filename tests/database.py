"""The real database of a test run: one throw-away cluster for all processes, one database for each."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from odzew.foundation.postgres import throwaway

if "ODZEW_TEST_URL" not in os.environ:
    _cluster = throwaway()
    _running = _cluster.__enter__()
    atexit.register(_cluster.__exit__, None, None, None)
    os.environ["ODZEW_TEST_URL"] = _running.url

_data = tempfile.mkdtemp(prefix="odzew-test-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
_for_tests = {
    f"ODZEW_{n}"
    for n in (
        "TEST_URL",
        "CHROMIUM",
        "CRASH_ROUNDS",
        "FUZZ_FILES",
        "FUZZ_FILMS",
        "EXCERPT_TRIALS",
        "PROMISE_EXAMPLES",
        "GUESSES",
        "WAVE",
        "HASH_PICTURES",
    )
}
for _name in [n for n in os.environ if n.startswith("ODZEW_") and n not in _for_tests]:
    del os.environ[_name]
os.environ["ODZEW_DATA"] = _data
# The tests' own connections may empty append-only tables between tests (ledger/migrations/0002_append_only.py).
_mark = "&" if "?" in os.environ["ODZEW_TEST_URL"] else "?"
os.environ["ODZEW_DATABASE_URL"] = f"{os.environ['ODZEW_TEST_URL']}{_mark}options=-c%20odzew.may_empty%3Don"
