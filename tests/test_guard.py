"""The guard around a test run: it passes on how the run ended, and lets nothing outlive it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

GUARD = str(Path(__file__).with_name("guard.py"))
SLEEPS = "import time; print('asleep', flush=True); time.sleep(600)"


def _guarded(minutes: str, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, GUARD, minutes, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ODZEW_TEST_GRACE": "1"},
    )


def test_it_passes_on_how_the_run_ended() -> None:
    assert _guarded("1", "raise SystemExit(3)").returncode == 3
    assert _guarded("1", "").returncode == 0


def test_a_run_that_hangs_is_ended_with_all_it_started() -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPS!r}])"
    done = _guarded("0.03", code)  # its output ends too: nobody holds it
    assert done.returncode == 124
    assert "longer than 0.03 minutes" in done.stderr and "time.sleep(600)" in done.stderr


def test_what_a_run_leaves_behind_is_ended_and_told() -> None:
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPS!r}], start_new_session=True)"
    done = _guarded("1", code)
    assert done.returncode == 1
    assert "left processes behind" in done.stderr and "time.sleep(600)" in done.stderr
