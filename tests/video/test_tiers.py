"""Every tier finds an excerpt of a known film."""

from __future__ import annotations

import pytest

from odzew.entrypoints.bench.clips import encode, film
from odzew.hashing.video import hash_video
from odzew.hashing.video_data import TIERS, Tier
from odzew.hashing.video_match import judge_frames
from tests.video.near import hits_of


@pytest.mark.parametrize("tier", TIERS)
def test_an_excerpt_encoded_again_is_near_and_another_film_is_not(tier: Tier) -> None:
    frames = list(film(seed=1, seconds=12, fps=15, size=(320, 180)))
    known = hash_video(file=encode(frames=frames, fps=15), tier="known").frames
    excerpt = hash_video(file=encode(frames=frames[37:133], fps=15, size=(256, 144), options={"crf": "30"}), tier=tier).frames
    other = hash_video(file=encode(frames=film(seed=2, seconds=6, fps=15, size=(320, 180)), fps=15), tier=tier).frames

    (match,) = judge_frames(query=excerpt, hits=hits_of(query=excerpt, known={7: known}))
    assert (match.owner, match.verdict) == (7, "near")
    assert match.share >= 0.95
    assert judge_frames(query=other, hits=hits_of(query=other, known={7: known})) == ()
