"""`python -m tests.bench.small`: `odzew bench check` with numbers so small that nothing is measured, only done; figures as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from odzew.entrypoints.bench import check

if __name__ == "__main__":
    small = {"BANKED": 3_000, "ASKED": 200, "PICTURES": 1, "SIZES": {"2 MP": (64, 48)}, "SECONDS": 0.3, "ROUNDS": 1, "TRIALS": 2}
    for name, value in {**small, "_FIRST": 0.2}.items():
        assert hasattr(check, name)
        setattr(check, name, value)
    print(json.dumps([asdict(figure) for figure in check.run()]))
