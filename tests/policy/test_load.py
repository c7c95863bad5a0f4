"""A wrong policy file is refused with one sentence that names the key."""

from __future__ import annotations

import hashlib

import pytest

from odzew.foundation.errors import Invalid
from odzew.policy.check import check_policy, remarks
from odzew.policy.load import load_policy
from odzew.policy.shipped import shipped_policy_text

TEXT = shipped_policy_text()


def changed(before: str, after: str, *, text: str = TEXT) -> str:
    assert before in text, before
    return text.replace(before, after, 1)


def test_the_shipped_policy_loads() -> None:
    policy = load_policy(text=TEXT)
    assert (policy.version, policy.name) == (1, "Odzew default")
    assert policy.digest == hashlib.sha256(TEXT.encode()).hexdigest()
    grounds = ["child_safety", "intimate_images", "sextortion", "grooming", "not_in_scope", "other_terms", "legal_order"]
    assert list(policy.grounds) == grounds
    assert all({"en", "pl"} <= set(labels) for labels in policy.grounds.values())


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("version = 1", "version = 0", "version"),
        ("version = 1", "version = true", "version"),
        ("version = 1\n", "", "version"),
        ("version = 1", "version = 1\ncolour = 3", "colour"),
        ('name = "Odzew default"', 'name = " "', "name"),
        ("[sign.team]\npeople = 2", "[sign.team]\npeople = 0", "sign.team.people"),
        ("[sign.team]\npeople = 2", '[sign.team]\npeople = "two"', "sign.team.people"),
        ("[sign.team]", "[sign.crowd]\n[sign.team]", "sign.crowd"),
        ('tie_breaker = "third"', 'tie_breaker = "coin"', "sign.team.tie_breaker"),
        ("trusted_outside = true", "trusted_outside = 1", "sign.solo.trusted_outside"),
        ('confirmed_match = "now"', 'confirmed_match = "soon"', "triggers.child.confirmed_match"),
        ('confirmed_match = "now"', 'rumour = "now"', "triggers.child.rumour"),
        ("warn = [0.5, 0.8]", "warn = [0.5, 1.5]", "clocks.warn"),
        ("warn = [0.5, 0.8]", "warn = 0.5", "clocks.warn"),
        ('length = "1 min"', 'length = "1 minute"', "clocks.ack.length"),
        ('length = "1 min"', "length = 60", "clocks.ack.length"),
        ('length = "1 min"', 'length = "0 min"', "clocks.ack.length"),
        ('length = "1 min"', 'length = "1 min"\nsolo = "2 min"', "clocks.ack.solo"),
        ('deed = "resend"', 'deed = "delete"', "clocks.ack.deed"),
        ('news_every = "24 h"', 'news_every = "1 min"', "clocks.child_decide.news_every"),
        ('{ at = "47 h", deed = "withhold_item" }', '{ at = "47 h", deed = "remove" }', "clocks.ncii_tida.steps[2].deed"),
        ('{ at = "47 h", deed = "withhold_item" }', '{ at = "49 h", deed = "withhold_item" }', "clocks.ncii_tida.steps[2].at"),
        ("statutory_hours = 48", "statutory_hours = 48.5", "clocks.ncii_tida.statutory_hours"),
        ("[clocks.repeat]", "[clocks.mercy]", "clocks.mercy"),
        ('probes = ["0 min", ', "probes = [0, ", "verify_gone.probes"),
        ("[grounds.grooming]", "[grounds.Grooming]", "grounds.Grooming"),
        ('en = "A court or an authority ordered it"\n', "", "grounds.legal_order.en"),
        ("half = 300.0", "half = 0", "severity.half"),
        ("half = 300.0", "half = inf", "severity.half"),
        ("ncii = 55\n", "", "severity.kinds.ncii"),
        ("ncii = 55", "ncii = 55\nspam = 1", "severity.kinds.spam"),
        ("times_peak = 3.0", "times_peak = nan", "breaker.times_peak"),
        ("times_peak = 3.0", "times_peak = -1", "breaker.times_peak"),
        ("[marks]\nexpire", "[marks]\nforget", "marks.forget"),
    ],
)
def test_one_sentence_names_the_wrong_key(before: str, after: str, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        load_policy(text=changed(before, after))
    assert key in refused.value.sentence
    assert refused.value.sentence.endswith(".") and "\n" not in refused.value.sentence


@pytest.mark.parametrize("text", ["", "version = ", "version = 1"])
def test_what_is_no_policy_at_all_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        load_policy(text=text)


def _with_double(text: str) -> str:
    return changed("[double]\nshare = 0.05", text)


def test_what_part_is_looked_at_twice_is_read_and_what_it_costs_to_have_none_is_said() -> None:
    assert load_policy(text=TEXT).double.share == 0.05
    assert load_policy(text=_with_double("")).double.share == 0.05, "a policy from before there were second looks"
    policy = load_policy(text=_with_double("[double]\nshare = 0\n[double.queues]\nchild = 1\n[double.kinds]\nncii = 0.0"))
    assert (policy.double.share, policy.double.queues, policy.double.kinds) == (0, {"child": 1}, {"ncii": 0})
    said = remarks(policy=policy)
    assert len(said) == 2 and "double.share is 0" in said[0] and "double.kinds.ncii is 0" in said[1]
    assert check_policy(policy=policy) == [] and remarks(policy=load_policy(text=TEXT)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "share = 1.01", "share = -0.1", 'share = "5 %"', "share = true", "share = nan", "share = inf", "part = 0.1",
        "share = 0.1\n[double.queues]\nnobody = 0.1", "share = 0.1\n[double.kinds]\nchair = 0.1", "share = 0.1\nqueues = 1",
    ],
)  # fmt: skip
def test_no_other_part_is_taken(wrong: str) -> None:
    with pytest.raises(Invalid, match="double"):
        load_policy(text=_with_double(f"[double]\n{wrong}"))
