"""Benchmarks that write rows of their own, whole at a tiny size: a column that is added does not break them unseen. No times."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from odzew.entrypoints.bench.data import delays, percentile
from odzew.entrypoints.bench.person import Screen
from odzew.foundation.postgres import find_binaries
from tests.bench.small import whole


def test_every_receipt_under_load_is_a_report_and_every_notice_arrives() -> None:
    found = whole("form")
    assert {f"receipt_{how}_{which}" for how in ("alone", "under_load") for which in ("p50", "p99", "max")} <= set(found)
    assert all(found[f"receipt_{how}_p99"]["n"] == 8 for how in ("alone", "under_load"))
    assert (found["notices_per_second"]["n"], found["notices_per_second"]["peer"]) == (50, 50.0)
    assert found["receipt_under_load_p99"]["peer"] == 1.0 and found["receipt_under_load_p50"]["peer_name"] == "without load"
    seen = bool(os.environ.get("ODZEW_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser"))
    assert ("fingerprint_12_mp" in found) == seen
    assert all(figure["ours"] > 0 for figure in found.values())


def test_intake_runs_with_its_peer_and_when_full() -> None:
    if not any(place.exists() for place in (find_binaries().folder / "pgbench", Path("/usr/bin/pgbench"))):
        pytest.skip("pgbench is not installed")
    found = whole("intake")
    assert set(found) == {"notices_per_second", "notices_per_second_when_full", "cost_against_pgbench_when_full"}
    assert all(figure["ours"] > 0 and figure["peer"] > 0 for figure in found.values())
    assert found["notices_per_second_when_full"]["n"] == 500


def test_clocks_do_every_deed_once_with_a_worker_killed() -> None:
    found = whole("clocks")
    assert (found["deeds_done"]["ours"], found["deeds_done"]["n"], found["deeds_done_twice"]["ours"]) == (40, 40, 0)
    assert {"claim_late_median", "deed_late_median", "deed_late_max", "overdue_done_after_restart"} <= set(found)


def test_each_page_of_the_desk_is_within_its_limits() -> None:
    found = whole("desk")
    pages = ("queue", "filtered", "search", "search_many", "case", "case_of_copies")
    what = ("p50", "p99", "questions", "gzip")
    assert set(found) == {f"{page}_{which}" for page in pages for which in what} | {"next_p50", "next_p99"}
    assert {found[f"{page}_p50"]["n"] for page in (*pages, "next")} == {3} and found["queue_p50"]["peer"] == 100
    assert all(1 < found[f"{page}_questions"]["ours"] <= 25 for page in pages)
    assert all(500 < found[f"{page}_gzip"]["ours"] <= 50_000 for page in pages)


def test_what_a_person_would_send_and_read_is_read_from_a_page() -> None:
    page = Screen(
        b'<input type="hidden" name="lang" value="pl"><input type="hidden" name="what" value="a&amp;b"><input name="who" value="me">'
        b'<textarea name="where">\n&#x17C;</textarea> no <output data-receipt-code>1234 <span>5678</span></output> 9'
    )
    assert page.fields == [("lang", "pl"), ("what", "a&b"), ("where", "ż")] and page.code == "1234 5678"


def test_delays_are_the_median_and_the_ninety_ninth_of_a_hundred() -> None:
    assert [percentile(values=[4, 1, 3, 2], share=share) for share in (0, 50, 100)] == [1, 2.5, 4]
    middle, last = delays(figure="x", seconds=[n / 1000 for n in range(101)], limit=1.0, unit="ms")
    assert (middle.figure, round(middle.ours, 6), round(last.ours, 6), last.peer) == ("x_p50", 50, 99, 1000)
