"""A hash turned by its bits alone is near the hash of the turned picture."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from odzew.banks.turned import other_forms

# The hash of a generated pattern (12 x 12 blocks of chance, seed 1, made smooth) and of its seven other orientations, by the reference
# implementation of the algorithm from the same coefficients.
UPRIGHT, *TURNED = (
    "b048d214d275b13244cf4ecf2d8a2de30fb1ec2c0dbf4ca4f02d17e8d2372df3",
    "f04a13a593490ff10ff1f00a6c86ec5a0fb552fa31ff8f5c8e6c13851f23d254",
    "e51d78be87201b9a1b9ae46578df87495ae4468658eae60ea578bd428f628759",
    "a51fb90fc61ca55b4aa45aa039d346f05ae0f85064aa25f69b39392f4a6678fe",
    "f0482de3d27546cd4ecfb1302d8ad21c0fb113d30dbfb359f02de817d237d20c",
    "a51987418720e4671b9a1b9a78df78b65ae4b97958ea19f1a57842bd876278a6",
    "f04a6c5a9349f00e07f10ff5648613a50fb5ad0531ff70a38e6c6c7a1f232dab",
    "a51fc6f0c61c5aa45aa6a55f39d3b90f5ae007af64aada09db39c6d05a768701",
)


def bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def test_each_orientation_is_met_within_a_few_bits() -> None:
    ours = other_forms(value=bytes.fromhex(UPRIGHT))
    nearest = [min(range(7), key=lambda n: bits(ours[n], bytes.fromhex(known))) for known in TURNED]
    assert sorted(nearest) == list(range(7))
    assert max(bits(ours[n], bytes.fromhex(known)) for n, known in zip(nearest, TURNED, strict=True)) <= 6


@given(st.binary(min_size=32, max_size=32))
def test_turning_again_leads_nowhere_new(value: bytes) -> None:
    every = {value, *other_forms(value=value)}
    assert len(every) <= 8
    for form in every:
        assert {form, *other_forms(value=form)} == every
