"""Has this person just shown their second factor? The one place that says so for looking."""

from __future__ import annotations

from datetime import datetime

from odzew.entrypoints.console.step_up import require_step_up
from odzew.entrypoints.console.visit import Visit


def fresh_factor(*, visit: Visit, moment: datetime) -> bool:
    """Return whether the person gave a second factor in this visit a short while ago; the demo asks for none."""
    return require_step_up(visit=visit, back="/console/", now=moment) is None
