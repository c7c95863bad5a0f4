"""A desk that may look, and a platform whose files can be fetched: bridges, drawn by code."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from PIL import Image

from odzew.cases.register import ItemIn, MediaIn
from odzew.exposures.media import media_of
from odzew.foundation.outgoing import Reply, Sink
from odzew.ledger.people import Caller
from odzew.matching.decoder.pool import Decoder
from odzew.usecases.allow_looking import allow_looking
from odzew.usecases.look_at import Shown, Wish, look_at
from odzew.usecases.register_items import register_items
from odzew.usecases.take_next import take_next
from tests.cast import Story

ANSWERS = {
    "responsible": "Zespół Kładki, Anna Żółć",
    "basis": "the act that a lawyer named",
    "confirmed_by": "a lawyer, 2 March 2026",
    "care": "800 000 000, day and night",
}


def drawn(seed: int, side: int = 64) -> bytes:
    """A pattern, as a PNG; each seed another."""
    picture = Image.radial_gradient("L").resize((side * 2, side)).rotate(seed * 37)
    picture.putpixel((seed % side, 1), seed % 256)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@dataclass
class Files:
    """What the platform serves, by address; every fetch is noted."""

    served: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def fetch(self, *, url: str, hosts: Sequence[str], private: Sequence[str], into: Sink, most: int, within: float) -> Reply:
        """Serve a file."""
        self.asked.append(url)
        if self.status != 200 or url not in self.served:
            return Reply(status=404 if self.status == 200 else self.status)
        into.write(self.served[url])
        return Reply(status=200)


class Looking:
    """A story with files to look at."""

    def __init__(self, story: Story, decoder: Decoder) -> None:
        self.story, self.decoder, self.files = story, decoder, Files()

    def on(self, days: float = 300) -> None:
        """Complete the statement."""
        allow_looking(
            country="PL",
            answers=ANSWERS,
            until=self.story.now + timedelta(days=days),
            agreed=True,
            actor="operator",
            desk=self.story.desk,
            now=self.story.now,
        )

    def post(self, name: str, *, data: bytes | None = None, repost_of: str = "", pdq: bytes | None = None, **media: object) -> None:
        """Register a post whose file can be fetched."""
        content = drawn(len(self.files.served)) if data is None else data
        url = f"https://kladka.example/media/{name}"
        self.files.served[url] = content
        one = {
            "sha256": hashlib.sha256(content).digest(),
            "hashes": ({"type": "pdq", "value": pdq.hex(), "quality": 100},) if pdq else (),
            **media,
        }
        item = ItemIn(
            id=name,
            kind="post",
            url=f"https://kladka.example/posts/{name}",
            account_id="uploader",
            created_at=self.story.now,
            media=(MediaIn(id=f"{name}-m", url=url, **one),),  # type: ignore[arg-type]
            spread=(0, 0, self.story.now),
            repost_of=repost_of,
            private=False,
        )
        register_items(items=[item], caller=self.story.program, desk=self.story.desk, now=self.story.now)

    def reported(self, name: str, *, kind: str = "ncii", minor: bool | None = False, **more: object) -> uuid.UUID:
        """Post and report something."""
        self.post(name, **more)  # type: ignore[arg-type]
        return self.story.report(name, kind=kind, minor=minor).case

    def take(self, who: Caller) -> uuid.UUID:
        """Take the next case."""
        lease = take_next(caller=who, desk=self.story.desk, now=self.story.now)
        assert lease is not None
        return lease.case

    def look(self, who: Caller, case: uuid.UUID, *, number: int = 0, fresh: bool = True, **wish: object) -> Shown:
        """Look at one of a case's files."""
        words = {"clear": "veiled", **wish}
        words.setdefault("media", next((m.id for m in media_of(case=case)[number:]), None))
        return look_at(
            wish=Wish(case=case, fresh=fresh, **words),  # type: ignore[arg-type]
            caller=who,
            desk=self.story.desk,
            out=self.files,
            decoder=self.decoder,
            clock=lambda: self.story.now,
            most_bytes=1 << 20,
        )
