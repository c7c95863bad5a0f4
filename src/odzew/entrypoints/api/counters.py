"""What this process counts while it runs; no ids, no addresses, no words."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

_lock = threading.Lock()
_answers: Counter[tuple[str, int]] = Counter()


def count(*, what: str, status: int) -> None:
    """Count one answer: `what` is notices, api, health or pages."""
    with _lock:
        _answers[what, status] += 1


def text(*, gauges: Iterable[tuple[str, str, str, int]]) -> str:
    """Return everything as Prometheus' text; `gauges` are (name, help, labels, value) in the order of their names."""
    out: list[str] = []
    named = ""
    for name, about, labels, value in gauges:
        if name != named:
            out += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
            named = name
        out.append(f"{name}{labels} {value}")
    out += ["# HELP odzew_answers_total Answers of this web process.", "# TYPE odzew_answers_total counter"]
    with _lock:
        out += [f'odzew_answers_total{{what="{what}",status="{status}"}} {n}' for (what, status), n in sorted(_answers.items())]
    return "\n".join(out) + "\n"
