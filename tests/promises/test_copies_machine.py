"""Promise 6 under any order of posts, changed files, reports, decisions, searches and crashes: one decision covers every copy, and
nothing else."""

from __future__ import annotations

import os
import random
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from odzew.foundation.errors import OdzewError
from tests.cast import Story
from tests.promises import truth
from tests.promises.test_machine import Died, dying_at

EXAMPLES = int(os.environ.get("ODZEW_PROMISE_EXAMPLES", "0")) or 25
CENTRES = [random.Random(n).getrandbits(256) for n in range(2)]
GOOD = 80
EQUAL, NEAR = 10, 31


def away(hash_: int, flips: int, seed: int) -> int:
    """Return a hash so many bits away."""
    for n in random.Random(seed).sample(range(256), flips):
        hash_ ^= 1 << n
    return hash_


class Copies(RuleBasedStateMachine):
    """A team of three; `looks` is what each item looks like now, `reported` which were reported, `decided` what people removed."""

    @initialize()
    def start(self) -> None:
        """Open a desk."""
        truth.empty()
        self.story = Story()
        self.looks: dict[str, tuple[int, int]] = {}
        self.posted = 0
        self.reported: dict[str, set[int]] = {}
        self.searched = False

    @rule(centre=st.integers(0, 1), flips=st.sampled_from([0, 3, 8, 10, 11, 20, 31, 32, 40]), seed=st.integers(0, 3),
          quality=st.sampled_from([100, 100, 80, 79]))  # fmt: skip
    def post(self, centre: int, flips: int, seed: int, quality: int) -> None:
        """Somebody posts a picture."""
        self.posted += 1
        self._put(f"post-{self.posted}", away(CENTRES[centre], flips, seed), quality)

    @precondition(lambda self: self.looks)
    @rule(data=st.data(), centre=st.integers(0, 1), flips=st.sampled_from([0, 8, 40]))
    def change(self, data: st.DataObject, centre: int, flips: int) -> None:
        """A post shows another picture."""
        self._put(data.draw(st.sampled_from(sorted(self.looks))), away(CENTRES[centre], flips, 9), 100)

    def _put(self, name: str, hash_: int, quality: int) -> None:
        self.looks[name] = (hash_, quality)
        sha = hash_.to_bytes(32)[:31] + bytes([quality])
        self.story.post(name, account=f"by {name}", pdq=hash_.to_bytes(32), quality=quality, sha=sha)
        self.searched = False

    @precondition(lambda self: self.looks)
    @rule(data=st.data(), claimant=st.sampled_from(["depicted", "other"]))
    def report(self, data: st.DataObject, claimant: str) -> None:
        """Somebody reports a post."""
        name = data.draw(st.sampled_from(sorted(self.looks)))
        self.story.report(name, claimant=claimant)
        self.searched = False

    @rule(data=st.data(), outcome=st.sampled_from(["remove", "keep_withheld", "no_violation"]))
    def decide(self, data: st.DataObject, outcome: str) -> None:
        """The reviewers decide a case."""
        open_ = truth.rows("SELECT id FROM cases_case WHERE state = ANY(%s) ORDER BY id", sorted(truth.UNDECIDED))
        if not open_:
            return
        case = data.draw(st.sampled_from([r["id"] for r in open_]))
        for who in (0, 1, 2):
            try:
                if self.story.decide(case, who, outcome).state == "final":
                    break
            except OdzewError:
                continue
        self.searched = False

    @rule()
    def search(self) -> None:
        """The worker looks for copies until nothing is left."""
        for _ in range(6):
            if not self.story.search():
                break
        self.searched = True

    @rule(statement=st.integers(1, 60))
    def search_and_die(self, statement: int) -> None:
        """The worker is killed while it looks."""
        self.searched = False
        try:
            with dying_at(statement):
                self.story.search()
        except Died:
            pass

    def _items(self) -> list[dict[str, Any]]:
        return truth.rows(
            "SELECT i.external_id AS name, i.id, g.case_id, g.via, c.state, c.clearances, c.withheld, "
            "(SELECT m.measure FROM enforcement_measure m WHERE m.item_id = i.id AND m.in_force "
            " ORDER BY m.id DESC LIMIT 1) AS measure "
            "FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id LEFT JOIN cases_case c ON c.id = g.case_id"
        )

    def _banked(self) -> list[int]:
        found = truth.rows(
            "SELECT e.value FROM banks_entry e JOIN banks_bank b ON b.id = e.bank_id "
            "WHERE b.name = 'own' AND e.hash_type = 'pdq' AND e.withdrawn_at IS NULL AND coalesce(e.quality, 100) >= %s",
            GOOD,
        )
        return [int.from_bytes(bytes(r["value"])) for r in found]

    def _good(self) -> list[int]:
        found = truth.rows(
            "SELECT e.value FROM banks_entry e JOIN banks_bank b ON b.id = e.bank_id "
            "WHERE b.name = 'cleared' AND e.hash_type = 'pdq' AND e.withdrawn_at IS NULL"
        )
        return [int.from_bytes(bytes(r["value"])) for r in found]

    @invariant()
    def one_decision_covers_every_copy(self) -> None:
        """After a search no look-alike of what people removed is served, unless people found that very picture to be good."""
        if not getattr(self, "searched", False):
            return
        banked, good = self._banked(), self._good()
        for item in self._items():
            if item["name"] not in self.looks:
                continue
            looks, quality = self.looks[item["name"]]
            nearest = min(((looks ^ b).bit_count() for b in banked), default=256)
            if nearest > NEAR or item["clearances"] or any((looks ^ g).bit_count() <= EQUAL for g in good):
                continue
            assert item["measure"] in truth.HIDING, (item, nearest, quality)

    @invariant()
    def nothing_else_is_hidden(self) -> None:
        """Whatever is hidden was reported, or looks like something that was reported or removed."""
        if not hasattr(self, "looks"):
            return
        by_case: dict[uuid.UUID, list[str]] = {}
        items = self._items()
        for item in items:
            if item["case_id"] and item["via"] == "":
                by_case.setdefault(item["case_id"], []).append(item["name"])
        for item in items:
            if item["via"] != "copy" or item["name"] not in self.looks:
                continue
            assert item["case_id"] in by_case, "a copy stands under a case of its own kind"


def test_one_decision_covers_every_copy(transactional_db: None) -> None:
    run_state_machine_as_test(
        Copies,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
        ),
    )


@pytest.mark.parametrize("flips", [0, 10, 11, 31])
def test_the_nearest_is_reached(story: Story, flips: int) -> None:
    story.post("one", pdq=CENTRES[0].to_bytes(32))
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.post("two", pdq=away(CENTRES[0], flips, 1).to_bytes(32))
    story.search()
    rows = truth.rows(
        "SELECT m.measure FROM enforcement_measure m JOIN cases_item i ON i.id = m.item_id WHERE i.external_id = 'two'"
    )
    assert [r["measure"] for r in rows][-1:] == (["remove"] if flips <= EQUAL else ["withhold"])
