"""How far forms that change a picture move its hash.

`python -m tests.hashing.forms` prints the table that docs/hashing.md states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from statistics import median
from typing import Final

from PIL import Image

from odzew.hashing.api import hash_picture
from tests.hashing.corpus import picture
from tests.hashing.encode import LOSSY, save
from tests.hashing.near import between

COUNT: Final = 100
FORMS: Final[dict[str, Callable[[Image.Image], bytes]]] = {
    **LOSSY,
    **{f"JPEG {q}": partial(save, form="JPEG", quality=q) for q in (95, 75, 30, 10)},
    **{f"WebP {q}": partial(save, form="WEBP", quality=q) for q in (50, 20)},
    **{f"AVIF {q}": partial(save, form="AVIF", quality=q, speed=10) for q in (50, 30)},
}


@lru_cache(maxsize=1)
def steady_pictures() -> tuple[tuple[Image.Image, bytes], ...]:
    """The first hundred pictures of the corpus whose hash is good and steady, small, with that hash."""
    found: list[tuple[Image.Image, bytes]] = []
    for number in range(2 * COUNT):
        image = picture(number, (320 + number % 97, 240 + number % 53))
        hashed = hash_picture(data=save(image, "PNG"))
        if hashed.pdq.quality >= 50 and hashed.steady:
            found.append((image, hashed.pdq.bits))
    assert len(found) >= COUNT
    return tuple(found[:COUNT])


def apart(*, form: Callable[[Image.Image], bytes]) -> list[int]:
    """Return how many bits each of the pictures is away from itself in this form."""
    return [between(hash_picture(data=form(image)).pdq.bits, bits) for image, bits in steady_pictures()]


def table(*, forms: Sequence[str]) -> Iterator[str]:
    """Say the median and the most for each form, as rows of a table."""
    for form in forms:
        bits = apart(form=FORMS[form])
        yield f"| {form} | {median(bits):.0f} | {max(bits)} |"


if __name__ == "__main__":
    print("\n".join(table(forms=tuple(FORMS))))
