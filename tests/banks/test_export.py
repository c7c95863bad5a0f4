"""Nothing leaves but what the policy names, and what leaves can be imported."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from odzew.banks.api import bank_named, entries_after
from odzew.banks.data import NewHash
from odzew.foundation.errors import Forbidden
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.policy.load import load_policy
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases.bank_entries import withdraw_entries
from odzew.usecases.desk import Desk
from odzew.usecases.export_bank import Exported, export_bank
from odzew.usecases.import_bank import import_bank
from tests.banks.build import NOW, new_bank, pdq, store
from tests.cast import KEYS, POLICY

pytestmark = pytest.mark.django_db(transaction=True)


def export(form: str = "csv", *, allowed: bool = True) -> tuple[str, Exported]:
    policy = replace(POLICY, banks_may_leave=frozenset({"bridges"} if allowed else ()))
    out = io.StringIO()
    done = export_bank(
        name="bridges",
        out=out,
        form=form,  # type: ignore[arg-type]
        actor="operator",
        desk=Desk(keys=KEYS, policy=policy),
        clock=lambda: NOW,
    )
    return out.getvalue(), done


def test_the_shipped_policy_lets_nothing_leave_and_a_changed_one_names_it() -> None:
    assert POLICY.banks_may_leave == frozenset()
    changed = load_policy(text=shipped_policy_text().replace("banks = []", 'banks = ["bridges"]'))
    assert changed.banks_may_leave == {"bridges"}
    new_bank()
    with pytest.raises(Forbidden, match=r"leaving\.banks"):
        export(allowed=False)
    assert fetch_all("SELECT count(*) FROM ledger_event WHERE kind LIKE 'bank.export%%'", []) == [(0,)]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_leaves_is_a_list_and_only_of_what_may(form: str, tmp_path: Path) -> None:
    bank = new_bank()
    done = store(
        bank,
        NewHash(type="pdq", value=pdq(1), category="zażółć, \"x\"", member="north", entry_id="7", quality=80),
        NewHash(type="md5", value=pdq(2)[:16], opinion="seed"),
        NewHash(type="pdq", value=pdq(3), mode="fast"),
        NewHash(type="pdq", value=pdq(4)),
        NewHash(type="pdq", value=pdq(5)),
    )  # fmt: skip
    numbers = {e.value: e.id for e in entries_after(bank=bank, after=0, limit=10)}
    assert len(done.added) == 5
    withdraw_entries(bank="bridges", ids=[numbers[pdq(4)]], actor="operator", now=NOW)
    fetch_none("UPDATE banks_entry SET quarantined_at = %s WHERE value = %s", [NOW, pdq(5)])
    text, told = export(form)
    assert (told.written, told.kept_back) == (2, 2)
    path = tmp_path / "list"
    path.write_text(text, encoding="utf-8")
    import_bank(name="again", path=path, actor="operator", clock=lambda: NOW)
    again = entries_after(bank=bank_named(name="again"), after=0, limit=10)
    assert {(e.type, e.value, e.member, e.entry_id, e.category, e.opinion, e.quality) for e in again} == {
        ("pdq", pdq(1), "north", "7", 'zażółć, "x"', "confirmed", 80),
        ("md5", pdq(2)[:16], "", "", "", "seed", None),
    }
    kinds = fetch_all("SELECT kind FROM ledger_event WHERE kind LIKE 'bank.export%%' ORDER BY id", [])
    assert kinds == [("bank.export_begun",), ("bank.exported",)]
