"""`odzew ledger verify` on a database of its own, as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from odzew.foundation.postgres import throwaway


def odzew(*words: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("ODZEW_")}
    env |= {"ODZEW_DATABASE_URL": url, "ODZEW_DATA": str(folder / "data")}
    done = subprocess.run(
        [sys.executable, "-c", "from odzew.entrypoints.cli.main import main; main()", "ledger", "verify", *words],
        env=env, cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_verify_proves_exports_and_says_what_is_wrong(tmp_path: Path) -> None:
    import psycopg

    with throwaway() as running:
        first = odzew("--json", "--export", "record.jsonl", folder=tmp_path, url=running.url)
        assert first.returncode == 0, first.stderr
        told = json.loads(first.stdout)
        assert told["ok"] and not told["witnessed"] and told["checkpoint"]
        check = [sys.executable, "-I", "-S", "verify_export.py", "record.jsonl", "--key", told["key"]]
        good = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
        assert good.returncode == 0 and good.stdout.startswith("GOOD"), good.stdout
        with psycopg.connect(running.url) as connection:
            connection.execute("INSERT INTO ledger_leaf (seq, hash) VALUES (0, '')")
        (tmp_path / "old.txt").write_text(told["checkpoint"])
        bad = odzew("--checkpoint", "old.txt", folder=tmp_path, url=running.url)
        assert bad.returncode == 1 and "FOUND: There are 1 leaves for 0 events." in bad.stdout and "Unwitnessed" in bad.stdout
        gone = odzew("--checkpoint", "none.txt", folder=tmp_path, url=running.url)
        assert gone.returncode == 1 and gone.stderr.startswith("odzew: The checkpoint none.txt cannot be read")
        nowhere = odzew("--export", "no/such/folder/record.jsonl", folder=tmp_path, url=running.url)
        assert nowhere.returncode == 1 and "cannot be written" in nowhere.stderr
