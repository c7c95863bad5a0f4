"""`python -m tests.bench.small NAME`: `odzew bench NAME` with numbers so small that nothing is measured, only done; figures as JSON."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

SMALL: Final[Mapping[str, Mapping[str, Any]]] = {
    "check": {
        "BANKED": 3_000,
        "ASKED": 200,
        "PICTURES": 1,
        "SIZES": {"2 MP": (64, 48)},
        "SECONDS": 0.3,
        "ROUNDS": 1,
        "TRIALS": 2,
        "_FIRST": 0.2,
    },
    "intake": {"ITEMS": 800, "SECONDS": 1.0, "ROUNDS": 1, "WARM": 0.2, "STORED": 500, "POOL": 1_000},
    "clocks": {"ARMED": 300, "DUE": 40, "_AHEAD": timedelta(seconds=8)},
    "form": {"SECONDS": 1.0, "_WARM": 0.2, "REPORTS_PER_SECOND": 8.0, "ITEMS": 200},
    "desk": {"CASES": 2_000, "COPIES": 20, "TIMES": 3, "_WARM": 0, "_SIGNED": 50},
    "phone": {"ROUNDS": 1, "SIZE": (320, 240)},
}


def whole(name: str) -> dict[str, dict[str, Any]]:
    """Run a benchmark whole in a process of its own, with its own database and servers; return its figures by name."""
    words = [sys.executable, "-m", "tests.bench.small", name]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert all(set(figure) == {"figure", "ours", "peer", "ratio", "unit", "peer_name", "n"} for figure in figures)
    return {figure["figure"]: figure for figure in figures}


if __name__ == "__main__":
    name = sys.argv[1]
    for module in (name, *(("phone",) if name == "form" else ())):
        found = importlib.import_module(f"odzew.entrypoints.bench.{module}")
        for constant, value in SMALL[module].items():
            assert hasattr(found, constant), f"{module} has no {constant}"
            setattr(found, constant, value)
    print(json.dumps([asdict(figure) for figure in importlib.import_module(f"odzew.entrypoints.bench.{name}").run()]))
